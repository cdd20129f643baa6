"""The picture of the series: five systems side by side, from the committed results.

``python -m utils.deciding.showdown`` writes ``docs/showdown.png`` and prints the table for README.md.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import pandas as pd
from matplotlib.figure import Figure

from utils import figures
from utils.deciding import costs, measured_costs
from utils.evaluation import outcomes, results
from utils.rag import timing
from utils.settings import ROOT
from utils.studies import response_times

ANSWERS, UPDATES = 100, 1  # a day, a month: the volume of the last panel
ONE_DOCUMENT = ("static", "changed", "never trained")  # kinds of question with one right source


class System(NamedTuple):
    """A system by its names: reader and context in the grid, its rows of times and of tickets, its approach in the cost
    model."""

    reader: str
    context: str
    timed: str
    tickets: str
    approach: str


SYSTEMS = {
    "base": System("base", "none", "closed book", "prompt", "base"),
    "prompted": System("base, few-shot", "none", "closed book, few-shot", "few-shot", "prompting"),
    "fine-tuned": System("fine-tuned on facts", "none", response_times.MERGED, "fine-tuned", "fine_tuning"),
    "RAG": System("base, few-shot", "retrieved", response_times.SHARED, "retrieved examples", "rag"),
    "hybrid": System("RAFT reader", "retrieved", response_times.READER, "both", "fine_tuned_rag"),
}
COLOURS = (figures.GREY, figures.PURPLE, figures.ORANGE, figures.BLUE, figures.GREEN)
UNITS = {"to the first token": "{:.2f} s", "to the end": "{:.2f} s", "machine a month": "{:.1f} ct"}


def tables() -> dict[str, pd.DataFrame]:
    """One table per panel: one row per system, with ``right`` (the value), ``low`` and ``high`` (its 95 % interval).

    Costs have no interval. All from ``data/results/`` and ``data/prices.yaml``.
    """
    cells = results.load("grid")["rows"]
    lines = {row["system"]: row for row in results.load("ticket_systems")["rows"]}
    timed = timing.table(list(measured_costs.times().values()))
    made = {
        "taught facts right": {name: _cell(cells, system, "static", "r") for name, system in SYSTEMS.items()},
        "changed facts right": {name: _cell(cells, system, "changed", "r") for name, system in SYSTEMS.items()},
        "changed: the old answer": {name: _cell(cells, system, "changed", "s") for name, system in SYSTEMS.items()},
        "right source named": {name: source_named(cells, system) for name, system in SYSTEMS.items()},
        "ticket in valid form": {
            name: outcomes.mean_and_interval([lines[system.tickets]["valid"]]) for name, system in SYSTEMS.items()
        },
        "ticket all right": {
            name: outcomes.mean_and_interval([lines[system.tickets]["all fields"]]) for name, system in SYSTEMS.items()
        },
        "to the first token": {name: _median(timed, system, "first") for name, system in SYSTEMS.items()},
        "to the end": {name: _median(timed, system, "end") for name, system in SYSTEMS.items()},
        "machine a month": {name: {"right": 100 * euros} for name, euros in month().items()},
    }
    return {title: pd.DataFrame(rows).T for title, rows in made.items()}


def _cell(cells: list[dict], system: System, kind: str, letter: str) -> dict[str, float]:
    return outcomes.mean_and_interval(outcomes.runs(cells, system.reader, system.context, [kind], letter))


def _median(timed: pd.DataFrame, system: System, part: str) -> dict[str, float]:
    return dict(
        zip(
            ("right", "low", "high"),
            timed.loc[system.timed, [f"{part} {w}" for w in ("p50", "low", "high")]],
            strict=True,
        )
    )


def source_named(cells: list[dict], system: System) -> dict[str, float]:
    """Share of answers that name the right source, over the kinds that have one; nothing retrieved, nothing named."""
    own = [row for row in cells if (row["system"], row["context"]) == (system.reader, system.context)]
    rows = [row for row in own if row["kind"] in ONE_DOCUMENT]
    seeds, n = len({row["seed"] for row in rows}), sum(row["n"] for row in rows)
    return outcomes.share_and_interval(sum(row["n"] * (row["citation recall"] or 0.0) for row in rows) / n, n // seeds)


def month() -> dict[str, float]:
    """Euros a month of an own machine for every system, at ``ANSWERS`` a day and ``UPDATES`` a month."""
    load = measured_costs.workload(ANSWERS, UPDATES)
    plain = costs.Load(**measured_costs.load(measured_costs.times()["closed book"]))
    prices = costs.load_prices()
    found = costs.per_month(load, prices)
    found["base"] = costs.per_month(replace(load, loads={"prompting": plain}), prices)["prompting"]
    return {name: found[system.approach] for name, system in SYSTEMS.items()}


def figure(shown: Mapping[str, pd.DataFrame]) -> Figure:
    """Nine panels of bars from ``tables``."""
    return figures.panels(shown, COLOURS, units=UNITS)


def written(shown: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """``tables`` in words: one row per system, one column per panel, intervals in brackets."""
    return pd.DataFrame(
        {title: [_words(row, UNITS.get(title)) for _, row in t.iterrows()] for title, t in shown.items()}, list(SYSTEMS)
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
