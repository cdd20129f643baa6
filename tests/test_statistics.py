"""Intervals and tests of ``utils.evaluation`` against textbook values and values worked out by hand."""

import math

import numpy as np
import pytest

from utils import evaluation as ev

NOTHING = float("nan")


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),  # Newcombe 1998, Statistics in Medicine 17, Table I, method 3
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_against_newcombes_table(right, n, low, high):
    assert ev.interval([1] * right + [0] * (n - right)) == pytest.approx((low, high), abs=5e-5)


def test_the_interval_of_other_numbers_is_a_bootstrap_of_the_mean():
    values = np.random.default_rng(3).normal(10, 2, 400)
    low, high = ev.interval(values)
    half = 1.96 * values.std() / 20  # what the normal approximation gives
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.03)
    assert ev.interval(values) == (low, high)
    assert ev.interval([*values, NOTHING]) == (low, high)
    narrow = ev.interval(values, confidence=0.5)
    assert low < narrow[0] < narrow[1] < high
    assert ev.interval([0.3]) == (0.3, 0.3)
    assert all(map(math.isnan, ev.interval([]) + ev.interval([NOTHING])))


def test_the_paired_difference_covers_the_truth_about_as_often_as_it_says(monkeypatch):
    monkeypatch.setattr(ev, "RESAMPLES", 1000)
    rng, covered = np.random.default_rng(5), 0
    for _ in range(40):
        hard = rng.normal(0, 5, 60)  # what both arms share
        mean, low, high = ev.paired_difference(hard + 0.5 + rng.normal(0, 1, 60), hard)
        assert low <= mean <= high
        assert high - low < 1  # the shared part cancels: unpaired it would be about 3.6
        covered += low <= 0.5 <= high
    assert covered >= 33  # 38 expected; fewer than 33 would have a chance below 1 in 1,000


def test_mcnemar_by_hand():
    left = [True] * 10 + [True] * 1 + [False] * 5
    right = [True] * 10 + [False] * 1 + [True] * 5
    assert ev.mcnemar(left, right) == pytest.approx(2 * (1 + 6) / 2**6)  # 1 against 5 of 6 coins
    assert ev.mcnemar(left, left) == ev.mcnemar([], []) == 1


def test_holm_by_hand():
    assert ev.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])  # 3 x 0.01, 2 x 0.03, then no less
    assert ev.holm([0.5, 0.9]) == [1.0, 1.0]
    assert ev.holm([]) == []
