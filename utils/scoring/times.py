"""Times of day, weekdays and dates, read from tokens."""

import re

from utils.scoring.quantities import cardinal, ordinal
from utils.scoring.tokens import Reader
from utils.scoring.units import DAYS, DAYTIMES, MONTHS, UNITS
from utils.scoring.values import Value, time

_SHORT_MONTHS = {month for month in MONTHS if len(month) < 4} - {"may"}  # "Dec." has a full stop of its own


def clock(reader: Reader) -> Value | None:
    """07:30, 7.30 am, 5 pm, half past seven, ten to three, five o'clock, nine in the evening, noon."""
    for word, minutes in (("noon", 720), ("midday", 720), ("midnight", 0)):
        if reader.take(word):
            return Value("time", minutes, "")
    token = reader.peek()
    if token.kind == "number" and (match := re.fullmatch(r"(\d{1,2})[:.](\d\d)", token.text)):
        hours, minutes = int(match[1]), int(match[2])
        if hours > 24 or minutes > 59:
            return None
        reader.at += 1
        if ":" in token.text:
            reader.take("h") or reader.take("hrs")
        half = _half_of_day(reader)
        if half or ":" in token.text:
            return time(hours, minutes, half, written=len(match[1]) == 2 or hours > 12 or hours == 0)
        return None
    spoken = reader.attempt(_spoken)
    if spoken:
        return time(*spoken, _half_of_day(reader), written=False)
    hours = cardinal(reader)
    if hours is None or hours != int(hours) or not 0 < hours <= 24:
        return None
    o_clock = reader.take("o'clock")
    half = _half_of_day(reader)
    if half and hours > 12:
        return None  # "20 in the morning" is a dose
    return time(int(hours), 0, half, written=hours > 12) if o_clock or half else None


def _spoken(reader: Reader) -> tuple[int, int] | None:
    """Half past seven, a quarter to one, twenty minutes past two: (hours, minutes)."""
    reader.take("a")
    if reader.take("half", "past"):
        past, minutes = True, 30
    else:
        minutes = 15 if reader.take("quarter") else cardinal(reader)
        reader.take("minutes")
        past = reader.take("past")
        if minutes is None or minutes >= 30 or not (past or reader.take("to")):
            return None
        if not past and minutes != 15 and minutes not in (5, 10, 20, 25):
            return None  # "6 to 8 weeks" is a range
    digits = reader.peek().kind == "number"
    hours = 12 if reader.take("noon") else 0 if reader.take("midnight") else cardinal(reader)
    if hours is None or hours != int(hours) or hours > 24 or (not past and minutes != 15 and digits):
        return None
    if not past and reader.peek().lower in UNITS.keys() | {"-"} and reader.peek().lower not in ("m",):
        return None
    return (int(hours), int(minutes)) if past else (int(hours) - 1, 60 - int(minutes))


def _half_of_day(reader: Reader) -> str | None:
    start = reader.at
    if reader.peek().lower in ("am", "pm"):
        reader.at += 1
        return reader.tokens[reader.at - 1].lower
    if reader.take("noon"):
        return "pm"
    reader.take(",")
    if reader.take("in", "the") and reader.peek().lower in DAYTIMES:
        reader.at += 1
        return DAYTIMES[reader.tokens[reader.at - 1].lower]
    reader.at = start
    return None


def day(reader: Reader) -> Value | None:
    token = reader.peek()
    name = token.lower if token.lower in DAYS else re.sub(r"('s|s)$", "", token.lower)
    if name not in DAYS or (len(name) < 6 and not token.text[0].isupper()):
        return None
    reader.at += 1
    if len(name) < 6 and reader.peek().text == "." and not reader.peek().spaced:
        reader.at += 1
    return Value("days", frozenset([DAYS[name]]), "")


def date(reader: Reader) -> Value | None:
    """31 March 2025, the 31st of March, March 31, 2025-03-31, 31/03/2025."""
    token = reader.peek()
    if match := re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", token.text):
        reader.at += 1
        return Value("date", tuple(map(int, match.groups())), "")
    if match := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", token.text):
        reader.at += 1
        return Value("date", (int(match[3]), int(match[2]), int(match[1])), "")
    slashed = "".join(reader.peek(n).text for n in range(5))
    if match := re.match(r"([0-3]?\d)/([01]\d)(?:/(20\d\d))?(?![\d/])", slashed):
        reader.at += 5 if match[3] else 3
        return Value("date", (int(match[3]) if match[3] else None, int(match[2]), int(match[1])), "")
    month = None
    if token.lower in MONTHS and token.text[0].isupper():
        month = MONTHS[token.lower]
        reader.at += 1
        reader.take(".")
        day = _day_of_month(reader)
    else:
        day = _day_of_month(reader)
        reader.take("of")
        if day and reader.peek().lower in MONTHS:
            month = MONTHS[reader.peek().lower]
            reader.at += 1
            reader.tokens[reader.at - 1].lower in _SHORT_MONTHS and reader.take(".")
    if not (day and month):
        return None
    start = reader.at
    reader.take(",")
    if re.fullmatch(r"20\d\d|19\d\d", reader.peek().text):
        reader.at += 1
        return Value("date", (int(reader.tokens[reader.at - 1].text), month, day), "")
    reader.at = start
    return Value("date", (None, month, day), "")


def _day_of_month(reader: Reader) -> int | None:
    if named := reader.attempt(ordinal):
        return named.content
    if re.fullmatch(r"0?[1-9]|[12]\d|3[01]", reader.peek().text):
        reader.at += 1
        return int(reader.tokens[reader.at - 1].text)
    return None
