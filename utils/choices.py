"""The closed lists of answers that describe a case; the docstring of each list is the question that it answers."""

from enum import StrEnum


class Choice(StrEnum):
    """An answer from a closed list: a word for files (``value``) and plain words for people (``label``)."""

    label: str

    def __new__(cls, value: str, label: str = "not known"):
        member = str.__new__(cls, value)
        member._value_, member.label = value, label
        return member


class ChangeFrequency(Choice):
    """How often does the knowledge change?"""

    DAILY = "daily", "every day"
    WEEKLY = "weekly", "every week"
    MONTHLY = "monthly", "every month"
    YEARLY = "yearly", "about once a year"
    NEVER = "never", "never"
    UNKNOWN = "unknown"


class Knowledge(Choice):
    """What kind of knowledge is it?"""

    STATIC = "static", "it stands still"
    DYNAMIC = "dynamic", "it moves"
    MIXED = "mixed", "a fixed part and a moving part"
    UNKNOWN = "unknown"


class Citations(Choice):
    """Must an answer name its source?"""

    REQUIRED = "required", "every answer must name its source"
    USEFUL = "useful", "a source is welcome"
    NOT_NEEDED = "not_needed", "nobody asks for a source"
    UNKNOWN = "unknown"


class FactualAccuracy(Choice):
    """How right must facts be?"""

    CRITICAL = "critical", "a wrong fact does harm"
    HIGH = "high", "a wrong fact is costly"
    MODERATE = "moderate", "somebody notices a wrong fact in time"
    LOW = "low", "facts hardly matter"
    UNKNOWN = "unknown"


class Style(Choice):
    """How much does a fixed style or format matter?"""

    CRITICAL = "critical", "a fixed style or format is the point"
    USEFUL = "useful", "a style is welcome"
    NOT_NEEDED = "not_needed", "any plain answer will do"
    UNKNOWN = "unknown"


class Constraint(Choice):
    """What constrains you most?"""

    LATENCY = "latency", "the time an answer takes"
    ACCURACY = "accuracy", "right answers"
    COST = "cost", "money"
    NONE = "none", "nothing in particular"
    UNKNOWN = "unknown"


class Domain(Choice):
    """How special is the language of the field?"""

    GENERAL = "general", "everyday language"
    SPECIALISED = "specialised", "a trade's language"
    HIGHLY_SPECIALISED = "highly_specialised", "language that outsiders cannot read"
    UNKNOWN = "unknown"


class TrainingBudget(Choice):
    """What is there for training?"""

    NONE = "none", "no money or machine for training"
    SMALL = "small", "enough for a few trials"
    AMPLE = "ample", "enough to train whenever it helps"
    UNKNOWN = "unknown"


class Growth(Choice):
    """Does the collection grow?"""

    STABLE = "stable", "stays as it is"
    GROWING = "growing", "grows"
    FAST = "fast", "grows fast"
    UNKNOWN = "unknown"


class TeamSkills(Choice):
    """Who builds it and looks after it?"""

    NONE = "none", "no technical staff"
    SOFTWARE = "software", "software developers"
    MACHINE_LEARNING = "machine_learning", "people who have trained models"
    UNKNOWN = "unknown"
