"""Statements in the reading of a clinical note: stated in whatever words, denied, or invented.

Text and statement are brought into the same words first ("pulse", "heart rate"; "raised", "up"; "twice a day", "two
times daily"). A text makes a statement where its words stand close together, in any order, with no other figure between
them, and affirmed where the statement affirms.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from utils.scoring.tokens import plain, stem
from utils.scoring.units import ONES, words_of

SLACK = 4  # other words that may stand between those of a statement

_NUMBERS = {word: str(number) for number, word in enumerate(ONES) if number}
# What a fair reader may write, and the one form that it becomes. The order matters: longer phrases come first.
_SAME = tuple(
    (re.compile(rf"(?<![\w/])(?:{pattern})(?![\w/])"), f" {form} ")
    for pattern, form in (
        (r"(?:the|a|an)", ""),
        (r"pulseband(?: p2)?", "pulseband"),
        (r"(elmgate|saltmarsh|windle|brackwater)(?: clinic)?", r"\1"),
        (r"orrin hill(?: clinic)?", "orrinhill"),
        (r"(reed|heron|kestrel)(?: plan)?", r"\1"),
        (r"in wren", ""),
        (r"(red|amber) alerts?", r"\1alert"),
        (r"heart rate|pulse(?: rate)?|hr", "pulse"),
        (r"blood pressure|bp", "pressure"),
        (r"hypertension|(?:raised|elevated) pressure", "high pressure"),
        (r"oxygen(?: saturation| level)?|saturation|sats?|spo2", "oxygen"),
        (r"(?:blood )?(?:glucose|sugar)(?: level| value)?", "glucose"),
        (r"breathing pauses|pauses in breathing|apnoeas", "pauses"),
        (r"an? hour|hour|hourly|(?:per|each|every) hour", "hourly"),
        (r"temp", "temperature"),
        (
            r"no answer after 3 calls|3 calls (?:unanswered|without answer)|(?:did not|didn't) answer 3 calls"
            r"|(?:did not|didn't) answer (?:calls? )?3 times",
            "unreached",
        ),
        (r"(?:did not|didn't|failed to) (?:attend|come|show up|turn up)|not attended|dna", "missedvisit"),
        (r"(new|old) 1", r"\1"),
        (r"spilled", "spilt"),
        (r"ear wax", "earwax"),
        (r"forgot(?:ten)?", "forgets"),
        (r"no longer (?:takes|taking|on)|discontinued|ended|ends|withdrawn|came off|off", "stopped"),
        (r"no longer", "not"),
        (r"called off|canceled", "cancelled"),
        (r"gain(?:ed)?|up|raised|increased?|higher|rose|risen", "up"),
        (r"lost(?= \d+ ?(?:kg|kilos?))|down|lowered|reduced|decreased?|cut|fell|dropped", "down"),
        (r"(?:takes|continues|continuing|still on|remains on|stays on)(?: with| taking)?", "taking"),
        (r"(?:once|1 time)", "1x"),
        (r"(?:twice|2 times)", "2x"),
        (r"(\d+) times", r"\1x"),
        (r"(?:(?:per|each|every) )?day|daily", "day"),
        (r"(?:(?:per|each|every) )week|weekly", "week"),
        (r"(?:(?:per|each|every) )month|monthly", "month"),
        (r"(\d+)x(?! (?:day|week|month))", r"\1"),  # two calls, called twice
        (r"(?:in |every |each )?mornings?", "morning"),
        (r"(?:at |every |each |during )?nights?|overnight|nightly|at bedtime", "night"),
        (r"(?:with |her |his |their )*(?:evening meal|supper|dinner)", "eveningmeal"),
        (r"straight away|at once|right away|urgent(?:ly)?|stat", "immediately"),
        (r"(lying|sitting|standing)(?: down| up| flat)?", r"\1"),
        (r"seated", "sitting"),
        (r"feel(?:s|ing)? well|felt well|is well|does not feel (?=well)", "wellfeeling"),
        (r"(?:lives?|living|lived) alone", "livesalone"),
        (r"poor wear time|poorly worn|worn (?:too little|poorly)|(?:rarely|seldom|hardly) worn", "poorwear"),
        (r"irritated skin|skin is irritated|skin irritation|skin problem", "skinirritation"),
        (r"(?:nurse )?home visits?(?: by nurse)?|nurse visits?(?: at home)?", "homevisit"),
        (r"calls? (?:from|by) care line|care line (?:calls?|called|phoned|rang)", "carelinecall"),
        (r"returned by post|(?:sent|posted|mailed) back(?: by post)?", "returned"),
        (r"fasting (?:blood test|bloods?)", "fastingtest"),
        (r"video (?:consultation|visit|call|appointment)s?", "video"),
        (r"(?:medication|medicines?|drug) review|review of (?:medication|medicines)", "medreview"),
        (r"with carer|carer (?:is )?(?:present|there)|in presence of carer", "carerthere"),
        (r"(?:says|said|reports|reported|states|told|tells|according to)(?: that)?", "says"),
        (r"physio(?:therapist|therapy)?", "physio"),
        (r"dietician", "dietitian"),
        (r"cardiologist|cardiology|heart (?:doctor|specialist)", "cardiologist"),
        (r"referral|refer(?:red)?(?: to)?", "referred"),
        (r"demonstrated|taught|explained", "shown"),
        (r"(?:handed over|passed on|passed|handover|given) to on-?\s?call nurse", "handover"),
        (r"swapped for|exchanged for|changed to|switched to|replaced (?:by|with)", "replaced"),
        (r"(reed|heron|kestrel) (?:(?:is|was|has|been) )*replaced (reed|heron|kestrel)", r"from \1 to \2"),
        (r"(?<!from )(\d+(?: \d+x day)?) (up|down) to (\d+)", r"from \1 \2 to \3"),
        (r"possibly|suspected|probabl[ey]|perhaps|maybe|query", "possible"),
        (r"(?:asks?|asked|enquires|wonders|wants to know)(?: about)?", "asks"),
        (r"(?:would like|wishes|wanting|want)(?= to)", "wants"),
        (r"any more|anymore|mg|kgs?|kilos?|kilograms?|micrograms?|units|puffs?|degrees|mmhg|litres?", ""),
        (r"no|never|without|none|nil|denies|denied|cannot|\w+n't", "not"),
        (r"ankles? (?:are |is )?swollen|swelling of|swelling", "swollen"),
        (r"dear|costly", "expensive"),
        (r"aware|informed|knows", "know"),
        (r"fine|okay|good|all right|alright", "ok"),
        (r"nothing abnormal(?: found)?|normal(?: result)?", "normal"),
        (r"upper respiratory(?: tract)? infection", "upper respiratory infection"),
        (r"urine infection", "urinary tract infection"),
    )
)
_SMALL = frozenset(
    stem(word)
    for word in words_of(
        "of in on at for with and that it its is are was were be been being has have had this as because by patient he "
        "she they his her their there then so who which under device before until shows showed showing reads read "
        "reading also does do did"
    )
)
_NAMES = frozenset(
    stem(name)
    for name in words_of(
        "pulseband cuffmateold cuffmatenew oxyclip glucoleaf sleepring breezemeter thermodot homehub elmgate saltmarsh "
        "windle brackwater orrinhill reed heron kestrel redalert amberalert"
    )
)
_PERIODS = frozenset({"day", "week", "month"})
_TOKEN = re.compile(r"\d+(?:[./]\d+)*x?|[^\W\d][\w'-]*|[,;.:]")


def states(text: str, statement: str) -> bool:
    """Whether a text makes a statement, such as "red alert", "no fever" or "ramipril raised to 10"."""
    wanted = [word for word in _words(statement) if word not in _SMALL and word not in ",;.:"]
    if any(re.fullmatch(r"\d{2,}/\d{2,}", word) for word in wanted):  # 150/90 can be nothing but a blood pressure
        wanted = [word for word in wanted if word != stem("pressure")]
    return any(_made_in(sentence, wanted) for sentence in _sentences(text))


def invented_in(text: str, gold: str) -> list[str]:
    """Figures, alerts, devices, clinics and plans that a text names and the right reading doesn't."""
    named = set(_words(gold))
    return sorted({word for word in _words(text) if word not in named and (_is_figure(word) or word in _NAMES)})


