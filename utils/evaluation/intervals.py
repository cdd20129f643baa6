"""Confidence intervals, paired differences and significance."""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from utils.settings import SEED

RESAMPLES = 10_000
MEDIAN_RESAMPLES = 2_000  # medians are slow to resample


def interval(values: Sequence[float], confidence: float = 0.95, seed: int = SEED) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean; for 0/1 values Wilson's, which stays honest at 0 and 100 %.

    Values that are not a number are left out; an empty sequence gives (nan, nan).
    """
    values = np.asarray(values, dtype=float)
    values = values[~np.isnan(values)]
    if not len(values):
        return float("nan"), float("nan")
    if set(np.unique(values)) <= {0.0, 1.0}:
        found = stats.binomtest(int(values.sum()), len(values)).proportion_ci(confidence, method="wilson")
        return float(found.low), float(found.high)
    means = _resampled_means(values, seed)
    return tuple(float(q) for q in np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2]))


def _resampled_means(values: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.array([values[rng.integers(0, len(values), len(values))].mean() for _ in range(RESAMPLES)])


def paired_difference(
    left: Sequence[float], right: Sequence[float], confidence: float = 0.95, seed: int = SEED
) -> tuple[float, float, float]:
    """Mean of left - right over the same questions, with its paired bootstrap interval: (mean, low, high).

    Questions for which either is not a number are left out; where none is left, neither is the difference a number.
    """
    if len(left) != len(right):
        raise ValueError(f"Systems answered {len(left)} and {len(right)} questions: compare them on the same ones.")
    gaps = np.asarray(left, dtype=float) - np.asarray(right, dtype=float)
    gaps = gaps[~np.isnan(gaps)]
    if not len(gaps):
        return (float("nan"),) * 3
    low, high = np.quantile(_resampled_means(gaps, seed), [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(gaps.mean()), float(low), float(high)


def median_interval(values: Sequence[float], seed: int = SEED) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the median."""
    values = np.asarray(values, dtype=float)
    drawn = np.random.default_rng(seed).integers(0, len(values), (MEDIAN_RESAMPLES, len(values)))
    low, high = np.quantile(np.median(values[drawn], axis=1), [0.025, 0.975])
    return float(low), float(high)


def mcnemar(left: Sequence[bool], right: Sequence[bool]) -> float:
    """Exact two-sided McNemar p-value: could the questions on which two systems disagree fall like coin tosses?"""
    only_left = sum(a and not b for a, b in zip(left, right, strict=True))
    only_right = sum(b and not a for a, b in zip(left, right, strict=True))
    return float(stats.binomtest(only_left, only_left + only_right).pvalue) if only_left + only_right else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's correction for several comparisons: adjusted p-values in the order given."""
    order, adjusted, highest = np.argsort(p_values), [0.0] * len(p_values), 0.0
    for place, number in enumerate(order):
        highest = max(highest, min(1.0, p_values[number] * (len(p_values) - place)))
        adjusted[number] = float(highest)
    return adjusted
