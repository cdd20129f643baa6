"""Confidence intervals and significance against textbook values and values worked out by hand."""

import math

import numpy as np
import pytest

from utils import evaluation
from utils.evaluation import intervals

NOTHING = float("nan")


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),  # Newcombe 1998, Statistics in Medicine 17, Table I, method 3
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_against_newcombes_table(right, n, low, high):
    assert evaluation.interval([1] * right + [0] * (n - right)) == pytest.approx((low, high), abs=5e-5)


def test_the_interval_of_other_numbers_is_a_bootstrap_of_the_mean():
    values = np.random.default_rng(3).normal(10, 2, 400)
    low, high = evaluation.interval(values)
    half = 1.96 * values.std() / 20  # what the normal approximation gives
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.03)
    assert evaluation.interval(values) == (low, high)
    assert evaluation.interval([*values, NOTHING]) == (low, high)
    narrow = evaluation.interval(values, confidence=0.5)
    assert low < narrow[0] < narrow[1] < high
    assert evaluation.interval([0.3]) == (0.3, 0.3)
    assert all(map(math.isnan, evaluation.interval([]) + evaluation.interval([NOTHING])))


def test_the_paired_difference_covers_the_truth_about_as_often_as_it_says(monkeypatch):
    monkeypatch.setattr(intervals, "RESAMPLES", 1000)
    rng, covered = np.random.default_rng(5), 0
    for _ in range(40):
        hard = rng.normal(0, 5, 60)  # what both systems share
        mean, low, high = evaluation.paired_difference(hard + 0.5 + rng.normal(0, 1, 60), hard)
        assert low <= mean <= high
        assert high - low < 1  # the shared part cancels: unpaired it would be about 3.6
        covered += low <= 0.5 <= high
    assert covered >= 33  # 38 expected; fewer than 33 would have a chance below 1 in 1,000


def test_a_difference_is_of_the_same_questions():
    with pytest.raises(ValueError, match="Systems answered 1 and 2 questions: compare them on the same ones"):
        evaluation.paired_difference([1], [1, 0])


def test_the_interval_of_a_median_holds_it_and_narrows_with_more_values():
    draw = np.random.default_rng(0)
    few, many = draw.normal(2, 1, 20), draw.normal(2, 1, 400)
    for values in (few, many):
        low, high = evaluation.median_interval(values)
        assert low <= np.median(values) <= high
    assert np.diff(evaluation.median_interval(many)) < np.diff(evaluation.median_interval(few))
    again = evaluation.median_interval(few)
    assert evaluation.median_interval(few) == again, "the same values must give the same interval"


def test_mcnemar_by_hand():
    left = [True] * 10 + [True] * 1 + [False] * 5
    right = [True] * 10 + [False] * 1 + [True] * 5
    assert evaluation.mcnemar(left, right) == pytest.approx(2 * (1 + 6) / 2**6)  # 1 against 5 of 6 coins
    assert evaluation.mcnemar(left, left) == evaluation.mcnemar([], []) == 1


def test_holm_by_hand():
    assert evaluation.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])  # 3 x 0.01, 2 x 0.03, then no less
    assert evaluation.holm([0.5, 0.9]) == [1.0, 1.0]
    assert evaluation.holm([]) == []


OTHERS = np.random.default_rng(4).normal(3, 1, 60)
RIGHT = (np.random.default_rng(7).random(60) < 0.8).astype(float)


@pytest.mark.parametrize("values", [OTHERS, RIGHT, np.zeros(12), np.ones(12)], ids=["numbers", "0/1", "none", "all"])
def test_groups_of_one_value_each_change_nothing(values):
    names = [f"fact {number}" for number in range(len(values))]
    assert evaluation.interval(values, names) == pytest.approx(evaluation.interval(values))
    again = evaluation.paired_difference(values, values[::-1], names)
    assert again == pytest.approx(evaluation.paired_difference(values, values[::-1]))
    left, right = values > 0.5, values[::-1] > 0.5
    assert evaluation.mcnemar(left, right, names) == evaluation.mcnemar(left, right)


@pytest.mark.parametrize("values", [OTHERS, RIGHT, np.zeros(12), np.ones(12)], ids=["numbers", "0/1", "none", "all"])
def test_cases_that_stand_twice_do_not_narrow_an_interval(values):
    twice, groups = np.tile(values, 2), np.tile(np.arange(len(values)), 2)
    assert evaluation.interval(twice, groups) == pytest.approx(evaluation.interval(values))
    gap = evaluation.paired_difference(twice, twice[::-1], groups)
    assert gap == pytest.approx(evaluation.paired_difference(values, values[::-1]))
    assert evaluation.mcnemar(twice > 0.5, twice < 0.5, groups) == evaluation.mcnemar(values > 0.5, values < 0.5)
    if values.std():
        assert np.diff(evaluation.interval(twice)) < 0.8 * np.diff(evaluation.interval(twice, groups))


def test_an_interval_over_groups_covers_the_truth_about_as_often_as_it_says():
    rng, covered, naive = np.random.default_rng(11), 0, 0
    groups = np.repeat(np.arange(40), 6)
    for _ in range(200):
        values = (rng.random(240) < np.repeat(rng.beta(2, 1, 40), 6)).astype(float)  # 2 of 3 right, fact by fact
        for name, labels in (("groups", groups), ("none", None)):
            low, high = evaluation.interval(values, labels)
            covered += name == "groups" and low <= 2 / 3 <= high
            naive += name == "none" and low <= 2 / 3 <= high
    assert covered >= 180  # 190 expected
    assert naive < covered


def test_a_group_of_which_all_values_are_missing_does_not_count():
    values, groups = [0.2, NOTHING, 0.9, 0.4], ["a", "b", "c", "c"]
    assert evaluation.interval(values, groups) == evaluation.interval([0.2, 0.9, 0.4], ["a", "c", "c"])
    assert all(map(math.isnan, evaluation.interval([NOTHING], ["a"])))


def test_every_value_needs_its_group():
    with pytest.raises(ValueError, match="3 values and 2 groups"):
        evaluation.interval([1, 0, 1], ["a", "b"])
    with pytest.raises(ValueError, match="2 values and 3 groups"):
        evaluation.paired_difference([1, 0], [0, 0], ["a", "b", "c"])
