"""Whether a letter says what its source says: nothing invented, nothing turned round, the right reader, its own words.

The source is the draft that a letter rewrites, or the list of facts that it is made of.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import zip_longest

from utils.corpus import load_handbook, load_records
from utils.scoring.answers import normalise, places
from utils.scoring.claims import clause, denied
from utils.scoring.matching import MEASURED, Span, asked
from utils.scoring.reading import read
from utils.scoring.tokens import stem
from utils.scoring.units import words_of
from utils.scoring.values import Value

COPIED = 1 / 3  # of all runs of four words; in the house's own letters it's at most a sixth

_NOTHING_TO_PAY = re.compile(
    r"\bfree of charge\b|\bfor (?:free|nothing)\b|\bnot this time\b|\bnothing (?:\w+ )?to pay\b"
    r"|\b(?:pay|cost|owe)s?(?: \w+)? nothing\b|\b(?:no|without) (?:\w+ )?(?:charge|cost|fee)\b"
    r"|\b(?:need not|needn't|no need to) pay\b|(?:\bnot|n't) (?:have|need) to pay\b",
    re.IGNORECASE,
)
_NO_CHARGE = re.compile(
    rf"{_NOTHING_TO_PAY.pattern}|\bfree\b|€0\b|\b(?:no|without) (?:\w+ )*(?:charge|cost|fee|balance)s?\b"
    r"|\b(?:waive|cancel|cover|withdraw|suspend|forgiv)\w*|\blet you off\b",
    re.IGNORECASE,
)
_REASSURING = re.compile(
    r"(?:\bnot|n't|\bnever|\bno need to) (?:\w+ )?(?:forget|miss|hesitate|worry)\b|\bno later than\b|\bnot only\b",
    re.IGNORECASE,
)  # denies nothing of what follows: "do not miss your visit on 17 March"
_NOT_COME = re.compile(
    r"\b(?:have|has|had|did|could)(?: not|n't) (?:yet )?(?:receive|had|got|get|reach|arrive|come|came)\w*",
    re.IGNORECASE,
)  # of money or a reader, but the figures beside it hold
_NOT_OF_FIGURES = re.compile(r"\b(?:not|never|nothing|none|nobody|without|cannot|neither|nor)\b|n't\b")
_NOT = re.compile(rf"{_NOT_OF_FIGURES.pattern}|\bno\b")
_REFUSES = re.compile(
    r"avoid|prohibit|forbid|cease|suspend|abst|unable|cancel|discontinu|withdr|refrain|stop|waiv|unavailable|omit"
    r"|disregard|unnecess|impossible|leave out|call(?:ed)? off|let you off|forgiv"
)
_CONDITION = re.compile(r"\b(?:if|unless|so that|in case)\b")
_MONEY = re.compile(r"€|\b(?:pay|paid|money|sum|amount|fee|refund)\b")
_TO_THE_READER = re.compile(
    r"\bwe (?:\w+ ){0,2}?(?:pay|owe|refund|repay|give|send|sent|transfer)(?: \w+){0,3}? you\b"
    r"(?! (?:\w+ )?(?:invoice|bill)\b)"
    r"|\byou (?:\w+ )?(?:get|receive)\b"
    r"|\b(?:send|sending|pay|paying|give|giving) (?:\S+ )?back\b|\bwe (?:\w+ )?owe you\b"
)
_FROM_THE_READER = re.compile(
    r"\byou (?:\w+ ){0,2}?(?:pay|owe)\b|\bplease (?:\w+ )?pay\b|\bpay us\b|\bcosts?\b|\bask (?:you )?for\b|\bsend us\b"
)
_PAYMENT_CAME = re.compile(
    r"\b(?:payment|money|sum|amount)\b.* (?:received|reached|arrived|came|come)\b"
    r"|\b(?:received|got|had|have) (?:\w+ )?(?:payment|money|sum|amount)\b"
)
_LAST_DAY = re.compile(
    r"\b(?:by|until|till|before|within|later than)$|\b(?:end|expire|close|lapse|run|is over)\w*(?: out)?(?: on| at)?$"
)
_SMALL = frozenset(
    words_of("the and for with you your our are was has have from this that then but not all any too now")
)
_NOTHING_ASKED = asked("")


def invented(text: str, source: str) -> list[str]:
    """What a letter states and its source does not: numbers, dates, times, amounts, names and products.

    A charge of nothing is an amount too. Left out are "one" and "first", which are rarely a number.
    """
    known = tuple(_with_both_dates(read(source)))
    found = [value.text for value in read(text) if _is_figure(value) and not _stands_among(value, known)]
    words = {value.content for value in known if value.kind == "word"}
    found += [value.text for value in _names(text) if value.content not in words]
    if (nothing := _NOTHING_TO_PAY.search(text)) and not _NO_CHARGE.search(source):
        found.append(nothing[0].casefold())
    return found


def turned_round(text: str, record: Mapping) -> list[str]:
    """What a letter says the other way round: denied for affirmed, "on" for "by" a day, old for new, who pays whom.

    ``record`` has ``plain`` (the source), ``brand`` (the letter by hand), ``facts``, and ``changes``, pairs of what was
    and what is now, where there are any. What source and letter say in different ways may be said in either.
    """

    def differs(reading: Callable, fact: str) -> bool:
        said, known = (reading(text, fact), reading(record["plain"], fact) | reading(record["brand"], fact))
        return bool(said) and not said & known

    changes = record.get("changes", [])
    facts = [fact for fact in record["facts"] if not any(fact in pair for pair in changes)]
    found = [fact for fact in facts + _agreed(text, record) if differs(_polarities, fact)]
    found += [f"by {fact}" for fact in facts if differs(_deadlines, fact)]
    found += [f"{old} for {new}" for old, new in changes if _holds_still(text, old, new)]
    if _NOTHING_TO_PAY.search(record["brand"]) and not _NO_CHARGE.search(text):
        found.append("nothing to pay")
    if (
        (came := _payments(text))
        and (gold := _payments(record["plain"]) | _payments(record["brand"]))
        and not came & gold
    ):
        found.append("whether money came")
    if (paid := _payers(text)) and (gold := _payers(record["brand"])) and not paid & gold:
        found.append("who pays")
    return found


def _agreed(text: str, record: Mapping) -> list[str]:
    """The words of a letter that its source, in any form, and the letter by hand also have, and both affirm or both
    deny."""
    forms = {stem(word): word for word in sorted(_words(record["plain"]))}
    shared = sorted(word for word in _words(text) & _words(record["brand"]) if stem(word) in forms)
    return [
        word for word in shared if _polarities(record["plain"], forms[stem(word)]) == _polarities(record["brand"], word)
    ]


def points_made(text: str, record: Mapping) -> list[bool]:
    """For each line of a list of facts whether a letter has a word or a figure of it; none for a draft. A line that the
    letter by hand tells in other words altogether may be told in any."""
    lines = [_content(line) for line in record["plain"].splitlines() if line.startswith("- ")]
    said, by_hand = _content(text), _content(record["brand"])
    return [bool(line & said) for line in lines if line & by_hand]


def _content(text: str) -> set[str]:
    """The stems of the words of a text that carry meaning, and its figures."""
    return {
        stem(value.text) if value.kind == "word" else value.text
        for value in read(text)
        if value.kind != "mark" and (value.kind != "word" or (len(value.text) > 2 and value.text not in _SMALL))
    }


def greeted(text: str) -> str | None:
    """Whom a letter greets: the name in its first line."""
    found = re.match(r"\s*(?:Hello|Dear|Hi) ([^\n,]+),", text)
    return found[1] if found else None


def copied(text: str, source: str) -> bool:
    """Whether more than a third of a letter's runs of four words stand in its source."""
    runs = _runs_of_four(text)
    return bool(runs) and len(runs & _runs_of_four(source)) > COPIED * len(runs)


