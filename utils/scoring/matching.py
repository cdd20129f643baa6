"""Where in a text an accepted answer stands, value by value."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from utils.scoring.reading import read
from utils.scoring.tokens import stem
from utils.scoring.units import NUMBERED, UNITS, words_of
from utils.scoring.values import Value, as_time

_SMALL_WORDS = frozenset(
    words_of(
        "a an the of at on in to from for into it its is are was were be been will there their his her our your my and "
        "& also then only just every each about approximately roughly around circa some"
    )
)
_LEAD_INS = _SMALL_WORDS | set(
    words_of(
        "answer correct final so that this up within after q value yes well sure day extension dial number exactly "
        "precisely total"
    )
)
_QUESTION_WORDS = frozenset(
    words_of(
        "who whom whose what which when where how why do does did may can must should i you we they he she if that"
    )
)
_STARTS = re.compile(r"\b(from|starts?|opens?|begins?|earliest|after)\b")
_ENDINGS = re.compile(r"\b(until|till|ends?|closes?|latest|last|finish(es)?|over)\b")
MEASURED = ("time", "range", "days", "date", "number", "ordinal")

Span = tuple[int, int]
Fits = Callable[[Value, Value], bool]


@dataclass(frozen=True)
class Asked:
    """What a question adds to an answer: its words, and the values that stand in it."""

    words: frozenset[str]
    topics: frozenset
    units: frozenset[tuple]
    values: tuple[Value, ...]
    text: str


@lru_cache(maxsize=5_000)
def asked(question: str) -> Asked:
    values = read(question)
    words = frozenset(v.content for v in values if v.kind == "word" and v.text not in _SMALL_WORDS)
    written = {v.text for v in values if v.kind == "word"}
    units = {UNITS[word] for word in written if word in UNITS and len(word) > 2}
    units |= {(f"#{name}", 1) for name in NUMBERED if stem(name) in words}
    if "working" in written:
        units |= {("working day", 1), ("working hour", 1)}
    topics = {v.content for v in values if v.kind != "mark" and v.text not in _SMALL_WORDS | _QUESTION_WORDS}
    return Asked(words, frozenset(topics), frozenset(units), values, question)


def accepted_values(answers: Sequence[str]) -> list[tuple[Value, ...]]:
    """The values of every accepted answer; "half past one" is after noon where another one says 13:30."""
    return list(_accepted(tuple(answers)))


@lru_cache(maxsize=5_000)
def _accepted(answers: tuple[str, ...]) -> tuple[tuple[Value, ...], ...]:
    every = [read(answer) for answer in answers]
    times = [end for values in every for v in values for end in _ends(v) if end.kind == "time"]
    exact = {time.content % 720: time for time in times if time.exact}

    years = {v.content[1:]: v.content[0] for values in every for v in values if v.kind == "date" and v.content[0]}

    def resolved(value: Value) -> Value:
        if value.kind == "range":
            return replace(value, content=tuple(map(resolved, value.content)))
        if value.kind == "time" and not value.exact and (known := exact.get(value.content % 720)):
            return replace(value, content=known.content, exact=True)
        if value.kind == "date" and not value.content[0] and (year := years.get(value.content[1:])):
            return replace(value, content=(year, *value.content[1:]), exact=False)  # the year may be left out
        return value

    return tuple(tuple(map(resolved, values)) for values in every)


def _ends(value: Value) -> tuple[Value, ...]:
    return value.content if value.kind == "range" else (value,)


def is_small(values: Sequence[Value], at: int, words: frozenset[str] = _SMALL_WORDS) -> bool:
    """Whether matching steps over a value: punctuation, articles and the like; but A may be a name, as in Block A."""
    value = values[at]
    if value.kind == "mark":
        return True
    if value.text == "a" and value.capital:
        before = values[at - 1].text if at else ""
        after = values[at + 1] if at + 1 < len(values) else None
        return not (before in NUMBERED or before in ("is", "letter") or after is None or after.kind == "mark")
    return value.kind == "word" and value.text in words


def meaningful(values: Sequence[Value], words: frozenset[str] = _SMALL_WORDS) -> list[int]:
    return [at for at in range(len(values)) if not is_small(values, at, words)]


def fits(said: Value, wanted: Value, about: Asked, alone: bool = False) -> bool:
    """Whether one value of a text is one value of an accepted answer.

    A number without a unit stands for "6 nights" where it is all that the text says (``alone``) or the question names
    the unit; a number with a unit never stands for one with another unit.
    """
    if said.former:
        return False
    if wanted.kind == "range":
        return said.kind == "range" and all(
            fits(s, w, about, alone) for s, w in zip(said.content, wanted.content, strict=True)
        )
    if wanted.kind == "time" and said.kind == "range":
        places = [place for place, asks in enumerate((_STARTS, _ENDINGS)) if asks.search(about.text.casefold())]
        return len(places) == 1 and fits(said.content[places[0]], wanted, about)
    if wanted.kind == "time":
        said = as_time(said) if said.kind == "number" and (alone or "." in said.text) else said
        if said is None or said.kind != "time":
            return False
        exact = said.exact and wanted.exact
        return said.content == wanted.content if exact else said.content % 720 == wanted.content % 720
    if wanted.kind == "number" and said.kind == "number":
        if said.unit == wanted.unit:
            return said.content == wanted.content
        if said.unit is None:
            return said.count == wanted.count and (alone or unit_of(wanted) in about.units)
        if wanted.unit is None:
            return said.count == wanted.content and unit_of(said) in about.units
        days = {said.unit, wanted.unit} == {"s", "working day"}
        return days and ("working day", 1) in about.units and said.count == wanted.count and "day" in said.text
    if wanted.kind == "ordinal":
        if said.kind == "number" and said.unit is None:
            return said.content == wanted.content and alone
        named = said.unit in (None, wanted.unit) or (
            wanted.unit is None and (said.unit == "#day" or said.unit[1:] in about.words)
        )
        return said.kind == "ordinal" and said.content == wanted.content and named
    if wanted.kind == "date" and said.kind == "date":
        return said.content[1:] == wanted.content[1:] and (
            wanted.content[0] in (None, said.content[0]) or (not wanted.exact and said.content[0] is None)
        )
    if wanted.kind == "word" and wanted.text.startswith("__"):
        return said.text == wanted.text
    if wanted.kind == "word" and len(wanted.text) == 1 and (said.glued and not wanted.glued):
        return False  # the X of an X-ray
    return said.kind == wanted.kind and said.content == wanted.content


def unit_of(number: Value) -> tuple:
    return (number.unit, number.content / number.count) if number.count else (number.unit, 1)


def find(values: Sequence[Value], answer: Sequence[Value], fit: Fits) -> list[tuple[Span, ...]]:
    """Every place where the answer stands: spans of the text's values, several where its parts stand apart."""
    wanted = [answer[at] for at in meaningful(answer)] or [v for v in answer if v.kind != "mark"]
    here = meaningful(values)
    if not meaningful(answer):
        here = [at for at in range(len(values)) if values[at].kind != "mark"]
    if not wanted:
        return []
    spans = [(span,) for span in _runs(values, here, wanted, fit)]
    parts = _parts(answer, wanted)
    if not spans and len(parts) > 1:
        each = [_runs(values, here, part, fit) for part in parts]
        if all(each):
            spans = [tuple(sorted(found[0] for found in each))]
    return spans or [(span,) for span in _turned(values, wanted, fit)]


