"""Outcomes as the studies store them: runs by seed, shares and intervals of their cells."""

import pytest

from utils import evaluation
from utils.evaluation import outcomes

ROWS = [
    {"seed": seed, "system": system, "context": context, "kind": kind, "n": len(letters), "outcomes": letters}
    for seed, system, context, kind, letters in (
        (11, "base", "none", "static", "wwww"),
        (11, "base", "none", "changed", "rw"),
        (12, "tuned", "none", "static", "rrww"),
        (12, "tuned", "none", "changed", "ss"),
        (11, "tuned", "none", "changed", "sa"),
        (11, "tuned", "none", "static", "rwaw"),
    )
]


def test_runs_come_by_seed_with_the_questions_in_the_order_of_the_kinds():
    assert outcomes.runs(ROWS, "tuned", "none", ["static", "changed"]) == [[1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0]]
    assert outcomes.runs(ROWS, "tuned", "none", ["changed", "static"], "sa") == [[1, 1, 0, 0, 1, 0], [1, 1, 0, 0, 0, 0]]
    assert outcomes.runs(ROWS, "base", "none", ["changed"]) == [[1, 0]]


@pytest.mark.parametrize(
    "cell", [("tuned", "oracle", ["static"]), ("other", "none", ["static"]), ("base", "none", ["x"])]
)
def test_a_cell_that_is_not_there_is_refused(cell):
    with pytest.raises(ValueError, match="hold no cell"):
        outcomes.runs(ROWS, *cell)


def test_shares_are_means_of_every_seed():
    found = outcomes.cell_shares(ROWS, ["static", "changed"], ["none"])
    assert list(found) == [("base", "none"), ("tuned", "none")]
    assert found["base", "none"] == [pytest.approx(1 / 6)]
    assert found["tuned", "none"] == [pytest.approx(1 / 6), pytest.approx(2 / 6)]


def test_a_mean_is_over_seeds_and_its_interval_over_questions():
    found = outcomes.mean_and_interval([[1, 0, 0, 0], [1, 1, 0, 0]])
    assert found["right"] == pytest.approx(3 / 8)
    assert (found["low"], found["high"]) == evaluation.interval([1, 0.5, 0, 0])
    grouped = outcomes.mean_and_interval([[1, 0, 0, 0], [1, 1, 0, 0]], ["a", "a", "b", "b"])
    assert (grouped["low"], grouped["high"]) == evaluation.interval([1, 0.5, 0, 0], ["a", "a", "b", "b"])
    alone = outcomes.mean_and_interval([[1, 0]])
    assert (alone["low"], alone["high"]) == evaluation.interval([1, 0])


def test_a_share_that_is_known_alone_has_the_interval_of_so_many_right():
    assert outcomes.share_and_interval(0.75, 4) == outcomes.mean_and_interval([[1, 1, 1, 0]])
    assert outcomes.share_and_interval(0.0, 10) == {
        "right": 0.0,
        **dict(zip(("low", "high"), evaluation.interval([0] * 10), strict=True)),
    }


def test_a_group_counts_once():
    assert outcomes.mean_by_group([1.0, 0.0, 1.0, 0.5], ["b", "a", "b", "a"]) == [1.0, 0.25]
    assert outcomes.mean_by_group([1.0, 0.0]) == [1.0, 0.0]
