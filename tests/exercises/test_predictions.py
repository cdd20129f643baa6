"""The prediction of a notebook beside what was measured."""

import re

import numpy as np
import pytest

from utils import exercises


def shown(my_guess, measured):
    """The table as rows of text: name, your guess, measured, off by."""
    rows = exercises.reveal(my_guess, measured).data.split("<tr")[1:]
    head, *rest = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]
    assert head == ["", "your guess", "measured", "off by"]
    return rest


@pytest.mark.parametrize(
    ("guess", "measured", "row"),
    [
        (0.5, 0.25, ["50%", "25%", "+25 points"]),
        (0.1, np.float64(0.4), ["10%", "40%", "-30 points"]),
        (1, 0.0, ["100%", "0%", "+100 points"]),
        (None, 1.0, ["no guess", "100%", ""]),
        (4, 1, ["4", "1", "+3"]),  # a count, not a share
        (None, np.int64(16), ["no guess", "16", ""]),
        (2000, 12345.678, ["2,000", "12,345.68", "-10,345.68"]),
        (3.5, -1.25, ["3.5", "-1.25", "+4.75"]),
    ],
    ids=str,
)
def test_a_guess_stands_beside_what_was_measured(guess, measured, row):
    assert shown({"it": guess}, {"it": measured}) == [["it", *row]]


def test_rows_follow_what_was_measured():
    rows = shown({"b": None, "a": 0.5}, {"a": 0.5, "b": 0.5})
    assert [row[0] for row in rows] == ["a", "b"]


@pytest.mark.parametrize("guess", [{}, {"a": 1, "c": None}, {"a": 1, "b": 1, "c": 1}], ids=str)
def test_other_keys_are_refused(guess):
    with pytest.raises(ValueError, match="the same keys, unlike"):
        exercises.reveal(guess, {"a": 1, "b": 2})
