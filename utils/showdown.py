"""The picture of the series: five ways side by side, from the committed results. ``python -m utils.showdown`` writes
``docs/showdown.png`` and prints the table for README.md."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import pandas as pd
from matplotlib.figure import Figure

from utils import arms, costs, figures, latency, measured, panels, studies
from utils.settings import ROOT

ANSWERS, UPDATES = 100, 1  # a day, a month: the volume of the last panel
ONE_DOCUMENT = ("static", "changed", "never trained")  # kinds of question with one right source


class Way(NamedTuple):
    """A way to answer, by its names: reader and context in the grid, arm of the times, way of the tickets, approach of
    the cost model."""

    reader: str
    context: str
    arm: str
    tickets: str
    approach: str


WAYS = {
    "base": Way("base", "none", "closed book", "prompt", "base"),
    "prompted": Way("base, few-shot", "none", "closed book, few-shot", "few-shot", "prompting"),
    "fine-tuned": Way("closed-book tuned", "none", arms.MERGED, "fine-tuned", "fine_tuning"),
    "RAG": Way("base, few-shot", "retrieved", arms.SHARED, "retrieved examples", "rag"),
    "hybrid": Way("open-book tuned", "retrieved", arms.READER, "both", "fine_tuned_rag"),
}
COLOURS = (figures.GREY, figures.PURPLE, figures.ORANGE, figures.BLUE, figures.GREEN)
UNITS = {"to the first token": "{:.2f} s", "to the end": "{:.2f} s", "machine a month": "{:.1f} ct"}


def tables() -> dict[str, pd.DataFrame]:
    """A table a panel: a row a way, with ``right`` (the value), ``low`` and ``high`` (its 95 % interval).

    Costs have no interval. All from ``data/results/`` and ``data/prices.yaml``.
    """
    cells = studies.load("grid")["rows"]
    lines = {row["way"]: row for row in studies.load("ticket_arms")["rows"]}
    timed = latency.table(list(measured.times().values()))
    made = {
        "taught facts right": {name: _cell(cells, way, "static", "r") for name, way in WAYS.items()},
        "changed facts right": {name: _cell(cells, way, "changed", "r") for name, way in WAYS.items()},
        "changed: the old answer": {name: _cell(cells, way, "changed", "s") for name, way in WAYS.items()},
        "right source named": {name: named(cells, way) for name, way in WAYS.items()},
        "ticket in valid form": {name: panels.span([lines[way.tickets]["valid"]]) for name, way in WAYS.items()},
        "ticket all right": {name: panels.span([lines[way.tickets]["all fields"]]) for name, way in WAYS.items()},
        "to the first token": {name: _median(timed, way, "first") for name, way in WAYS.items()},
        "to the end": {name: _median(timed, way, "end") for name, way in WAYS.items()},
        "machine a month": {name: {"right": 100 * euros} for name, euros in month().items()},
    }
    return {title: pd.DataFrame(rows).T for title, rows in made.items()}


def _cell(cells: list[dict], way: Way, kind: str, letter: str) -> dict[str, float]:
    return panels.span(panels.runs(cells, way.reader, way.context, [kind], letter))


def _median(timed: pd.DataFrame, way: Way, part: str) -> dict[str, float]:
    return dict(
        zip(("right", "low", "high"), timed.loc[way.arm, [f"{part} {w}" for w in ("p50", "low", "high")]], strict=True)
    )


def named(cells: list[dict], way: Way) -> dict[str, float]:
    """Share of answers that name the right source, over the kinds that have one; nothing retrieved, nothing named."""
    rows = [r for r in cells if (r["arm"], r["context"]) == (way.reader, way.context) and r["kind"] in ONE_DOCUMENT]
    seeds, n = len({row["seed"] for row in rows}), sum(row["n"] for row in rows)
    return panels.share(sum(row["n"] * (row["citation recall"] or 0.0) for row in rows) / n, n // seeds)


def month() -> dict[str, float]:
    """Euros a month of an own machine for every way, at ``ANSWERS`` a day and ``UPDATES`` a month."""
    load = measured.workload(ANSWERS, UPDATES)
    plain = costs.Load(**measured.load(measured.times()["closed book"]))
    found = costs.per_month(replace(load, loads={**load.loads, "base": plain}), costs.load_prices())
    return {name: found[way.approach] for name, way in WAYS.items()}


def figure(shown: Mapping[str, pd.DataFrame]) -> Figure:
    """Nine panels of bars from ``tables``."""
    return panels.bars(shown, COLOURS, units=UNITS)


def written(shown: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """``tables`` in words: a row a way, a column a panel, intervals in brackets."""
    return pd.DataFrame(
        {title: [_words(row, UNITS.get(title)) for _, row in t.iterrows()] for title, t in shown.items()}, list(WAYS)
    )


def _words(row: Mapping, unit: str | None) -> str:
    value = (unit or "{:.0%}").format(row["right"])
    return value if unit else f"{value} ({row['low']:.0%} to {row['high']:.0%})"


def readme_table() -> str:
    """The Markdown table that stands in README.md."""
    words = written(tables())
    rows = [f"| **{name}** | {' | '.join(row)} |" for name, row in zip(words.index, words.to_numpy(), strict=True)]
    return "\n".join([f"| | {' | '.join(words)} |", "|---" * (len(words.columns) + 1) + "|", *rows])


def main() -> None:
    """Write the picture, print the table."""
    figure(tables()).savefig(ROOT / "docs" / "showdown.png", dpi=144)
    print(readme_table())


if __name__ == "__main__":
    main()