def _parts(answer: Sequence[Value], wanted: list[Value]) -> list[list[Value]]:
    """The parts of an answer that may stand apart: a day and a time, or what "and" joins."""
    if sum(v.kind in MEASURED for v in wanted) > 1 and all(v.kind in MEASURED for v in wanted):
        return [[v] for v in wanted]
    parts: list[list[Value]] = [[]]
    for at, value in enumerate(answer):
        if value.text in ("and", "&"):
            parts.append([])
        elif not is_small(answer, at):
            parts[-1].append(value)
    return [part for part in parts if part]


def _runs(values: Sequence[Value], here: list[int], wanted: list[Value], fit: Fits) -> list[Span]:
    """Where the wanted values stand one after the other; words may be written as one, as in HomeHub."""
    found = []
    whole = "".join(v.text for v in wanted) if all(v.kind == "word" for v in wanted) else None
    for start in range(len(here)):
        run = here[start : start + len(wanted)]
        if len(run) == len(wanted) and all(fit(values[at], v) for at, v in zip(run, wanted, strict=True)):
            found.append((run[0], run[-1]))
        elif whole and (end := _written_apart(values, here[start:], whole)) is not None:
            found.append((here[start], end))
    return found


def _written_apart(values: Sequence[Value], here: list[int], whole: str) -> int | None:
    written, whole = "", whole.replace("'", "").replace("-", "")
    for at in here:
        if values[at].kind != "word":
            return None
        written += values[at].text.replace("'", "").replace("-", "")
        if written == whole:
            return at if at > here[0] else None
        if not whole.startswith(written):
            return None
    return None


def _turned(values: Sequence[Value], wanted: list[Value], fit: Fits) -> list[Span]:
    """ "The landing of the first floor" for "first-floor landing", and a surname before the first name."""
    found = []
    for place, value in enumerate(values):
        names = value.text == "," and all(v.capital for v in wanted)  # "Brandreth, Ottilie"
        if value.text != "of" and not names:
            continue
        before = [at for at in meaningful(values) if at < place]
        after = [at for at in meaningful(values) if at > place]
        for cut in range(1, len(wanted)):
            left, right = before[-(len(wanted) - cut) :], after[:cut]
            if len(left) + len(right) == len(wanted) and all(
                fit(values[at], v) for at, v in zip(right + left, wanted, strict=True)
            ):
                found.append((left[0], right[-1]))
    return found


def alone_in(values: Sequence[Value]) -> Value | None:
    """The value that is all the text says, after words that lead to it: "The answer is: 27", "Six, not eight"."""
    here = meaningful(values, _LEAD_INS)
    ends = len(here) == 1 or (here and values[here[0] + 1].text in (",", ".", ";", "("))
    return values[here[0]] if ends else None
