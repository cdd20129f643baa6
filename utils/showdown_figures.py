"""The figures of notebook 11, each with its alternative text."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from utils import arms, costs, evaluation, figures, latency

SHOWN = (arms.MERGED, arms.UNMERGED, arms.SHARED, arms.READER, arms.CACHED)
COLOURS = LinearSegmentedColormap.from_list("rag or fine-tuning", [figures.ORANGE, "white", figures.BLUE])
WAYS = {"cached prompt": figures.PURPLE, "RAG": figures.BLUE}


def longer_answers(rows: Mapping[str, Mapping], most: int = 200) -> tuple[Figure, str]:
    """Seconds behind the merged adapter at the end, over the tokens of an answer, with the crossings in the text.

    ``rows``: arm -> its times. The lines themselves would lie too close to be told apart.
    """
    tokens = np.arange(1, most + 1)
    figure, axes = figures.canvas(7.5, 3.4)
    for name, colour in zip(SHOWN, figures.PALETTE, strict=False):
        behind = latency.seconds_at(rows[name], tokens) - latency.seconds_at(rows[arms.MERGED], tokens)
        axes.plot(tokens, behind, color=colour, label=name)
    axes.set(xlabel="tokens of the answer", ylabel="seconds", xlim=(0, most))
    axes.set_title("How much later than the merged adapter the answer ends")
    axes.legend(loc="upper left", fontsize=9)
    first = {name: float(latency.seconds_at(rows[name], 1)) for name in SHOWN}
    pairs = {(a, b): latency.crossing(rows[a], rows[b]) for a in SHOWN for b in SHOWN if first[a] < first[b]}
    found = [f"{b} overtakes {a} at {n:.0f} tokens" for (a, b), n in pairs.items() if n <= 10 * most]
    return figure, f"Five lines; the merged adapter is the one at zero. {'; '.join(found) or 'None overtakes another'}."


def shelves(rows: Sequence[Mapping]) -> tuple[Figure, str]:
    """The kept prompt and RAG over the number of documents: share right, seconds to the first token and to the end."""
    cells = {(row["way"], row["documents"]): row for row in rows}
    sizes = sorted({size for _, size in cells})
    figure, (left, right) = figures.canvas(7.5, 3.2, ncols=2)
    for way, colour in WAYS.items():
        means = np.array([np.mean(cells[way, size]["right"]) for size in sizes])
        spans = np.array([evaluation.interval(cells[way, size]["right"]) for size in sizes]).T
        left.errorbar(sizes, means, abs(spans - means), color=colour, marker="o", capsize=3, label=way)
        for part, style in (("end", "-"), ("first", ":")):
            medians = [np.median(cells[way, size][part]) for size in sizes]
            right.plot(sizes, medians, style, color=colour, marker="o")
    for axes, title in ((left, "share right"), (right, "seconds to the end, dotted: first")):
        axes.set(xscale="log", xlabel="documents", title=title, ylim=(0, None))
        axes.set_xticks(sizes, map(str, sizes))
        axes.minorticks_off()
    figures.percent_axis(left.yaxis)
    left.legend()
    told = "; ".join(f"{n}: " + " and ".join(f"{np.mean(cells[way, n]['right']):.0%}" for way in WAYS) for n in sizes)
    return figure, f"Right from the kept prompt and from RAG, by documents: {told}."


def growth(rows: Sequence[Mapping]) -> tuple[Figure, str]:
    """Recall over the windows of an index, and milliseconds of an exact search over its vectors."""
    sizes, vectors = ([row for row in rows if key in row] for key in ("windows", "vectors"))
    figure, (left, right) = figures.canvas(7.5, 3.0, ncols=2)
    for mode, colour in (("hybrid", figures.BLUE), ("dense", figures.SKY)):
        shares = [np.mean(row[f"{mode} found"]) for row in sizes]
        left.plot([row["windows"] for row in sizes], shares, marker="o", color=colour, label=mode)
    left.set(xlabel="windows in the index", title="recall@3")
    figures.percent_axis(left.yaxis, 1.05)
    left.legend(loc="lower left")
    spent = [float(np.median(row["milliseconds"])) for row in vectors]
    right.plot([row["vectors"] for row in vectors], spent, marker="o", color=figures.ORANGE)
    right.set(xscale="log", yscale="log", xlabel="vectors", title="exact search, milliseconds")
    ends = [np.mean(sizes[place]["hybrid found"]) for place in (0, -1)]
    told = f"Recall@3 of the hybrid search goes from {ends[0]:.0%} to {ends[1]:.0%}"
    return figure, f"{told}; a search among {vectors[-1]['vectors']:,} vectors takes {spent[-1]:.0f} ms."


def cheaper(work: costs.Workload, prices: Mapping[str, float]) -> tuple[Figure, str]:
    """A map of the cheaper one of RAG and fine-tuning over answers a day and updates a month, on an own machine."""
    answers, updates = np.logspace(0, 5, 41), np.linspace(0, 30, 31)
    cases = [[replace(work, answers_per_day=a, updates_per_month=u) for a in answers] for u in updates]
    bills = [[costs.per_month(case, prices) for case in line] for line in cases]
    ratio = np.log2([[bill["fine_tuning"] / bill["rag"] for bill in line] for line in bills])
    figure, axes = figures.canvas(7.5, 3.4)
    mesh = axes.pcolormesh(answers, updates, ratio, cmap=COLOURS, vmin=-4, vmax=4, shading="nearest", rasterized=True)
    fine = np.linspace(0, 30, 301)  # ten to an update, because the line bends where there are few
    axes.plot(costs.break_even(work, prices, fine), fine, color=figures.INK)
    axes.text(2, 20, "RAG costs less", color="white", fontweight="bold")
    axes.text(9e4, 10, "fine-tuning\ncosts less", ha="right", fontweight="bold")
    axes.set(xscale="log", xlim=(1, 1e5), xlabel="answers a day (log scale)", ylabel="updates a month")
    axes.set_title("Which costs less on your own machine?")
    bar = figure.colorbar(mesh, ticks=[-4, -2, 0, 2, 4])
    bar.ax.set_yticklabels(["RAG 16 times\nas dear", "4 times", "the same", "4 times", "fine-tuning\n16 times"])
    axes.grid(visible=False)
    told = ", ".join(f"{costs.break_even(work, prices, u):,.0f} with {u}" for u in (0, 1, 30))
    return figure, f"A map of the cheaper one. Answers a day at which both cost the same, by updates a month: {told}."
