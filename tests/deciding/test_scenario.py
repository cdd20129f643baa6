"""A case: what it may say, what is refused and how, and that the twenty cases of the series are read as they stand."""

import pytest
import yaml

from utils import settings
from utils.deciding import FIELDS, Choice, Scenario

CASES = yaml.safe_load((settings.DATA / "scenarios.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_case_of_the_series_is_read_as_it_stands(case):
    assert Scenario.from_mapping(case["inputs"]).inputs() == {"planned_updates": None} | case["inputs"]


def test_without_an_answer_nothing_is_known():
    assert Scenario().unknown() == list(FIELDS)
    everything_unknown = Scenario(**dict.fromkeys(FIELDS, "unknown"))
    assert everything_unknown == Scenario() == Scenario(**dict.fromkeys(FIELDS))


def test_what_is_known_is_not_unknown():
    known = Scenario(style="useful", tenants=1, offline=False, answers_per_day=0)
    assert set(FIELDS) - set(known.unknown()) == {"style", "tenants", "offline", "answers_per_day"}


def test_every_field_asks_a_question_and_every_choice_has_a_label():
    assert all(question.endswith("?") for _, question in FIELDS.values())
    choices = [kind for kind, _ in FIELDS.values() if issubclass(kind, Choice)]
    assert len(choices) == 10
    for kind in choices:
        assert list(kind)[-1] == "unknown"
        assert len({value.label for value in kind}) == len(kind), kind


def test_whole_numbers_may_be_written_with_a_point():
    assert Scenario(documents=12.0).inputs()["documents"] == 12
    assert isinstance(Scenario(documents=12.0).documents, int)
    assert Scenario(answers_per_day=3).answers_per_day == 3.0


WRONG = [
    ({"tenants": 0}, "tenants is 0: it must be a number from 1"),
    ({"documents": -1}, "documents is -1: it must be a number from 0"),
    ({"documents": 1.5}, "documents is 1.5: it must be a whole number"),
    ({"documents": True}, "documents is True"),
    ({"documents": "many"}, "documents is 'many'"),
    ({"documents": 10**400}, "documents is 1000"),
    ({"answers_per_day": float("nan")}, "answers_per_day is nan"),
    ({"answers_per_day": float("inf")}, "answers_per_day is inf"),
    ({"latency_limit_seconds": 0}, "latency_limit_seconds is 0: give a number above 0"),
    ({"style": "critcal"}, "style is 'critcal': it must be one of critical, useful, not_needed, unknown"),
    ({"style": False}, "style is False: it must be one of"),
    ({"style": ["critical"]}, "style is .'critical'.: it must be one of"),
    ({"offline": "yes"}, "offline is 'yes': it must be true, false or unknown"),
    ({"offline": 1}, "offline is 1: it must be true, false or unknown"),
    ({"change_freqency": "daily"}, "no field 'change_freqency': did you mean 'change_frequency'?"),
    ({"colour": "blue"}, "no field 'colour': the fields are change_frequency, "),
    ({7: "blue"}, "no field 7"),
    ({"knowledge": "static", "change_frequency": "daily"}, "knowledge is 'static' and change_frequency is 'daily'"),
    ({"knowledge": "static", "change_frequency": "weekly"}, "cannot stand still and change so often"),
    ({"knowledge": "dynamic", "change_frequency": "never"}, "cannot move and never change"),
    ({"knowledge": "mixed", "change_frequency": "never"}, "knowledge is 'mixed' and change_frequency is 'never'"),
]


@pytest.mark.parametrize(("inputs", "message"), WRONG, ids=[message for _, message in WRONG])
def test_what_cannot_be_is_refused_in_one_sentence_that_names_the_field(inputs, message):
    with pytest.raises(ValueError, match=message) as told:
        Scenario.from_mapping(inputs)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("inputs", [None, [], "daily", 3])
def test_what_is_no_mapping_is_refused(inputs):
    with pytest.raises(ValueError, match="A scenario is a mapping of fields to values"):
        Scenario.from_mapping(inputs)


def test_slow_change_does_not_contradict_knowledge_that_stands_still():
    assert Scenario(knowledge="static", change_frequency="monthly").knowledge == "static"
    assert Scenario(knowledge="dynamic", change_frequency="yearly").knowledge == "dynamic"
