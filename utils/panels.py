"""What the grid found: the runs of a cell, their share with an interval, cells as a heat map or as panels of bars."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from utils import evaluation, figures


def runs(
    rows: Sequence[Mapping], arm: str, context: str, kinds: Sequence[str], letters: str = "r"
) -> list[list[float]]:
    """For every seed: 1 or 0 for every question of these kinds, whether its outcome is one of the letters.

    ``rows`` as ``grid.rows`` makes them, with seed, arm and context. Raises ValueError for a cell that is not there.
    """
    found: dict[int, str] = {}
    for kind in kinds:
        cells = [row for row in rows if (row["arm"], row["context"], row["kind"]) == (arm, context, kind)]
        if not cells:
            raise ValueError(f"The rows hold no cell {arm!r}, {context!r}, {kind!r}: see grid.CONTEXTS and grid.KINDS.")
        for row in cells:
            found[row["seed"]] = found.get(row["seed"], "") + row["outcomes"]
    return [[float(letter in letters) for letter in found[seed]] for seed in sorted(found)]


def shares(
    rows: Sequence[Mapping], kinds: Sequence[str], contexts: Sequence[str], letters: str = "r"
) -> dict[tuple[str, str], list[float]]:
    """(arm, context) -> for every seed the share of these kinds with such an outcome; arms in the order of the rows."""
    arms = dict.fromkeys(row["arm"] for row in rows)
    cells = ((arm, context) for arm in arms for context in contexts)
    return {cell: [float(np.mean(run)) for run in runs(rows, *cell, kinds, letters)] for cell in cells}


def span(several: Sequence[Sequence[float]]) -> dict[str, float]:
    """The mean over seeds and questions as ``right``, and its 95 % interval over questions as ``low`` and ``high``."""
    values = np.mean(several, axis=0)
    return dict(zip(("right", "low", "high"), (float(values.mean()), *evaluation.interval(values)), strict=True))


def share(value: float, n: int) -> dict[str, float]:
    """``span`` for a share of n cases of which only the share is known: the interval of so many right ones."""
    low, high = evaluation.interval(np.arange(n) < round(value * n))
    return {"right": value, "low": low, "high": high}


def by_group(values: Sequence[float], groups: Sequence[str] | None = None) -> list[float]:
    """The mean of every group of values, in the order of their first ones; the values themselves without groups.

    The same question put to five clinics is not five independent cases: grouped by its wording it counts once.
    """
    return list(values) if groups is None else pd.Series(values).groupby(list(groups), sort=False).mean().tolist()


def heat(panels: Mapping[str, Mapping[tuple[str, str], Sequence[float]]]) -> Figure:
    """Heat maps side by side: title -> {(arm, context): shares of its seeds}; the range of several is shown."""
    columns = [len({context for _, context in cells}) for cells in panels.values()]
    figure, plots = figures.canvas(7.5, 3.0, ncols=len(panels), width_ratios=columns, squeeze=False)
    for number, (axes, (title, cells)) in enumerate(zip(plots.flat, panels.items(), strict=True)):
        arms, contexts = (list(dict.fromkeys(key[part] for key in cells)) for part in (0, 1))
        means = np.array([[np.mean(cells[arm, context]) for context in contexts] for arm in arms])
        axes.imshow(means, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        for (row, column), mean in np.ndenumerate(means):
            seeds = cells[arms[row], contexts[column]]
            text = f"{mean:.0%}" + (f"\n{min(seeds):.0%} to {max(seeds):.0%}" if len(seeds) > 1 else "")
            ink = "white" if mean > 0.55 else figures.INK
            axes.text(column, row, text, ha="center", va="center", color=ink, fontsize=9)
        axes.set_xticks(range(len(contexts)), contexts)
        axes.set_yticks(range(len(arms)), [] if number else arms)
        axes.grid(visible=False)
        axes.set_title(title, fontsize=10.5)
    return figure


def bars(
    tables: Mapping[str, pd.DataFrame],
    colours: Sequence[str] = figures.PALETTE,
    columns: int = 3,
    units: Mapping[str, str] | None = None,
) -> Figure:
    """Panels of horizontal bars, one a table: its index names the bars, ``right`` is a share, ``low`` and ``high`` its
    interval; where these are missing none is drawn, and where ``right`` is not a number there is no bar.

    ``units``: for panels that show no share, title -> how to write a value, such as "{:.1f} s"; each has its own axis.
    """
    rows, units = -(-len(tables) // columns), units or {}
    figure, plots = figures.canvas(7.5, 0.6 + 1.9 * rows, nrows=rows, ncols=columns, sharex=not units, squeeze=False)
    for place, (axes, (title, table)) in enumerate(zip(plots.flat, tables.items(), strict=False)):
        shares = table["right"].fillna(0)
        axes.barh(range(len(table)), shares, color=list(colours[: len(table)]), height=0.7)
        highs, unit = shares, units.get(title, "{:.0%}")
        if "low" in table:
            errors = np.clip([shares - table["low"], table["high"] - shares], 0, None)
            axes.errorbar(shares, range(len(table)), xerr=errors, fmt="none", ecolor=figures.INK, elinewidth=1.1)
            highs = table["high"]
        most = float(np.nanmax([1e-9, *shares, *highs])) if title in units else 1.0
        for row, (share, high) in enumerate(zip(table["right"], highs, strict=True)):
            if not np.isnan(share):
                axes.text(np.nanmax([share, high]) + 0.02 * most, row, unit.format(share), va="center", fontsize=9)
        axes.set_yticks(range(len(table)), [] if place % columns else table.index)
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.set_title(title, fontsize=10.5)
        if title in units:
            axes.set(xlim=(0, 1.45 * most), xticks=[])
        else:
            figures.percent_axis(axes.xaxis, 1.15)
            axes.set_xticks([0, 0.5, 1])
    for axes in plots.flat[len(tables) :]:
        axes.set_axis_off()
    return figure
