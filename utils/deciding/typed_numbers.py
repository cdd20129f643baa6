"""Numbers as people type them: with a decimal comma or point, with or without something between the thousands."""

import re

_MARKS = ((",", "."), (".", ","), (r"\s'’_", "."), (r"\s'’_", ","))  # between thousands, before decimals
_READINGS = tuple(
    re.compile(rf"(?P<whole>\d+|[1-9]\d{{0,2}}(?:[{thousands}]\d{{3}})+|)(?:[{decimal}](?P<decimals>\d+))?")
    for thousands, decimal in _MARKS
)
_SCIENTIFIC = re.compile(r"\d+(\.\d+)?[eE][+-]?\d+")


def typed_number(typed: str, whole: bool = False) -> float:
    """The number that somebody typed, where there is only one way to read it.

    - A comma or a point is the decimal mark: "0,5" and "0.5" are one half.
    - Commas, points, spaces, apostrophes and underscores may stand between groups of three digits: "1,234,567.8" and
      "1.234.567,8" are the same number, and so is "1 234 567,8".
    - "1,500" and "1.500" may be either. They are refused, except for a ``whole`` number, where they are thousands.
    - "1e3" is a thousand.

    Raises ValueError, to be followed by what to do, for what is no number and for what may be two.
    """
    text = typed.strip().replace("−", "-")
    sign, digits = (-1, text[1:]) if text[:1] == "-" else (1, text.removeprefix("+"))
    if _SCIENTIFIC.fullmatch(digits):
        return sign * float(digits)
    found = {_value(reading) for pattern in _READINGS if digits and (reading := pattern.fullmatch(digits))}
    if not found:
        raise ValueError(f"{typed!r} is not a number")
    if len(found) > 1 and not whole:
        raise ValueError(f"{typed!r} may be {' or '.join(f'{sign * value:.15g}' for value in sorted(found))}")
    return sign * max(found)


def _value(reading: re.Match) -> float:
    return float(re.sub(r"\D", "", reading["whole"]) + "." + (reading["decimals"] or "0"))
