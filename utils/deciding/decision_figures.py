"""Pictures of the decision framework: its map, the points of a case, graded cases, what flips a decision."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure

from utils import figures
from utils.deciding.page import signed
from utils.deciding.points import score
from utils.deciding.rules import APPROACHES, Rulebook
from utils.deciding.scenario import Scenario

COLOURS = dict(
    zip(
        APPROACHES,
        (figures.GREY, figures.SKY, figures.BLUE, figures.PURPLE, figures.ORANGE, figures.GREEN),
        strict=True,
    )
)
SHADES = {"best": 0.65, "fine": 0.3, "weak": 0.0}


def decision_map(questions: Mapping[str, Mapping[str, dict]], book: Rulebook) -> Figure:
    """One row per question, one box per answer, at most three; each box says, and is coloured by, what the rules choose
    if they know the inputs of that answer and nothing else."""
    figure, axes = figures.canvas(7.5, 0.2 + 0.85 * len(questions))
    axes.set_axis_off()
    for row, (question, answers) in enumerate(questions.items()):
        low = 1 - (row + 0.83) / len(questions)
        figures.box(axes, 0.02, low, 0.2, 0.66 / len(questions), question, figures.INK, fontweight="bold")
        for place, (answer, inputs) in enumerate(answers.items()):
            pick = score(Scenario(**inputs), book).ranking[0]
            words = f"{answer}\n→ {book.name(pick)}"
            figures.box(axes, 0.28 + 0.245 * place, low, 0.205, 0.66 / len(questions), words, COLOURS[pick])
    axes.set(xlim=(0, 1), ylim=(0, 1))
    return figure


def points_grid(scenario: Scenario, book: Rulebook) -> Figure:
    """The rules that speak in a case, the points that each gives, and their sum; the choice is framed."""
    found = score(scenario, book)
    rules = [rule for rule in found.fired if rule.effect or rule.veto]
    values = [[rule.effect.get(a, 0) for a in APPROACHES] for rule in rules] + [[0] * len(APPROACHES)]
    words = [["veto" if a in rule.veto else signed(rule.effect.get(a, 0)) for a in APPROACHES] for rule in rules]
    words = [["" if word == "0" else word for word in line] for line in words]
    sums = ["out" if a in found.vetoed else signed(found.points[a]) for a in APPROACHES]
    chosen = [(len(rules), APPROACHES.index(found.ranking[0]))]
    names = [*(rule.id for rule in rules), "sum"]
    figure = grid(values, names, columns(book), [*words, sums], chosen, colours="PuOr_r", limits=(-6, 6))
    figure.axes[0].axhline(len(rules) - 0.5, color=figures.INK, linewidth=1.5)
    return figure


def graded_grid(cases: Sequence[Mapping], book: Rulebook) -> Figure:
    """Cases of ``data/scenarios.yaml`` against approaches: shaded by the grade, with the points; choices framed."""
    found = [score(Scenario(**case["inputs"]), book) for case in cases]
    shades = [[SHADES[grade(case, a)] for a in APPROACHES] for case in cases]
    words = [["out" if a in each.vetoed else signed(each.points[a]) for a in APPROACHES] for each in found]
    chosen = [(row, APPROACHES.index(each.ranking[0])) for row, each in enumerate(found)]
    return grid(shades, [case["id"] for case in cases], columns(book), words, chosen)


def shares_grid(table: pd.DataFrame) -> Figure:
    """A table of shares as shades; the number of cells above zero stands behind the name of each row."""
    names = [f"{name}: {count}" for name, count in table.gt(0).sum(axis=1).items()]
    return grid(table.to_numpy(), names, list(table.columns), colours="Blues")


def grade_bars(shares: Mapping[str, Sequence[float]], names: Sequence[str], xlabel: str) -> Figure:
    """A bar a case, split by grade: ``shares`` of "best", "fine" and "weak", which add up to 1 in each case."""
    figure, axes = figures.canvas(7.5, 1.0 + 0.24 * len(names))
    left = [0.0] * len(names)
    for name, colour in zip(SHADES, (figures.GREEN, figures.SKY, figures.RED), strict=True):
        axes.barh(names, shares[name], 0.75, left=left, color=colour, label=name)
        left = [a + b for a, b in zip(left, shares[name], strict=True)]
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", labelsize=9)
    figures.percent_axis(axes.xaxis)
    axes.set(xlabel=xlabel, ylim=(len(names) - 0.4, -0.6))
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    return figure


def grade(case: Mapping, approach: str) -> str:
    """What a person thought of an approach for a case: "best", "fine" or "weak"."""
    return next(name for name in SHADES if approach in case["grading"][name])


def columns(book: Rulebook) -> list[str]:
    """The names of the approaches, short and in two lines."""
    names = (book.name(approach).removeprefix("a ").removeprefix("the ") for approach in APPROACHES)
    return [name.replace(" ", "\n", 1) for name in names]


def grid(values, rows, names, words=None, framed=(), colours="Greens", limits=(0.0, 1.0)) -> Figure:
    """Cells shaded by ``values`` between ``limits``, with ``words`` in them; those in ``framed``, as (row, column),
    bold and in a frame. Without words the names of the columns stand upright under the grid."""
    upright = words is None
    figure, axes = figures.canvas(7.5, (1.9 if upright else 0.8) + 0.29 * len(rows))
    axes.imshow(values, cmap=colours, vmin=limits[0], vmax=limits[1], aspect="auto")
    frame = {"boxstyle": "round,pad=0.25", "facecolor": "none", "edgecolor": figures.INK}
    for row, line in enumerate(words or ()):
        for column, word in enumerate(line):
            strong = {"fontweight": "bold", "bbox": frame} if (row, column) in framed else {}
            axes.text(column, row, word, ha="center", va="center", fontsize=9.5, **strong)
    axes.set_yticks(range(len(rows)), rows, fontsize=9)
    axes.set_xticks(range(len(names)), names, fontsize=9, rotation=90 if upright else 0)
    axes.tick_params(length=0, top=not upright, labeltop=not upright, bottom=False, labelbottom=upright)
    axes.set_xticks([place - 0.5 for place in range(1, len(names))], minor=True)
    axes.set_yticks([place - 0.5 for place in range(1, len(rows))], minor=True)
    axes.grid(visible=False)
    axes.grid(visible=True, which="minor", color="white", linewidth=1.5)
    axes.tick_params(which="minor", length=0, bottom=False, left=False, top=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure
