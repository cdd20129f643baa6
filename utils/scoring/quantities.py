"""Numbers with their units, shares, ordinals, codes and numbered things, read from tokens."""

import re
from decimal import Decimal

from utils.scoring.tokens import Reader, Token
from utils.scoring.units import (
    BIG,
    COUNTED,
    FRACTIONS,
    MONEY,
    NO_FRACTION_AFTER,
    NUMBERED_WORDS,
    ORDINALS,
    SMALL,
    TENS,
    UNITS,
)
from utils.scoring.values import Value


def cardinal(reader: Reader) -> Decimal | None:
    """A number in digits or words, without a sign; fractions too."""
    token = reader.peek()
    if token.kind == "number":
        text = token.text
        if "⁄" in text:
            reader.at += 1
            above, below = text.split("⁄")
            return Decimal(above) / Decimal(below) if int(below) else None
        if ":" in text or text.count(".") > 1 or "-" in text or re.fullmatch(r"0\d+", text):
            return None
        reader.at += 1
        text = text.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", text) else text.replace(",", ".")
        number = Decimal(text)
        if "⁄" in reader.peek().text:
            return number + cardinal(reader)
        if reader.peek().lower in BIG:
            number *= BIG[reader.peek().lower]
            reader.at += 1
        return number + _and_a_half(reader)
    for words, number in ((("half", "a", "dozen"), 6), (("a", "dozen"), 12), (("dozen",), 12)):
        if reader.take(*words):
            return Decimal(number)
    number = _in_words(reader)
    return None if number is None else Decimal(number) + _and_a_half(reader)


def _and_a_half(reader: Reader) -> Decimal:
    for words, part in ((("and", "a", "half"), "0.5"), (("and", "a", "quarter"), "0.25")):
        if reader.take(*words):
            return Decimal(part)
    return Decimal(0)


def _in_words(reader: Reader) -> int | None:
    """Twenty-one, a hundred and twenty, two thousand."""
    total, current, start = 0, None, reader.at
    if reader.peek().lower == "a" and reader.peek(1).lower in BIG:
        reader.at += 1
        current = 1
    while True:
        here, before = reader.at, current
        if current is not None:
            reader.hyphen() or (current % 100 == 0 and reader.take("and"))
        word = reader.peek().lower
        if word in TENS and (current is None or current % 100 == 0):
            current = (current or 0) + TENS[word]
        elif word in SMALL and (
            current is None or (current % 10 == 0 and SMALL[word] and (current % 100 == 0 or SMALL[word] < 10))
        ):
            current = (current or 0) + SMALL[word]
        elif word in BIG and current:
            if BIG[word] == 100:
                current *= 100
            else:
                total, current = total + current * BIG[word], 0
        else:
            reader.at = here
            break
        reader.at += 1
        if before is not None and reader.at == here:
            break
    if current is None or reader.at == start:
        return None
    return total + current


def quantity(reader: Reader) -> Value | None:
    """A number with its sign, currency or unit, and shares: half, a quarter, 25%."""
    sign = 1
    if reader.peek().lower == "minus" or (
        reader.peek().text in "+-"
        and reader.peek().spaced
        and reader.peek(1).kind == "number"
        and not reader.peek(1).spaced
    ):
        sign = 1 if reader.peek().text == "+" else -1
        reader.at += 1
    money = reader.peek().lower if reader.peek().lower in MONEY else None
    if money:
        reader.at += 1
    start, raw = reader.at, reader.peek().text
    if not money and reader.peek(2).lower != "dozen" and (found := reader.attempt(_share)):
        return found
    number = reader.attempt(cardinal)
    if number is None:
        return None if money or sign < 0 else reader.attempt(_one_unit)
    if (part := FRACTIONS.get(reader.peek(reader.peek().text == "-").lower)) and reader.at == start + 1:
        reader.hyphen()
        reader.at += 1
        return _with_unit_of(reader, number * part)  # three quarters
    if money:
        dimension, factor = UNITS[money]
        return Value("number", sign * number * factor, "", dimension, sign * number)
    if re.fullmatch(r"\d\d\.\d\d", raw) and reader.peek().lower in ("hrs", "h", "hours"):
        hours, minutes = map(int, raw.split("."))
        reader.at += 1
        return Value("time", 60 * hours + minutes, "") if hours < 24 and minutes < 60 else None
    return _with_unit(reader, sign * number)


def _share(reader: Reader) -> Value | None:
    """Half, a quarter, one-quarter, of a whole or of a unit; "the next quarter" is no share, nor "a quarter to"."""
    before = reader.peek(-1).lower
    if not reader.take("a") and reader.take("one"):
        reader.hyphen()
    word, after = reader.peek().lower, reader.peek(1).lower
    if (
        word not in ("half", "quarter")
        or (word == "quarter" and before in NO_FRACTION_AFTER)
        or after in ("past", "to", "yearly")
    ):
        return None
    reader.at += 1
    if after == "-" and not reader.peek().spaced:
        return None
    return _with_unit_of(reader, FRACTIONS[word])