def _runs_of_four(text: str) -> set[tuple[str, ...]]:
    words = normalise(text).split()
    return set(zip(*(words[start:] for start in range(4)), strict=False))


def _is_figure(value: Value) -> bool:
    if value.kind in ("time", "range", "days", "date"):
        return True
    if value.kind == "ordinal":
        return value.content != 1
    return value.kind == "number" and value.text != "one" and not re.match(r"an? ", value.text)


def _with_both_dates(values: Sequence[Value]) -> Iterator[Value]:
    """The values, with the 4 August of "4 to 9 August" and both ends of each range."""
    for value, link, last in zip_longest(values, values[1:], values[2:]):
        yield value
        if value.kind == "range":
            yield from value.content
        elif value.kind == "number" and last and last.kind == "date" and link.text in ("to", "and", "-"):
            yield Value("date", (*last.content[:2], int(value.content)), value.text)


def _stands_among(said: Value, known: Sequence[Value]) -> bool:
    if said.kind == "range":
        return all(_stands_among(end, known) for end in said.content)
    return any(_is_same(said, value) for value in known)


def _is_same(said: Value, known: Value) -> bool:
    if said.kind == "time" and known.kind == "time":
        exact = said.exact and known.exact
        return said.content % (1440 if exact else 720) == known.content % (1440 if exact else 720)
    if said.kind == "days":
        return known.kind == "days" and said.content <= known.content
    if said.kind == "date":
        return (
            known.kind == "date"
            and said.content[1:] == known.content[1:]
            and said.content[0] in (None, known.content[0])
        )
    if known.kind == "date":
        return said.kind == "number" and said.unit is None and said.content == known.content[0]
    if said.kind == "ordinal" or known.kind == "ordinal":
        return known.kind in ("ordinal", "number") and said.content in (known.content, known.count)
    if known.kind != "number":
        return known.kind == "word" and known.text == said.text
    same_count = said.unit is None or known.unit is None
    return (said.unit, said.content) == (known.unit, known.content) or (same_count and said.count == known.count)


