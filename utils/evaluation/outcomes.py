"""Outcomes of many questions, one letter each, as the studies store them: runs by seed, shares and their intervals."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from utils.evaluation.intervals import interval


def runs(
    rows: Sequence[Mapping], system: str, context: str, kinds: Sequence[str], letters: str = "r"
) -> list[list[float]]:
    """For every seed: 1 or 0 for every question of these kinds, whether its outcome is one of the letters.

    ``rows`` as ``handbook_questions.rows_by_kind`` makes them, with seed, system and context.
    Raises ValueError for a cell that is not there.
    """
    found: dict[int, str] = {}
    for kind in kinds:
        cells = [row for row in rows if (row["system"], row["context"], row["kind"]) == (system, context, kind)]
        if not cells:
            raise ValueError(f"The rows hold no cell {system!r}, {context!r}, {kind!r}: check the names.")
        for row in cells:
            found[row["seed"]] = found.get(row["seed"], "") + row["outcomes"]
    return [[float(letter in letters) for letter in found[seed]] for seed in sorted(found)]


def cell_shares(
    rows: Sequence[Mapping], kinds: Sequence[str], contexts: Sequence[str], letters: str = "r"
) -> dict[tuple[str, str], list[float]]:
    """(system, context) -> for every seed the share of these kinds with such an outcome; systems in the rows' order."""
    systems = dict.fromkeys(row["system"] for row in rows)
    cells = ((system, context) for system in systems for context in contexts)
    return {cell: [float(np.mean(run)) for run in runs(rows, *cell, kinds, letters)] for cell in cells}


def mean_and_interval(several: Sequence[Sequence[float]], groups: Sequence | None = None) -> dict[str, float]:
    """The mean over seeds and questions as ``right``, and its 95 % interval over questions as ``low`` and ``high``.

    ``groups``: one label per question, see ``interval``.
    """
    values = np.mean(several, axis=0)
    return dict(zip(("right", "low", "high"), (float(values.mean()), *interval(values, groups)), strict=True))


def share_and_interval(value: float, n: int) -> dict[str, float]:
    """``mean_and_interval`` where only the share of n cases is known: the interval of so many right ones."""
    low, high = interval(np.arange(n) < round(value * n))
    return {"right": value, "low": low, "high": high}


def mean_by_group(values: Sequence[float], groups: Sequence[str] | None = None) -> list[float]:
    """The mean of every group of values, in the order of their first ones; the values themselves without groups.

    The same question put to five clinics is not five independent cases: grouped by its wording it counts once.
    """
    return list(values) if groups is None else pd.Series(values).groupby(list(groups), sort=False).mean().tolist()
