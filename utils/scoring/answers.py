"""Whether a text gives an accepted answer (``contains_answer``), or a passage holds it (``mentions``)."""

import re
from collections.abc import Sequence
from dataclasses import replace

from utils.scoring.abstention import abstains
from utils.scoring.claims import (
    affirmed,
    best_clause_holds,
    is_list_of_guesses,
    is_past_beside_present,
    names_another_person,
)
from utils.scoring.matching import Asked, Span, accepted_values, alone_in, asked, find, fits, meaningful
from utils.scoring.reading import read
from utils.scoring.tokens import plain
from utils.scoring.values import Value

_TITLES = {"mr", "ms", "mrs", "miss", "dr", "doctor", "nurse", "prof", "professor", "sister"}
_BEFORE_A_NAME = {"ask", "contact", "call", "ring", "see", "tell", "email", "phone", "write", "visit", "try", "speak"}


def normalise(text: str) -> str:
    """Lower case, without Markdown, articles and punctuation; 1,200 becomes 1200, €40 becomes 40 euros; 08:30 stays."""
    text = re.sub(r"(?<=\d),(?=\d{3})", "", plain(text).casefold())
    text = re.sub(r"(?<=\d)\s+%", "%", text)
    text = re.sub(r"€\s*(\d+(?:\.\d+)?)", r"\1 euros", text)
    text = re.sub(r"[.:](?!\d)|[^\w\s.:%]", " ", text)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def contains_answer(text: str, answers: Sequence[str], question: str = "") -> bool:
    """Whether a text answers a question with one of its accepted answers, in whatever way it writes it.

    It does not where it denies the answer, gives it as outdated, offers it beside another ("6 or 8 weeks"), gives
    another value to what was asked, or abstains. For passages, which may say much else, see ``mentions``.
    """
    text = _without(question, text)
    if not text.strip() or abstains(text):
        return False
    if plainly := {answer.casefold() for answer in answers} & {"yes", "no"}:
        return bool(re.match(rf"\W*({'|'.join(plainly)})\b(?! and (yes|no)\b)", text.casefold()))
    values, about = read(text), asked(question)
    about = replace(about, text=" ".join([question, *answers]))
    alone = alone_in(values)
    places = [
        place
        for answer in accepted_values(answers)
        for place in find(values, answer, lambda said, wanted: fits(said, wanted, about, said is alone))
        + _identified(values, answer, about, alone)
        if not _is_another_person(values, place[0], answers)
        and not _counts_another_thing(values, place[-1], about, answers)
    ]
    every = [span for place in places for span in place]
    kept, denied = [], set()
    for place in places:
        if affirmed(values, place, every, about):
            kept += place
        else:
            denied |= {at for start, end in place for at in range(start, end + 1)}
    good = [(start, end) for start, end in kept if not denied & {start, end}]
    if not good or is_past_beside_present(values, good) or is_list_of_guesses(plain(text), answers):
        return False
    people = any(values[at].kind == "word" and values[at].capital for at, _ in good)
    if people and names_another_person(values, good, every, about):
        return False
    return best_clause_holds(values, good, every, about)


def mentions(text: str, answers: Sequence[str]) -> bool:
    """Whether an accepted answer stands somewhere in a passage, whatever else the passage says.

    A bare number or letter counts only where it is the first, best form of the answer: the 6 of "6 weeks" stands in too
    many passages.
    """
    values = read(text)
    accepted = accepted_values(answers)
    bare_counts = bool(accepted) and _is_bare(accepted[0])
    return any(find(values, answer, _stands_in) for answer in accepted if bare_counts or not _is_bare(answer))


def places(text: str, answer: str) -> list[tuple[Span, ...]]:
    """Every place in a passage where an answer stands, also as one end of a range: spans of the passage's values."""
    return find(read(text), accepted_values([answer])[0], _stands_in_or_ends)


def score_answers(
    texts: Sequence[str], answers: Sequence[Sequence[str]], questions: Sequence[str] | None = None
) -> list[float]:
    """For every text 1.0 if it gives one of its accepted answers, else 0.0. Raises ValueError for unequal lengths."""
    questions = [""] * len(texts) if questions is None else questions
    triples = zip(texts, answers, questions, strict=True)
    return [float(contains_answer(text, accepted, question)) for text, accepted, question in triples]


