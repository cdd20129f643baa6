"""A case to decide: what is known about it, as answers from closed lists and numbers. Unknown is always allowed."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import NamedTuple, get_args


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


LARGEST = 10**12  # beyond every count and number of seconds that a case can have


class Field(NamedTuple):
    """What a field of a scenario is made of, and the question that it answers."""

    kind: type
    question: str


@dataclass(frozen=True)
class Scenario:
    """What is known about a case. Every field may be left out; ``"unknown"`` and None both mean that it is not known.

    Choices are given as members or as their words ("daily"); numbers are counts, answers a day, seconds; switches
    are True or False. Raises ValueError, naming the field, for a value that cannot be or that contradicts another.
    """

    change_frequency: ChangeFrequency = ChangeFrequency.UNKNOWN
    planned_updates: bool | None = None
    knowledge: Knowledge = Knowledge.UNKNOWN
    citations: Citations = Citations.UNKNOWN
    factual_accuracy: FactualAccuracy = FactualAccuracy.UNKNOWN
    style: Style = Style.UNKNOWN
    primary_constraint: Constraint = Constraint.UNKNOWN
    domain: Domain = Domain.UNKNOWN
    training_budget: TrainingBudget = TrainingBudget.UNKNOWN
    labelled_examples: int | None = None
    documents: int | None = None
    growth: Growth = Growth.UNKNOWN
    tenants: int | None = None
    deletion_duty: bool | None = None
    offline: bool | None = None
    answers_per_day: float | None = None
    latency_limit_seconds: float | None = None
    team_skills: TeamSkills = TeamSkills.UNKNOWN

    def __post_init__(self):
        for entry in fields(self):
            object.__setattr__(self, entry.name, checked(entry.name, getattr(self, entry.name)))
        if self.latency_limit_seconds == 0:
            raise ValueError("latency_limit_seconds is 0: give a number above 0, or leave it out.")
        if self.knowledge == "static" and self.change_frequency in ("daily", "weekly"):
            raise _contradiction(self, "cannot stand still and change so often")
        if self.knowledge in ("dynamic", "mixed") and self.change_frequency == "never":
            raise _contradiction(self, "cannot move and never change")

    @classmethod
    def from_mapping(cls, inputs: Mapping) -> "Scenario":
        """A scenario from a mapping of field names to values, as in ``inputs`` of ``data/scenarios.yaml``."""
        if not isinstance(inputs, Mapping):
            raise ValueError(f"A scenario is a mapping of fields to values, not {type(inputs).__name__}.")
        for name in inputs:
            if name not in FIELDS:
                near = difflib.get_close_matches(str(name), FIELDS, 1)
                instead = f"did you mean {near[0]!r}?" if near else f"the fields are {', '.join(FIELDS)}."
                raise ValueError(f"There is no field {name!r}: {instead}")
        return cls(**inputs)

    def inputs(self) -> dict:
        """The fields as plain values, as they stand in a file; what is not known is "unknown" or None."""
        values = {name: getattr(self, name) for name in FIELDS}
        return {name: value.value if isinstance(value, Choice) else value for name, value in values.items()}

    def unknown(self) -> list[str]:
        """Names of the fields that are not known."""
        return [name for name, value in self.inputs().items() if value in (None, "unknown")]


def checked(name: str, value):
    """A value in the type of the field ``name``; ValueError, naming the field, if it cannot be one."""
    kind = FIELDS[name].kind
    if value is None or value == "unknown":
        return kind("unknown") if issubclass(kind, Choice) else None
    if issubclass(kind, Choice):
        if not isinstance(value, str) or value not in list(kind):
            raise ValueError(f"{name} is {value!r}: it must be one of {', '.join(kind)}.")
        return kind(value)
    if kind is bool:
        if not isinstance(value, bool):
            raise ValueError(f"{name} is {value!r}: it must be true, false or unknown.")
        return value
    least = int(name == "tenants")
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= LARGEST:
        raise ValueError(f"{name} is {value!r}: it must be a number from {least} to {LARGEST:.0e}, or unknown.")
    if kind is int and value != int(value):
        raise ValueError(f"{name} is {value!r}: it must be a whole number.")
    return kind(value)


def _contradiction(scenario: Scenario, why: str) -> ValueError:
    return ValueError(
        f"knowledge is {scenario.knowledge.value!r} and change_frequency is {scenario.change_frequency.value!r}: "
        f"knowledge {why}, so change one of the two."
    )


_KINDS = {entry.name: (*get_args(entry.type), entry.type)[0] for entry in fields(Scenario)}
_ASKED = {
    "planned_updates": "Do the changes come on dates known beforehand, such as editions?",
    "labelled_examples": "How many checked examples of input and wanted output are there?",
    "documents": "How many documents are there to answer from?",
    "tenants": "How many parties must not see each other's documents?",
    "deletion_duty": "Must data be deleted on request, or audited?",
    "offline": "Must it run without a network, or on your own machines only?",
    "answers_per_day": "How many answers a day?",
    "latency_limit_seconds": "How many seconds may an answer take?",
}
FIELDS = {name: Field(kind, _ASKED.get(name) or kind.__doc__) for name, kind in _KINDS.items()}
