"""Numbers as people type them: every way of writing one is read as it, and what may be two is never guessed."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utils.deciding.typed_numbers import typed_number

PATIENT = settings(deadline=None)
READ = {
    "0": 0,
    "250": 250,
    " 41 ": 41,
    "007": 7,
    "0,5": 0.5,
    "0.5": 0.5,
    ",5": 0.5,
    ".25": 0.25,
    "12,75": 12.75,
    "0,500": 0.5,
    "1234,567": 1234.567,
    "1.2345": 1.2345,
    "1,234.5": 1234.5,
    "1.234,5": 1234.5,
    "1,234,567": 1_234_567,
    "1.234.567": 1_234_567,
    "1 500": 1500,
    "1\u00a0500": 1500,  # a space that doesn't break
    "12\u202f500,25": 12_500.25,  # a narrow one
    "1'500": 1500,
    "1’500.5": 1500.5,
    "10_000": 10_000,
    "+3": 3,
    "-5": -5,
    "−0,5": -0.5,
    "1e3": 1000,
    "2.5E-1": 0.25,
}
REFUSED = [
    "",
    " ",
    "many",
    "nan",
    "inf",
    ".",
    ",",
    "-",
    "+-1",
    "1,5,5",
    "1,23,456",
    "1.234.5",
    "1 5",
    "12 34",
    "0x10",
    "5k",
]
REFUSED += ["10%", "1-2", "1:30", "1,234 567.", "1..5", "5.", "1,,000", "½", "²", "e3", "- 5"]
EITHER = {"1,500": ("1.5", "1500"), "1.500": ("1.5", "1500"), "12,125": ("12.125", "12125"), "-2.000": ("-2", "-2000")}


@pytest.mark.parametrize("typed", READ)
def test_a_number_is_read_as_it_was_meant(typed):
    assert typed_number(typed) == READ[typed]


@pytest.mark.parametrize("typed", REFUSED)
def test_what_is_no_number_is_refused(typed):
    for whole in (False, True):
        with pytest.raises(ValueError, match="is not a number"):
            typed_number(typed, whole)


@pytest.mark.parametrize("typed", EITHER)
def test_what_may_be_two_numbers_is_refused_with_both(typed):
    with pytest.raises(ValueError, match=f"may be {' or '.join(EITHER[typed])}$"):
        typed_number(typed)
    assert typed_number(typed, whole=True) == float(EITHER[typed][1])


@PATIENT
@given(st.integers(0, 10**11), st.sampled_from([*", .'’_", "\u00a0", "\u202f", ""]))
def test_separators_between_thousands_change_no_whole_number(number, separator):
    assert typed_number(f"{number:,}".replace(",", separator), whole=True) == number


@PATIENT
@given(st.integers(0, 10**9), st.integers(0, 9999), st.sampled_from([",", "."]), st.sampled_from([*", .'", ""]))
def test_with_decimals_the_number_comes_back_or_both_readings_are_told(whole, decimals, mark, separator):
    written = f"{whole:,}".replace(",", separator) + f"{mark}{decimals:04}"
    if separator == mark and whole > 999:
        with pytest.raises(ValueError, match="is not a number"):
            typed_number(written)
    else:
        assert typed_number(written) == pytest.approx(whole + decimals / 10_000, rel=1e-12)


@PATIENT
@given(st.text("0123456789,.'-+e ", max_size=12))
def test_no_typing_is_read_otherwise_than_by_its_digits(typed):
    """Whatever is accepted has the digits that were typed, in their order, so that none is lost."""
    try:
        found = typed_number(typed)
    except ValueError:
        return
    if "e" not in typed:
        digits = "".join(letter for letter in typed if letter.isdigit()).strip("0")
        assert format(Decimal(repr(found)), "f").strip("-").replace(".", "").strip("0") == digits