def _names(text: str) -> Iterator[Value]:
    """The words of a letter that name somebody or something: with a capital, and not only because a sentence begins."""
    values = read(text)
    for at, value in enumerate(values):
        if value.kind != "word" or not value.capital or value.text in ("i", "hello") or not value.text[0].isalpha():
            continue
        begins = at == 0 or values[at - 1].kind == "mark"
        if not begins or not (value.text in _ordinary_words() or re.fullmatch(r"\w{4,}ly", value.text)):
            yield value


@lru_cache(maxsize=1)
def _ordinary_words() -> frozenset[str]:
    """The words that handbook and complaints also write small."""
    texts = [document.text for document in load_handbook("v1")]
    texts += [ticket["complaint"] for ticket in load_records("tickets")]
    return frozenset(word for text in texts for word in re.findall(r"(?<![\w'])[a-z][a-z']*", text))


def _words(text: str) -> set[str]:
    """The ordinary words of a letter that carry meaning."""
    words = {value.text for value in read(text) if value.kind == "word" and len(value.text) > 3}
    return words - {value.text for value in _names(text)}


def _polarities(text: str, fact: str) -> set[bool]:
    """For each place where a fact stands, whether the text affirms (True) or denies it there.

    "No findings on 29 April" denies the findings and not the date, "we have not had the €112" the money's coming.
    """
    measured = any(value.kind in MEASURED for value in read(fact))
    text = _REASSURING.sub("", text)
    text = _NOT_COME.sub("", text) if measured else text
    negation = _NOT_OF_FIGURES if measured else _NOT
    return {not _negative(read(text), place[0], negation) for place in places(text, fact)}


def _negative(values: Sequence[Value], span: Span, negation: re.Pattern) -> bool:
    """Whether the clause around a span denies it; two negations, "do not stop", affirm it."""
    first, last = clause(values, span[0])
    before = " ".join(value.text for value in values[first : span[0]])
    after = " ".join(value.text for value in values[span[1] + 1 : last + 1])
    after = re.split(r"\b(?:instead of|rather than)\b", after)[0]
    said = f"{_CONDITION.split(before)[-1]} {_CONDITION.split(after)[0]}"
    left = bool(re.search(r"\b(?:instead of|rather than)(?: \w+){0,2}$", before))
    return left != (bool(negation.search(said)) != bool(_REFUSES.search(said)))


def _holds_still(text: str, old: str, new: str) -> bool:
    """Whether a letter gives what was as what is now: by its words, else by giving it last."""
    values = read(text)
    before = [place[0] for place in places(text, old)]
    now = [place[0] for place in places(text, new)]
    if not before or not now:
        return False
    if before[-1] == now[-1]:  # both are ends of one range, "from €88 to €92"
        return not places(values[before[-1][0]].text.split(" to ")[0], old)
    if any(_is_left(values, span) for span in now):
        return True
    return before[-1] > now[-1] and not (_is_left(values, before[-1]) or _is_past(values, before[-1]))


def _is_left(values: Sequence[Value], span: Span) -> bool:
    """Whether a text leaves a value for another: "from 07:45 to 07:20", "instead of 07:45", "not 07:45"."""
    first, last = clause(values, span[0])
    moves = values[span[0] - 1].text == "from" and "to" in [value.text for value in values[span[1] + 1 : last + 1]]
    said = " ".join(value.text for value in values[first : span[0]])
    return (
        moves
        or bool(re.search(r"\b(?:instead of|rather than|in place of|replaces)\b", said))
        or denied(values, span, _NOTHING_ASKED)
    )


def _is_past(values: Sequence[Value], span: Span) -> bool:
    """Whether a clause tells of a time that is over."""
    first, last = clause(values, span[0])
    said = [value.text for value in values[first : last + 1]]
    return bool({"was", "were", "had", "before", "earlier", "old"} & set(said)) or values[span[0] - 1].text == "from"


def _deadlines(text: str, fact: str) -> set[bool]:
    """For each place where a date or a time stands, whether it's the last moment for something."""
    values = read(text)
    starts = [place[0][0] for place in places(text, fact) if values[place[0][0]].kind in ("date", "time")]
    return {
        bool(_LAST_DAY.search(" ".join(value.text for value in values[clause(values, at)[0] : at]))) for at in starts
    }


def _payments(text: str) -> set[bool]:
    """Whether a text says that money came (True) or that it didn't."""
    parts = re.split(r"(?<=[.?!])\s+", text.casefold())
    return {not _NOT.search(part) for part in parts if _PAYMENT_CAME.search(part)}


def _payers(text: str) -> set[str]:
    """Who pays according to the sentences about money: "we", the house, or "you", the reader."""
    sentences = [part for part in re.split(r"(?<=[.?!])\s+", text.casefold()) if _MONEY.search(part)]
    ways = {"we": _TO_THE_READER, "you": _FROM_THE_READER}
    return {who for who, way in ways.items() if any(way.search(part) for part in sentences)}
