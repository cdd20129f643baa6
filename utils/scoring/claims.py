"""What a text claims about an answer that stands in it: affirmed, denied, outdated, or offered beside another."""

import re
from collections.abc import Sequence

from utils.scoring.matching import MEASURED, Asked, Span, is_small, unit_of
from utils.scoring.units import words_of
from utils.scoring.values import Value

_ENDS = set(".,;:!?\n()")
_JOINS = set(words_of("and but whereas while whilst although though because since so"))
_NOT = set(words_of("not never cannot neither nor"))
_EXCEPT = (
    r"but|except|excluding|not|no|never|\w+n't|apart from|other than|instead of|rather than|as opposed to"
    r"|(?:took|taken|takes|taking) over from|used to be|formerly|previously|originally|unlike|far from"
)
_EVERY = set(
    words_of(
        "every any all each anyone anybody anything everyone everybody everything none nothing nobody anywhere "
        "everywhere whichever"
    )
)
_LIMITS = set(
    words_of(
        "until till before more less fewer later longer earlier exceed over above below under only than unless just "
        "sooner beyond"
    )
)
_CONDITIONS = set(words_of("if unless who which that whose when whoever where"))
_MORE = set(words_of("more over above longer exceeding beyond heavier higher greater exceeds upwards"))
_LESS = set(words_of("less fewer under below shorter lower lighter"))
_AFTER_OR = set(words_of("more less fewer later earlier so longer above older not higher younger"))
_HEDGES = set(words_of("perhaps maybe possibly even probably else the a an on at in"))
_BEFORE = set(words_of("was were had used until formerly previously former older old before"))
_NOW = set(words_of("now currently today is are lowered raised nowadays"))


def affirmed(values: Sequence[Value], spans: Sequence[Span], accepted: Sequence[Span], about: Asked) -> bool:
    """Whether the text says of an answer at these spans that it holds."""
    return not any(
        denied(values, span, about) or _compared(values, span, about) or _one_of_several(values, span, accepted, about)
        for span in spans
    )


def clause(values: Sequence[Value], at: int) -> Span:
    """First and last place of the clause that a value stands in: up to punctuation or a word that joins clauses."""
    first = last = at
    while first > 0 and not _is_border(values, first - 1):
        first -= 1
    while last + 1 < len(values) and not _is_border(values, last + 1):
        last += 1
    return first, last


def _is_border(values: Sequence[Value], at: int) -> bool:
    value = values[at]
    if value.text == "but":
        return not _is_exception(values, at)
    if value.text == "until":
        following = values[at + 1] if at + 1 < len(values) else None
        return bool(following) and following.text in ("it", "they", "he", "she", "last")
    return value.text in _ENDS if value.kind == "mark" else value.text in _JOINS


def _is_exception(values: Sequence[Value], at: int) -> bool:
    """ "Every day but Friday", "anything but porridge"."""
    return any(value.text in _EVERY | {"no"} for value in values[max(0, at - 4) : at]) and values[at - 1].text != ","


def denied(values: Sequence[Value], span: Span, about: Asked) -> bool:
    """Whether the clause around a span says that it does not hold."""
    first, last = clause(values, span[0])
    before = [value.text for value in values[first : span[0]]]
    said = " ".join(before)
    after = " ".join(value.text for value in values[span[1] + 1 : last + 1])
    if re.search(r"\b(no|none|nobody|nothing|never|not)\b.*\b(but|except|other than|apart from|without)\b", said):
        return False  # none but this one
    if re.search(rf"\b({_EXCEPT})( the| a| an| on| at| in| by| of| between| from| for| within| after| before)*$", said):
        return True
    if re.search(r"\b(replaced|replaces|succeeded|succeeds)( the)?$", said):
        return True  # Bea, whom Jonas succeeded
    if re.search(r"\b(not|never|without|no|nobody|cannot)\b|n't\b", about.text.lower()):
        return False  # the question asks for what does not hold
    if re.match(r"(is|was|are|were|does|do|did) (not|no longer)\b|(is|was|are|were)n't\b|no longer\b", after):
        return True
    if re.search(r"\bno longer\b(?! than)", said):
        return True
    for place in reversed(range(len(before))):
        if before[place] in _NOT or before[place].endswith("n't"):
            held_open = set(before[place + 1 :]) & _LIMITS
            conditional = set(before[:place]) & _CONDITIONS
            return not (held_open or conditional)
    return False


def _compared(values: Sequence[Value], span: Span, about: Asked) -> bool:
    """Whether "more than" or "below" stands before a number where the question does not ask for such a bound."""
    if values[span[0]].kind not in ("number", "ordinal"):
        return False
    first, _ = clause(values, span[0])
    before = [value.text for value in values[first : span[0]]][-3:]
    said = " ".join(before)
    words = " ".join(value.text for value in values[first : span[0]])
    if re.search(r"\b(no|not|nor|never|cannot|nobody|none|nothing|if|once|when|unless)\b|n't\b", words):
        return False
    up = bool(re.search(rf"\b({'|'.join(_MORE)})( than)?$", said))
    down = bool(re.search(rf"\b({'|'.join(_LESS)})( than)?$", said))
    if not (up or down):
        return False
    words = set(re.findall(r"\w+", about.text.lower()))
    bounds = _MORE | {"least", "minimum", "long", "far", "exceed"} if up else _LESS | {"most", "maximum"}
    return not words & bounds


