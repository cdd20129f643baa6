"""One value of a text: what kind it is, what it holds, and how it was written."""

import re
from dataclasses import dataclass, replace
from decimal import Decimal


@dataclass(frozen=True)
class Value:
    """One value of a text.

    ``kind``: time (minutes), range (two values), days (set of weekdays), date (year, month, day), number, ordinal,
    word (its stem) or mark (punctuation). ``unit`` of a number: its dimension, or #desk for a numbered desk, or None;
    ``count`` the number as written, so that 6 weeks has the content 3628800, the unit s and the count 6.
    ``exact`` is False for a time that may be before or after noon. ``text`` is what was written, in lower case;
    ``capital`` whether it began with a capital, ``glued`` whether a hyphen ties it to a neighbour. ``former`` marks
    what the text itself gives as outdated, as €38 in "rose from €38 to €44".
    """

    kind: str
    content: object
    text: str
    unit: str | None = None
    count: Decimal | None = None
    exact: bool = True
    capital: bool = False
    glued: bool = False
    former: bool = False


def time(hours: int, minutes: int, half: str | None, written: bool) -> Value:
    """``written``: as on a 24-hour clock, with two digits; a time without am or pm is exact only then."""
    if half and hours <= 12:
        hours = hours % 12 + (12 if half == "pm" else 0)
    return Value("time", (60 * hours + minutes) % 1440, "", exact=bool(half) or written)


def as_time(value: Value) -> Value | None:
    """A number read as a time of day, 8 or 8.30, if it can be one."""
    match = re.fullmatch(r"(\d{1,2})(?:[.](\d\d))?", value.text)
    if value.kind != "number" or value.unit:
        return None
    if match and int(match[1]) <= 24 and int(match[2] or 0) < 60:
        return replace(
            time(int(match[1]), int(match[2] or 0), None, written=len(match[1]) == 2 or int(match[1]) > 12),
            text=value.text,
        )
    if value.content == int(value.content) and 0 < value.content <= 24:
        return replace(time(int(value.content), 0, None, written=False), text=value.text)
    return None
