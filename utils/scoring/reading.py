"""A text read as values: times, days, dates, numbers with their units, ordinals, codes and words.

The same thing written in different ways gives the same value: "half past eight" and 8.30, EUR 41 and "41.00 euros",
"six-week" and "6 weeks", F-31 and "F 31".
"""

import re
from dataclasses import replace
from functools import lru_cache

from utils.scoring.quantities import code, numbered, ordinal, quantity
from utils.scoring.times import clock, date, day
from utils.scoring.tokens import Reader, Token, plain, stem, tokenise
from utils.scoring.units import CHANGES, TO, UNITS
from utils.scoring.values import Value, as_time


@lru_cache(maxsize=20_000)
def read(text: str) -> tuple[Value, ...]:
    """The values of a text in their order."""
    tokens = tokenise(plain(text))
    values, at = [], 0
    while at < len(tokens):
        value, at = _next_value(tokens, at)
        values.append(value)
    return tuple(joined(values))


def _next_value(tokens: list[Token], at: int) -> tuple[Value, int]:
    for rule in (date, clock, day, ordinal, code, numbered, quantity):
        reader = Reader(tokens, at)
        if value := rule(reader):
            written = "".join(f"{' ' if t.spaced else ''}{t.text}" for t in tokens[at : reader.at]).strip()
            return replace(value, text=written.casefold(), capital=written[:1].isupper()), reader.at
    token = tokens[at]
    before, after = (tokens[n] if 0 <= n < len(tokens) else None for n in (at - 1, at + 1))
    glued = bool(before and before.text == "-" and not token.spaced) or bool(
        after and after.text == "-" and not after.spaced
    )
    if token.kind in ("word", "number"):
        return Value("word", stem(token.text), token.lower, capital=token.text[:1].isupper(), glued=glued), at + 1
    if token.kind == "address":
        return Value("word", token.lower, token.lower), at + 1
    return Value("mark", token.text, token.text), at + 1


def joined(values: list[Value]) -> list[Value]:
    """Ranges, lists of weekdays and durations of two parts, each as one value."""
    done: list[Value] = []
    rest = list(values)
    while rest:
        value = rest.pop(0)
        if pair := _range(done, value, rest):
            value, used = pair
            del rest[:used]
        elif value.kind == "days":
            value, used = _list_of_days(value, rest)
            del rest[:used]
        elif (
            value.unit == "EUR"
            and rest
            and rest[0].kind == "number"
            and not rest[0].unit
            and _are_cents(value, rest[0])
        ):
            cents = rest.pop(0).content / 100
            value = replace(value, content=value.content + cents, count=value.count + cents)
        elif value.kind == "number" and value.unit == "s":
            used = 1 if rest and rest[0].text == "and" else 0
            if (
                len(rest) > used
                and rest[used].kind == "number"
                and rest[used].unit == "s"
                and rest[used].content < 3600 <= value.content
            ):
                value = replace(value, content=value.content + rest[used].content)
                del rest[: used + 1]
        done.append(value)
    return done


def _are_cents(euros: Value, following: Value) -> bool:
    """ "Eight euros fifty"."""
    return euros.text.endswith(("euro", "euros")) and euros.content % 1 == 0 and 0 < following.content < 100


def _range(done: list[Value], first: Value, rest: list[Value]) -> tuple[Value, int] | None:
    """8 to 9, between 8 and 9, 08:00-09:30, Tuesday to Friday: the range, and how many values after the first it took.

    After a verb of change, "rose from 38 to 44" is no range: its first value is outdated.
    """
    if len(rest) < 2 or first.kind not in ("time", "number", "days", "ordinal", "date"):
        return None
    words = [v.text for v in done[-4:]]
    between = "between" in words[-1:] or "between" in words[-2:-1]
    link, second = rest[0].text, rest[1]
    times = first.kind == second.kind == "time"
    if (link == "and" and not between and not times) or link not in TO | {"and"}:
        return None
    if link == "until" and first.kind == "number" and second.kind == "number" and first.unit != second.unit:
        return None
    pair = _same_kind(first, second)
    if not pair:
        return None
    first, second = pair
    if any(CHANGES.match(word) for word in words) and words[-1:] == ["from"]:
        return replace(first, former=True), 0
    if first.kind == "days":
        start, end = min(first.content), min(second.content)
        span = frozenset((start + n) % 7 for n in range((end - start) % 7 + 1))
        return replace(first, content=span, text=f"{first.text} to {second.text}"), 2
    return Value("range", (first, second), f"{first.text} to {second.text}", second.unit, capital=first.capital), 2


def _same_kind(first: Value, second: Value) -> tuple[Value, Value] | None:
    """The two as the ends of one range: a bare number takes the other's unit, or is an hour beside a time."""
    kinds = {first.kind, second.kind}
    if kinds == {"time", "number"}:
        hours = [v if v.kind == "time" else as_time(v) for v in (first, second)]
        return tuple(hours) if all(hours) else None
    if len(kinds) > 1:
        return None
    if first.kind == "number" and first.unit != second.unit:
        if first.unit is None and second.unit and not second.unit.startswith("#"):
            return _scaled(first, second), second
        if second.unit is None and first.unit:
            return first, replace(second, unit=first.unit)
        return None
    return first, second


def _scaled(bare: Value, other: Value) -> Value:
    """A bare number in the other's unit: the 2 of "2-5 hours" is two hours."""
    for word in re.findall(r"[^\W\d_]+|[%€$£]", other.text):
        if word in UNITS:
            return replace(bare, content=bare.content * UNITS[word][1], unit=other.unit)
    return replace(bare, unit=other.unit)


def _list_of_days(first: Value, rest: list[Value]) -> tuple[Value, int]:
    """Mondays, Tuesdays and on Thursdays as one set."""
    found, used = first, 0
    while True:
        at = used
        while at < len(rest) and rest[at].text in (",", "and", "&", "\n", "+", "/", "on", "every", "also", "-"):
            at += 1
        links = {v.text for v in rest[used:at]} - {"on", "every", "also"}
        if not links or at >= len(rest) or rest[at].kind != "days" or links == {"-"}:
            return found, used
        found = replace(found, content=found.content | rest[at].content, text=f"{found.text}, {rest[at].text}")
        used = at + 1