def _one_of_several(values: Sequence[Value], span: Span, accepted: Sequence[Span], about: Asked) -> bool:
    """Whether "or" offers something else beside the answer."""
    after = span[1] + 1
    while after < len(values) and values[after].text in _HEDGES | {","}:
        after += 1
    if after < len(values) and values[after].text == "or":
        other = after + 1
        while other < len(values) and values[other].text in _HEDGES:
            other += 1
        known = any(start <= other <= end for start, end in accepted)
        if other < len(values) and not known and _is_alternative(values, other, main_value(values, span), about):
            return True
    before = span[0] - 1
    while before >= 0 and values[before].text in _HEDGES:
        before -= 1
    if before > 0 and values[before].text == "or":
        return not any(start <= before - 1 <= end for start, end in accepted)
    return False


def main_value(values: Sequence[Value], span: Span) -> Value:
    """The value that a span is about: the months of "within five months"."""
    inside = values[span[0] : span[1] + 1]
    return next((value for value in inside if value.kind in MEASURED), inside[0])


def _is_alternative(values: Sequence[Value], at: int, matched: Value, about: Asked) -> bool:
    """Whether what stands behind "or" is of the answer's kind; "or more" and "or write to us" are no alternatives."""
    other = values[at]
    if matched.kind not in MEASURED:
        return other.text not in _AFTER_OR
    if other.kind == "number" and counts_another_thing(values, at, about):
        return False  # "4 people or one wheelchair"
    return other.kind == matched.kind or other.text == "last"


def counts_another_thing(values: Sequence[Value], at: int, about: Asked) -> bool:
    """Whether a number is part of a name, a year, the pronoun "one", or counts what was not asked for."""
    value, after = values[at], values[at + 1] if at + 1 < len(values) else None
    if value.unit:
        return False
    if value.text == "one" or re.fullmatch(r"(19|20)\d\d", value.text):
        return True
    if at and values[at - 1].kind == "word" and values[at - 1].capital:
        return True
    return (
        after is not None
        and after.kind == "word"
        and not is_small(values, at + 1)
        and after.text not in _JOINS | {"or"}
        and after.content not in about.words
    )


def is_list_of_guesses(text: str, answers: Sequence[str]) -> bool:
    """Whether a text is four or more short items in a row, which no accepted answer is."""
    items = [item for item in re.split(r"[,;\n/]", text) if item.strip()]
    listed = any(re.search(r",| and ", answer) for answer in answers)
    return len(items) >= 4 and not listed and all(len(item.split()) <= 3 for item in items)


def best_clause_holds(values: Sequence[Value], good: Sequence[Span], every: Sequence[Span], about: Asked) -> bool:
    """Where a text gives several values of one kind: whether the one that it gives to this question is accepted.

    That is one of today rather than of before, then the one whose clause shares most of its words with the question,
    then the first. A clause that is nothing but the value answers directly.
    """
    span = good[0]
    kind = main_value(values, span)
    rivals = [
        (at, at)
        for at, value in enumerate(values)
        if not any(start <= at <= end for start, end in every)
        and _is_rival(value, kind, about)
        and not (kind.unit and value.kind == "number" and counts_another_thing(values, at, about))
        and value.text != "one"
        and not any(value.kind == v.kind and value.content == v.content for v in about.values)
        and not value.former
        and affirmed(values, [(at, at)], every, about)
    ]
    if not rivals:
        return True
    claimed = [(_rank(values, place, about), True) for place in good] + [
        (_rank(values, r, about), False) for r in rivals
    ]
    return max(claimed)[1]


def _is_rival(value: Value, matched: Value, about: Asked) -> bool:
    if matched.kind == "time":
        return value.kind == "time"
    if matched.kind == "number":
        return value.kind == "number" and (
            value.unit in (matched.unit, None) or (matched.unit is None and unit_of(value) in about.units)
        )
    if _is_code(matched):
        return _is_code(value)
    return matched.kind in MEASURED and value.kind == matched.kind


def _is_code(value: Value) -> bool:
    return value.kind == "word" and bool(re.fullmatch(r"[a-z]+-? ?\d+", value.text))


def names_another_person(values: Sequence[Value], good: Sequence[Span], every: Sequence[Span], about: Asked) -> bool:
    """Whether another name stands in a clause that shares more words with the question than those of the answer do."""
    inside = {at for start, end in every for at in range(start, end + 1)}
    pairs = [(at, at + 1) for at in range(len(values) - 1) if not {at, at + 1} & inside]
    others = [
        pair
        for pair in pairs
        if all(values[at].kind == "word" and values[at].capital and len(values[at].text) > 2 for at in pair)
        and not {values[at].content for at in pair} & about.words
        and not is_small(values, pair[0])
    ]
    shared = max(_rank(values, span, about)[1] for span in good)
    clauses = {clause(values, span[0]) for span in good}
    others = [other for other in others if clause(values, other[0]) not in clauses]
    return any(1 >= _rank(values, other, about)[1] > shared for other in others)


def _rank(values: Sequence[Value], span: Span, about: Asked) -> tuple:
    first, last = clause(values, span[0])
    words = [values[at].text for at in range(first, last + 1)]
    before = bool(set(words) & _BEFORE) and not set(words) & _NOW
    others = [at for at in range(first, last + 1) if not is_small(values, at) and not span[0] <= at <= span[1]]
    topics = {values[at].content for at in others if values[at].kind != "mark"}
    shared = len(topics & about.topics) / len(topics) if topics else 0 if first else 2
    return not before, shared, -span[0]


def is_past_beside_present(values: Sequence[Value], good: Sequence[Span]) -> bool:
    """Whether every answer stands in a clause about the past beside one about today: "it is teal; it was orange"."""
    clauses = {clause(values, span[0]) for span in good}
    texts = [{v.text for v in values[first : last + 1]} for first, last in clauses]
    if not all(text & {"was", "were"} and not text & _NOW for text in texts):
        return False
    inside = {at for first, last in clauses for at in range(first, last + 1)}
    return any(value.text in ("is", "are", "now") for at, value in enumerate(values) if at not in inside)