def _without(question: str, text: str) -> str:
    """The text without the question, and without sentences that ask."""
    start = text.casefold().find(question.casefold().strip()) if question.strip() else -1
    if start >= 0:
        text = f"{text[:start]} {text[start + len(question.strip()) :]}"
    kept = [part for part in re.split(r"(?<=[.?!])\s+", text) if not (part.endswith("?") and len(part.split()) > 3)]
    return " ".join(kept)


def _identified(values: Sequence[Value], answer: Sequence[Value], about: Asked, alone: Value | None) -> list:
    """A text that is nothing but the first value of "6 nights", or the B of "desk B" where the question says desk."""
    wanted = [answer[at] for at in meaningful(answer)]
    if not alone or len(wanted) < 2:
        return []
    if wanted[0].kind in ("number", "ordinal") and all(v.kind == "word" for v in wanted[1:]):
        return find(values, wanted[:1], lambda said, want: said is alone and fits(said, want, about, alone=True))
    if len(wanted) == 2 and wanted[0].kind == "word" and wanted[0].content in about.words and len(wanted[1].text) < 4:
        return find(values, wanted[1:], lambda said, want: said is alone and fits(said, want, about))
    return []


def _is_another_person(values: Sequence[Value], span: tuple[int, int], answers: Sequence[str]) -> bool:
    """Whether an accepted surname stands behind another first name, or is no name at all: the harbour crane."""
    surname = values[span[0]]
    full = [answer.split() for answer in answers if answer.casefold().endswith(f" {surname.text}")]
    if span[0] != span[1] or surname.kind != "word" or surname.text not in {a.casefold() for a in answers} or not full:
        return False
    if not all(word[:1].isupper() for words in full for word in words):
        return False
    written = any(value.capital for value in values)  # with capitals at all
    if not surname.capital and written:
        return True
    before = values[span[0] - 1] if span[0] else None
    if before is None or before.kind != "word" or before.text in _TITLES | _BEFORE_A_NAME:
        return False
    if written and not before.capital:
        return False
    known = {word.casefold() for words in full for word in words}
    initials = {word[0] for word in known}
    return not (before.text in known | initials or _is_small(before))


def _counts_another_thing(values: Sequence[Value], span: tuple[int, int], about: Asked, answers: Sequence[str]) -> bool:
    """Whether a number belongs to something not asked for: "the second door", "6 nights" where weeks are counted."""
    value, first = values[span[1]], span[0]
    if values[first].kind == "days" and first and values[first - 1].kind == "ordinal":
        return True  # the second Tuesday is not every Tuesday
    if value.kind not in ("ordinal", "number") or value.unit or span[1] + 1 == len(values):
        return False
    following = values[span[1] + 1]
    if following.text == "-" and span[1] + 2 < len(values):
        following = values[span[1] + 2]
    if following.kind == "days":
        return not any(v.kind == "days" and v.content == following.content for v in about.values)
    known = about.words | {v.content for answer in answers for v in read(answer)}
    if following.kind != "word" or _is_small(following) or following.content in known:
        return False
    if value.kind == "ordinal":
        return True
    counted = any(len(meaningful(read(answer))) > 1 or read(answer)[0].unit for answer in answers)
    return counted and any(_is_plural(noun) and noun.content not in known for noun in values[span[1] + 1 : span[1] + 3])


def _is_plural(value: Value) -> bool:
    return value.kind == "word" and not value.capital and bool(re.search(r"[^s]s$|^people$", value.text))


def _is_small(value: Value) -> bool:
    return not meaningful([value])


def _is_bare(answer: Sequence[Value]) -> bool:
    wanted = [answer[at] for at in meaningful(answer)]
    return all((v.kind == "number" and v.unit is None) or len(v.text) == 1 for v in wanted)


_NOTHING_ASKED = asked("")


def _stands_in(said: Value, wanted: Value) -> bool:
    """``fits`` for a passage: a time or date may be one end of a range, a day one of several, a number of anything."""
    if said.kind == "range" and wanted.kind in ("time", "date"):
        return any(fits(end, wanted, _NOTHING_ASKED) for end in said.content)
    if said.kind == wanted.kind == "days":
        return wanted.content == said.content or (wanted.content < said.content and " to " not in said.text)
    if said.kind == wanted.kind == "number" and wanted.unit is None:
        return said.count == wanted.content
    return fits(replace(said, former=False), wanted, _NOTHING_ASKED)


def _stands_in_or_ends(said: Value, wanted: Value) -> bool:
    ends = said.content if said.kind == "range" else (said,)
    return any(_stands_in(end, wanted) for end in (said, *ends))