def score_statements(text: str, statements: Sequence[str], gold: str) -> dict[str, float]:
    """``all items``: 1 if a text makes every statement and invents nothing; ``item F1`` gives credit for some."""
    right = sum(states(text, statement) for statement in statements)
    wrong = len(invented_in(text, gold))
    f1 = 2 * right / (right + wrong + len(statements))
    return {"all items": float(right == len(statements) and not wrong), "item F1": f1}


@lru_cache(maxsize=20_000)
def _words(text: str) -> tuple[str, ...]:
    """The words and marks of a text, each thing in its one form."""
    for model, name in (("200", "cuffmateold"), ("300", "cuffmatenew")):  # so that "300 150/90" is no number
        text = re.sub(rf"cuffmate {model}", name, text, flags=re.IGNORECASE)
    text = " ".join(plain(text).casefold().split())
    text = re.sub(r"\b[a-z]+\b", lambda match: _NUMBERS.get(match[0], match[0]), text)
    for pattern, form in _SAME:
        text = " ".join(pattern.sub(form, text).split())
    text = re.sub(r"\bnot [^.;:]*?(?= or )", lambda match: match[0].replace(" ,", "").replace(",", ""), text)
    text = re.sub(r"(\w+) (?:instead of|in place of|replaces) (\w+)", r"\2 replaced \1", text)
    return tuple(word if _is_figure(word) or word in ",;.:" else stem(word) for word in _TOKEN.findall(text))


