"""Whether a text holds an accepted answer: normalisation, containment, and one score per text."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from utils.scoring import contains_answer, normalise, score_answers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The  Nurse's desk, Room B.", "nurse s desk room b"),
        ("€1,200 or 1,200", "1200 euros or 1200"),
        ("€ 2.50 per day", "2.50 euros per day"),
        ("40 euros", "40 euros"),
        ("08:30, then 2.5 km.", "08:30 then 2.5 km"),
        ("5 % of it", "5% of it"),
        ("An apple a day", "apple day"),
        ("it’s anna", "it s anna"),
        ("Dr. Ash: yes", "dr ash yes"),
        ("Żółć!", "żółć"),
        ("", ""),
    ],
)
def test_normalisation(text, expected):
    assert normalise(text) == expected


@given(st.text(max_size=40))
@example("€1,2")
@settings(max_examples=60, deadline=None)
def test_text_once_normalised_has_no_capitals_no_commas_and_single_spaces(text):
    done = normalise(text)
    assert done == " ".join(done.split())
    assert "," not in done
    assert done == done.lower()


@pytest.mark.parametrize(
    ("text", "answers", "expected"),
    [
        ("It is 28 days, I think.", ["28 days"], True),
        ("It is 128 days.", ["28 days"], False),  # whole words only
        ("28 daystars", ["28 days"], False),
        ("The Annex", ["annexe", "annex"], True),
        ("€40 a month", ["40 euros"], True),
        ("6", ["6 nights"], True),  # the unit is understood
        ("6.", ["six", "6 nights"], True),
        ("16", ["6 nights"], False),
        ("about 6", ["6 nights"], False),  # not the number alone
        ("02:00", ["02:00 to 04:00"], False),  # half a range is half an answer
        ("17", ["17 June 2026"], False),
        ("nights", ["6 nights"], False),
        ("", ["28 days"], False),
        ("anything", [], False),
    ],
)
def test_containment_and_bare_numbers(text, answers, expected):
    assert contains_answer(text, answers) is expected


def test_every_text_is_scored_by_its_own_answers():
    assert score_answers(["28 days", "28 days", ""], [["28 days"], ["six", "6 nights"], []]) == [1.0, 0.0, 0.0]
    with pytest.raises(ValueError, match="shorter"):
        score_answers(["28 days", "six"], [["28 days"]])