def _with_unit_of(reader: Reader, part: Decimal) -> Value:
    """A share of one unit, "half an hour", "a quarter of an hour"; else a share of a whole, in per cent."""
    start = reader.at
    reader.take("of")
    reader.take("an") or reader.take("a")
    if (unit := reader.peek().lower) in UNITS and UNITS[unit][0] in ("s", "month", "m", "l", "g"):
        reader.at += 1
        return Value("number", part * UNITS[unit][1], "", UNITS[unit][0], part)
    reader.at = start
    return Value("number", part * 100, "", "%", part)


def _one_unit(reader: Reader) -> Value | None:
    """An hour, a fortnight, "an hour and a half", half-yearly."""
    if not (reader.take("a") or reader.take("an")):
        return None
    unit = reader.peek().lower
    if unit not in UNITS or UNITS[unit][0] not in ("s", "month") or unit in ("s", "m", "h"):
        return None
    reader.at += 1
    dimension, factor = UNITS[unit]
    number = 1 + _and_a_half(reader)
    return Value("number", number * factor, "", dimension, number)


def _with_unit(reader: Reader, number: Decimal) -> Value:
    start = reader.at
    reader.hyphen()
    reader.take("full") or reader.take("calendar")
    if reader.take("working"):
        reader.hyphen()
        if (word := reader.peek().lower.rstrip("s")) in ("day", "hour", "hr"):
            reader.at += 1
            return Value("number", number, "", "working day" if word == "day" else "working hour", number)
    if reader.take("°") or reader.take("degrees") or reader.take("degree"):
        unit = "°C"
        if reader.take("f") or reader.take("fahrenheit"):
            unit = "°F"
        else:
            reader.take("c") or reader.take("celsius")
        number = -abs(number) if reader.take("below", "zero") else number
        return Value("number", number, "", unit, number)
    if reader.peek().text == "C":
        reader.at += 1
        return Value("number", number, "", "°C", number)
    word = reader.peek().lower.rstrip("'")
    if word in UNITS and reader.peek().text != "M":
        dimension, factor = UNITS[word]
        reader.at += 1
        return Value("number", number * factor, "", dimension, number)
    reader.at = start
    return Value("number", number, "", None, number)


def ordinal(reader: Reader) -> Value | None:
    """4th, fourth, twenty-second; of a day, a floor and the like also day 26, floor 2, the 4th calendar day."""
    token, after = reader.peek(), reader.peek(1)
    if token.lower in COUNTED and (after.kind == "number" or after.lower in SMALL):
        reader.at += 1
        number = cardinal(reader)
        return None if number is None or number % 1 else Value("ordinal", int(number), "", f"#{token.lower}")
    if token.kind == "number" and token.text.isdigit() and after.lower in ("st", "nd", "rd", "th") and not after.spaced:
        reader.at += 2
        number = int(token.text)
    else:
        number = 0
        if token.lower in TENS:
            number = TENS[token.lower]
            reader.at += 1
            reader.hyphen()
        word = reader.peek().lower
        if word not in ORDINALS or (number and ORDINALS[word] > 9):
            return None
        number += ORDINALS[word]
        reader.at += 1
    start = reader.at
    reader.hyphen() or reader.take("calendar")
    for name in COUNTED:
        if reader.take(name):
            return Value("ordinal", number, "", f"#{name}")
    reader.at = start
    return Value("ordinal", number, "")


def code(reader: Reader) -> Value | None:
    """F31, F-31, F 31 and CM-307 as one word; so too a telephone number written in groups."""
    token = reader.peek()
    if token.kind == "number" and re.fullmatch(r"0\d+", token.text):
        digits = token.text
        reader.at += 1
        while len(digits) > 2:
            dash = reader.peek().text == "-" and not reader.peek().spaced
            following = reader.peek(1 if dash else 0)
            if following.kind != "number" or not following.text.isdigit():
                break
            digits += following.text
            reader.at += 1 + dash
        return Value("word", digits, "")
    if token.kind != "word" or not re.fullmatch(r"[A-Za-z]{1,4}", token.text) or token.lower in {"x", "ext", *MONEY}:
        return None
    dash = reader.peek(1).text == "-" and not reader.peek(1).spaced
    number = reader.peek(1 + dash)
    joined = not number.spaced or (not dash and token.text.isupper() and token.text != "A")
    if number.kind != "number" or not number.text.isdigit() or not joined:
        return None
    reader.at += 2 + dash
    tail = reader.peek()
    if tail.kind == "word" and not tail.spaced:
        reader.at += 1
        number = Token("number", number.text + tail.lower, False)
    return Value("word", token.lower + number.text, "")


def numbered(reader: Reader) -> Value | None:
    """Room 4, desk fourteen, extension 4417: a number whose unit is the thing it names."""
    name = NUMBERED_WORDS.get(reader.peek().lower)
    if not name:
        return None
    reader.at += 1
    for word in (":", "no", "nr", "number"):
        reader.take(word)
    number = cardinal(reader)
    if number is None or reader.peek().lower in UNITS.keys() | {"working", "calendar", "full"}:
        return None
    return Value("number", number, "", f"#{name}", number)
