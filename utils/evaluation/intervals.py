"""Confidence intervals, paired differences and significance."""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from utils.settings import SEED

RESAMPLES = 10_000
DRAWN = 1_000_000  # places drawn at once: some megabytes
MEDIAN_RESAMPLES = 2_000  # medians are slow to resample


def interval(
    values: Sequence[float], groups: Sequence | None = None, confidence: float = 0.95, seed: int = SEED
) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean; for 0/1 values Wilson's, which stays honest at 0 and 100 %.

    ``groups``: one label per value, a fact or a document; values of one group depend on each other and are resampled
    together (cluster bootstrap). 0/1 values then get Wilson's interval for the number of independent cases that vary
    as much as the groups do, at 0 and 100 % for the number of groups. Values that are not a number are left out; an
    empty sequence gives (nan, nan). Raises ValueError unless there is a label for every value.
    """
    values, groups = _known(values, groups)
    if not len(values):
        return float("nan"), float("nan")
    if set(np.unique(values)) <= {0.0, 1.0}:
        if groups is not None:
            return _wilson(float(values.mean()), _independent_cases(values, groups), confidence)
        found = stats.binomtest(int(values.sum()), len(values)).proportion_ci(confidence, method="wilson")
        return float(found.low), float(found.high)
    means = _resampled_means(values, groups, seed)
    return tuple(float(q) for q in np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2]))


def independent(values: Sequence[float], groups: Sequence | None = None) -> int:
    """How many independent cases these are: groups, or without groups values, that are a number."""
    values, groups = _known(values, groups)
    return len(values) if groups is None else len(np.unique(groups))


def _known(values: Sequence[float], groups: Sequence | None) -> tuple[np.ndarray, np.ndarray | None]:
    """The values that are a number and the numbers of their groups, counted in the order of their first values."""
    values = np.asarray(values, dtype=float)
    known = ~np.isnan(values)
    if groups is None:
        return values[known], None
    if len(groups) != len(values):
        raise ValueError(f"There are {len(values)} values and {len(groups)} groups: give every value its group.")
    kept = [group for group, there in zip(groups, known, strict=True) if there]
    place = {group: number for number, group in enumerate(dict.fromkeys(kept))}
    return values[known], np.array([place[group] for group in kept], dtype=int)


def _resampled_means(values: np.ndarray, groups: np.ndarray | None, seed: int) -> np.ndarray:
    """The mean of every resample, drawn many at a time: one by one takes several times as long."""
    rng = np.random.default_rng(seed)
    sums, sizes = values, np.ones_like(values)
    if groups is not None:
        sums, sizes = np.bincount(groups, values), np.bincount(groups)
    at_once, means = max(1, DRAWN // len(sums)), []
    for begun in range(0, RESAMPLES, at_once):
        places = rng.integers(0, len(sums), (min(at_once, RESAMPLES - begun), len(sums)))
        means.append(sums[places].sum(axis=1) / sizes[places].sum(axis=1))
    return np.concatenate(means)


def _independent_cases(values: np.ndarray, groups: np.ndarray) -> float:
    """How many independent 0/1 values have a mean that varies as much as that of these groups (Kish's effective size).

    Never more than there are values; where all values are equal, nothing varies and every group counts once.
    """
    share, sums, sizes = values.mean(), np.bincount(groups, values), np.bincount(groups)
    if share in (0.0, 1.0):
        return float(len(sums))
    variance = ((sums - share * sizes) ** 2).sum() / len(values) ** 2
    alone = share * (1 - share)
    return float(len(values)) if variance * len(values) <= alone else float(alone / variance)


def _wilson(share: float, n: float, confidence: float) -> tuple[float, float]:
    z = float(stats.norm.ppf((1 + confidence) / 2))
    middle, half = share + z * z / (2 * n), z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = ((middle + side * half) / (1 + z * z / n) for side in (-1, 1))
    return max(0.0, float(low)), min(1.0, float(high))


def paired_difference(
    left: Sequence[float],
    right: Sequence[float],
    groups: Sequence | None = None,
    confidence: float = 0.95,
    seed: int = SEED,
) -> tuple[float, float, float]:
    """Mean of left - right over the same questions, with its paired bootstrap interval: (mean, low, high).

    ``groups`` as for ``interval``. Questions for which either is not a number are left out; where none is left, neither
    is the difference a number. Raises ValueError for unequal lengths.
    """
    if len(left) != len(right):
        raise ValueError(f"Systems answered {len(left)} and {len(right)} questions: compare them on the same ones.")
    gaps, groups = _known(np.asarray(left, dtype=float) - np.asarray(right, dtype=float), groups)
    if not len(gaps):
        return (float("nan"),) * 3
    low, high = np.quantile(_resampled_means(gaps, groups, seed), [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(gaps.mean()), float(low), float(high)


def median_interval(values: Sequence[float], seed: int = SEED) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the median."""
    values = np.asarray(values, dtype=float)
    drawn = np.random.default_rng(seed).integers(0, len(values), (MEDIAN_RESAMPLES, len(values)))
    low, high = np.quantile(np.median(values[drawn], axis=1), [0.025, 0.975])
    return float(low), float(high)


def mcnemar(left: Sequence[bool], right: Sequence[bool], groups: Sequence | None = None) -> float:
    """Exact two-sided McNemar p-value: could the questions on which two systems disagree fall like coin tosses?

    With ``groups`` every group tosses one coin: it goes to the system that is right more often in it.
    """
    gaps, groups = _known(np.asarray(left, dtype=float) - np.asarray(right, dtype=float), groups)
    gaps = gaps if groups is None else np.bincount(groups, gaps)
    only_left, only_right = int((gaps > 0).sum()), int((gaps < 0).sum())
    return float(stats.binomtest(only_left, only_left + only_right).pvalue) if only_left + only_right else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's correction for several comparisons: adjusted p-values in the order given."""
    order, adjusted, highest = np.argsort(p_values), [0.0] * len(p_values), 0.0
    for place, number in enumerate(order):
        highest = max(highest, min(1.0, p_values[number] * (len(p_values) - place)))
        adjusted[number] = float(highest)
    return adjusted