def _sentences(text: str) -> list[list[str]]:
    sentences: list[list[str]] = [[]]
    for word in _words(text):
        if word in (".", ";"):
            sentences.append([])
        elif word != ":" and (word not in _SMALL or word == "and"):
            sentences[-1].append(word)
    return sentences


def _made_in(sentence: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether the wanted words stand in one short stretch of a sentence, with their figures and their negation."""
    ends_at_comma = {"not", stem("cancelled")} & set(wanted)  # of which visit, the words beside it tell
    for start in range(len(sentence)):
        stretch: list[str] = []
        for word in sentence[start:]:
            if word == "but" or (ends_at_comma and word == ","):
                break
            if word not in (",", "and"):
                stretch.append(word)
            if len(stretch) > len(wanted) + SLACK:
                break
            if all(stretch.count(word) >= wanted.count(word) for word in wanted):
                if stretch[0] in wanted and _agrees(sentence, start, stretch, wanted):
                    return True
                break
    return False


def _agrees(sentence: Sequence[str], start: int, stretch: Sequence[str], wanted: Sequence[str]) -> bool:
    if any(_is_figure(word) and word not in wanted for word in stretch):
        return False
    if "not" not in wanted and ("not" in stretch or _is_denied(sentence, start)):
        return False
    figures = [at for at, word in enumerate(stretch) if _is_figure(word)]
    after = [word for word in sentence[start:] if word not in (",", "and")]
    if any(after[at + 1 : at + 2] and after[at + 1] in _PERIODS - set(wanted) for at in figures):
        return False  # lost the keys 3 times is not for 3 days
    if "to" not in wanted and any(at and stretch[at - 1] == "to" for at in figures):
        return False
    if {"replac", "from"} & set(wanted) and "new" not in wanted:  # what gives way comes first
        places = [stretch.index(word) for word in wanted if word not in ("replac", "from", "to")]
        return places == sorted(places)
    return True


def _is_denied(sentence: Sequence[str], start: int) -> bool:
    """Whether a negation shortly before reaches ``start``: it doesn't reach over "and", "but" or a comma."""
    for word in reversed(sentence[max(0, start - 3) : start]):
        if word in (",", "and", "but"):
            return False
        if word == "not":
            return True
    return False


def _is_figure(word: str) -> bool:
    return word[0].isdigit()
