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
