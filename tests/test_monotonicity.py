"""What may never help or harm an approach, over any case: more need for sources never speaks for fine-tuning, ..."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from utils.choices import Choice
from utils.rules import APPROACHES
from utils.scenario import FIELDS, Scenario
from utils.scoring import LADDERS, UPDATES_PER_MONTH, score

ORDERS = {  # from least to most
    "change_frequency": list(UPDATES_PER_MONTH)[::-1],
    "citations": ["not_needed", "useful", "required"],
    "factual_accuracy": ["low", "moderate", "high", "critical"],
    "style": ["not_needed", "useful", "critical"],
    "training_budget": ["none", "small", "ample"],
    "growth": ["stable", "growing", "fast"],
    "deletion_duty": [False, True],
    **LADDERS,
}
RISES = [  # more of the field never lowers these approaches
    ("citations", ["rag", "fine_tuned_rag"]),
    ("change_frequency", ["rag"]),
    ("factual_accuracy", ["rag", "fine_tuned_rag"]),
    ("style", ["fine_tuning", "fine_tuned_rag"]),
    ("training_budget", ["fine_tuning", "fine_tuned_rag"]),
    ("labelled_examples", ["fine_tuning", "fine_tuned_rag"]),
    ("answers_per_day", ["fine_tuning"]),
    ("latency_limit_seconds", ["rag", "fine_tuned_rag"]),
    ("growth", ["rag"]),
    ("tenants", ["rag"]),
    ("deletion_duty", ["rag"]),
]
FALLS = [  # more of the field never raises these
    ("citations", ["fine_tuning", "prompting"]),
    ("change_frequency", ["fine_tuning"]),  # prompting may gain: trainings that cost more no longer speak against it
    ("factual_accuracy", ["fine_tuning"]),
    ("tenants", ["fine_tuning", "cached_prompt"]),
    ("documents", ["fine_tuning"]),
    ("growth", ["fine_tuning", "cached_prompt"]),
    ("deletion_duty", ["fine_tuning"]),
    ("latency_limit_seconds", ["fine_tuning"]),
]


def any_value(name):
    kind = FIELDS[name].kind
    if issubclass(kind, Choice):
        return st.sampled_from([value.value for value in kind])
    return st.sampled_from([None, True, False] if kind is bool else [None, *LADDERS[name]])


@st.composite
def cases(draw):
    inputs = {name: draw(any_value(name)) for name in FIELDS}
    if inputs["knowledge"] != "unknown" and draw(st.booleans()):
        inputs["knowledge"] = "unknown"
    return inputs


def ladder(inputs, name):
    """The scores of one case as one field climbs; what contradicts the rest is left out."""
    found = []
    for value in ORDERS[name]:
        try:
            found.append(score(Scenario(**inputs | {name: value})))
        except ValueError:
            continue
    assume(len(found) > 1)
    return found


def height(found, approach):
    return float("-inf") if approach in found.vetoed else found.points[approach]


@pytest.mark.parametrize(("name", "approaches"), RISES, ids=[name for name, _ in RISES])
@settings(deadline=None, max_examples=40)
@given(inputs=cases())
def test_more_never_lowers(name, approaches, inputs):
    found = ladder(inputs, name)
    for approach in approaches:
        heights = [height(each, approach) for each in found]
        assert heights == sorted(heights), approach


@pytest.mark.parametrize(("name", "approaches"), FALLS, ids=[name for name, _ in FALLS])
@settings(deadline=None, max_examples=40)
@given(inputs=cases())
def test_more_never_raises(name, approaches, inputs):
    found = ladder(inputs, name)
    for approach in approaches:
        heights = [height(each, approach) for each in found]
        assert heights == sorted(heights, reverse=True), approach


@pytest.mark.parametrize("name", ["citations", "change_frequency", "factual_accuracy", "tenants", "deletion_duty"])
@settings(deadline=None, max_examples=40)
@given(inputs=cases())
def test_once_rag_ranks_before_fine_tuning_more_of_it_never_turns_them_round(name, inputs):
    before = [
        "rag" in each.ranking
        and ("fine_tuning" not in each.ranking or each.ranking.index("rag") < each.ranking.index("fine_tuning"))
        for each in ladder(inputs, name)
    ]
    assert before == sorted(before)


@settings(deadline=None, max_examples=40)
@given(inputs=cases())
def test_the_ranking_is_by_points_the_simpler_first_without_what_is_vetoed(inputs):
    assume(not (inputs["knowledge"] in ("dynamic", "mixed") and inputs["change_frequency"] == "never"))
    assume(not (inputs["knowledge"] == "static" and inputs["change_frequency"] in ("daily", "weekly")))
    found = score(Scenario(**inputs))
    keys = [(-found.points[a], APPROACHES.index(a)) for a in found.ranking]
    assert keys == sorted(keys)
    assert set(found.ranking) | set(found.vetoed) == set(APPROACHES)
    assert not set(found.ranking) & set(found.vetoed)
    assert inputs["training_budget"] != "none" or not {"fine_tuning", "fine_tuned_rag"} & set(found.ranking)
