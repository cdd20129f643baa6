"""The four questions: what is typed becomes a case, and what cannot be understood is asked again."""

import io
import sys

import pytest

from utils.deciding import Scenario, interview


@pytest.fixture
def interviewed(monkeypatch, capsys):
    """Asks the questions with what is typed: (scenario, what was asked); nothing may be on standard output."""

    def ask(typed):
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        scenario = interview.ask()
        out, asked = capsys.readouterr()
        assert out == ""
        return scenario, asked

    return ask


def test_every_question_is_asked_once_and_its_answer_is_in_the_case(interviewed):
    scenario, asked = interviewed("2\n1\n3\n2\n")
    assert [line[:2] for line in asked.splitlines() if line[:1].isdigit()] == ["1.", "2.", "3.", "4."]
    assert scenario == Scenario(
        change_frequency="weekly",
        factual_accuracy="critical",
        citations="required",
        style="not_needed",
        primary_constraint="accuracy",
    )


def test_who_knows_nothing_is_heard(interviewed):
    last = "".join(f"{len(options) + 1}\n" for _, options in interview.QUESTIONS)
    assert interviewed(last)[0] == Scenario()


def test_where_money_constrains_the_volume_is_asked_too(interviewed):
    scenario, asked = interviewed("4\n5\n4\n3\n1 500,5\n")
    assert scenario.answers_per_day == 1500.5
    assert "how many answers a day?" in asked
    assert interviewed("4\n5\n4\n3\n\n")[0].answers_per_day is None
    assert "how many answers a day?" not in interviewed("4\n5\n4\n2\n")[1]


def test_what_cannot_be_understood_is_asked_again(interviewed):
    scenario, asked = interviewed("weekly\n\n0\n7\n-1\n²\n2\n5\n4\n3\nmany\n-5\nnan\n1,500\n0,5\n")
    assert scenario.change_frequency == "weekly"
    assert scenario.answers_per_day == 0.5
    assert asked.count("Please type a number from 1 to 6.") == 6
    assert asked.count("Please type a number of 0 or more") == 4
    assert "'1,500' may be 1.5 or 1500. Please" in asked


def test_every_answer_of_the_interview_fits_into_a_case():
    for _, options in interview.QUESTIONS:
        for label, inputs in options:
            assert Scenario(**inputs).unknown() != Scenario().unknown(), label
    assert len(interview.QUESTIONS) == 4


def test_an_interview_that_breaks_off_makes_no_case(interviewed):
    with pytest.raises(EOFError):
        interviewed("2\n1\n")
