"""One style for every figure: a colour-blind-safe palette, intervals drawn, alternative text under the picture."""

import io
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import HTML, Image, display
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import PercentFormatter

# Okabe and Ito's palette, told apart with every common kind of colour vision.
BLUE, ORANGE, GREEN, PURPLE, SKY, RED, GREY = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8A8F98",
)  # fmt: skip
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, SKY, RED, GREY)
INK = "#22262B"
# Verdicts have hues of their own, so that a bar of verdicts is never taken for a system's.
VERDICT_COLOURS = {"supported": "#66A61E", "contradicted": "#B2182B", "mixed": "#F2D16B", "undecided": "#D3D7DD"}

STYLE = {
    "figure.facecolor": "white",
    "font.size": 10.5,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#B9BEC6",
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E7E9ED",
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
}
plt.rcParams.update(STYLE)


def canvas(width: float = 7.5, height: float = 3.2, **subplots):
    """``plt.subplots`` in the style of the series, sizes in inches: (figure, axes).

    The style holds from then on, because titles and legends take theirs when they are added.
    """
    plt.rcParams.update(STYLE)
    return plt.subplots(figsize=(width, height), layout="constrained", **subplots)


def show(figure: Figure, alt: str) -> None:
    """Show a figure once, with ``alt`` as its alternative text and as the line under it, and close it."""
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=144)
    plt.close(figure)
    size = figure.get_size_inches() * 96
    display(Image(picture.getvalue(), width=int(size[0]), height=int(size[1]), alt=alt))
    print(f"Figure: {alt}")


def percent_axis(axis, limit: float = 1.0) -> None:
    """Format an x or y axis whose values are shares as percent, from 0 to ``limit``."""
    axis.set_major_formatter(PercentFormatter(1.0))
    axis.axes.set(**{f"{axis.axis_name}lim": (0, limit)})


def bars(table: pd.DataFrame, metric: str, title: str, xlabel: str, floor=None, ceiling=None, colours=None) -> Figure:
    """Horizontal bars with 95 % intervals, one a system, from ``evaluation.compare``; floor and ceiling as lines.

    ``floor`` and ``ceiling`` are (value, name) or None. Values are shares and are written beside the bars.
    """
    figure, axes = canvas(7.5, 1.15 + 0.5 * len(table))
    colours = colours or PALETTE[: len(table)]
    axes.barh(
        table.index,
        table[metric],
        xerr=_errors(table, metric),
        color=colours,
        height=0.62,
        error_kw={"ecolor": INK, "lw": 1.2},
    )
    for place, (value, high) in enumerate(zip(table[metric], table["high"], strict=True)):
        axes.text(max(value, high) + 0.015, place, f"{value:.0%}", va="center", fontweight="bold")
    for line, style in ((floor, ":"), (ceiling, "--")):
        if line:
            axes.axvline(line[0], color=GREY, linestyle=style, linewidth=1.4)
            axes.annotate(
                line[1], (line[0], 1), xycoords=("data", "axes fraction"), ha="center", va="bottom", fontsize=9
            )
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    percent_axis(axes.xaxis, 1.08)
    axes.set(xlabel=xlabel)
    axes.set_title(title, pad=22 if floor or ceiling else 10)
    return figure


def _errors(table: pd.DataFrame, metric: str) -> np.ndarray:
    """How far an interval reaches below and above its value; never less than nothing, whatever the last digit says."""
    return np.clip([table[metric] - table["low"], table["high"] - table[metric]], 0, None)


def stacked(
    parts: Mapping[str, Sequence[float]], names: Sequence[str], title: str, xlabel: str, unit="{:.2f}"
) -> Figure:
    """Horizontal stacked bars: one bar a name, one colour a part; the total is written at the end.

    A part that is named after a verdict has the colour of that verdict.
    """
    figure, axes = canvas(7.5, 1.5 + 0.45 * len(names))
    left = [0.0] * len(names)
    for colour, (part, values) in zip(PALETTE, parts.items(), strict=False):
        axes.barh(names, values, left=left, color=VERDICT_COLOURS.get(part, colour), height=0.6, label=part)
        left = [a + b for a, b in zip(left, values, strict=True)]
    for place, total in enumerate(left):
        axes.text(total + max(left) * 0.012, place, unit.format(total), va="center", fontweight="bold")
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set(xlabel=xlabel, title=title, xlim=(0, max(left) * 1.12))
    below = 0.6 / (0.5 + 0.45 * len(names))  # 0.6 inches, as a share of the height of the axes
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -below), ncols=len(parts))
    return figure


def box(axes, x: float, y: float, width: float, height: float, text: str, colour: str = GREY, **font) -> None:
    """A rounded box with centred text, in the coordinates of the axes."""
    shape = FancyBboxPatch((x, y), width, height, boxstyle="round,pad=0.012,rounding_size=0.02", lw=1.3)
    shape.set(facecolor=colour + "22", edgecolor=colour)
    axes.add_patch(shape)
    axes.text(x + width / 2, y + height / 2, text, ha="center", va="center", **{"fontsize": 9.5, **font})


def arrow(axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """An arrow between two points, in the coordinates of the axes."""
    axes.annotate("", xy=end, xytext=start, arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 1.2})


def table(frame: pd.DataFrame, formats: Mapping[str, str] | str | None = None, index: bool = False) -> HTML:
    """A frame as a calm table, text to the left; ``formats``: one format for all columns, or one a column.

    The style is inline, because JupyterLab drops style sheets from a notebook that it does not trust yet.
    """
    wanted = dict.fromkeys(frame.columns, formats) if isinstance(formats, str) else formats or {}
    written = {column: (lambda value, f=f: f.format(value)) for column, f in wanted.items()}
    html = frame.to_html(index=index, border=0, justify="left", formatters=written, max_rows=None)
    return HTML(html.replace("<td>", '<td style="text-align: left; vertical-align: top">'))


def grouped(tables: Mapping[str, pd.DataFrame], metric: str, title: str, ylabel: str) -> Figure:
    """Vertical bars with 95 % intervals: a group for every row of the tables, a colour for every table."""
    figure, axes = canvas(7.5, 3.0)
    width = 0.7 / len(tables)
    for number, (colour, (name, table)) in enumerate(zip((GREEN, RED, *PALETTE), tables.items(), strict=False)):
        places = [row + (number - (len(tables) - 1) / 2) * width for row in range(len(table))]
        axes.bar(
            places,
            table[metric],
            0.9 * width,
            yerr=_errors(table, metric),
            color=colour,
            label=name,
            error_kw={"ecolor": INK},
        )
        for place, value, high in zip(places, table[metric], table["high"], strict=True):
            axes.text(place, high + 0.02, f"{value:.0%}", ha="center", fontweight="bold")
    axes.set_xticks(range(len(table)), list(table.index))
    axes.grid(visible=False, axis="x")
    axes.set(title=title)
    percent_axis(axes.yaxis, 1.12)
    axes.set_ylabel(ylabel)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=len(tables))
    return figure


def panels(
    tables: Mapping[str, pd.DataFrame],
    colours: Sequence[str] = PALETTE,
    columns: int = 3,
    units: Mapping[str, str] | None = None,
) -> Figure:
    """Panels of horizontal bars, one a table: its index names the bars, ``right`` is a share, ``low`` and ``high`` its
    interval; where these are missing none is drawn, and where ``right`` is not a number there is no bar.

    ``units``: for panels that show no share, title -> how to write a value, such as "{:.1f} s"; each has its own axis.
    """
    rows, units = -(-len(tables) // columns), units or {}
    figure, plots = canvas(7.5, 0.6 + 1.9 * rows, nrows=rows, ncols=columns, sharex=not units, squeeze=False)
    for place, (axes, (title, table)) in enumerate(zip(plots.flat, tables.items(), strict=False)):
        shares = table["right"].fillna(0)
        axes.barh(range(len(table)), shares, color=list(colours[: len(table)]), height=0.7)
        highs, unit = shares, units.get(title, "{:.0%}")
        if "low" in table:
            errors = _errors(table.assign(right=shares), "right")
            axes.errorbar(shares, range(len(table)), xerr=errors, fmt="none", ecolor=INK, elinewidth=1.1)
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
            percent_axis(axes.xaxis, 1.15)
            axes.set_xticks([0, 0.5, 1])
    for axes in plots.flat[len(tables) :]:
        axes.set_axis_off()
    return figure


SIZE_MARKERS = {"small": "o", "medium": "s", "large": "D"}
SIZE_SHADES = {"small": 0.35, "medium": 0.65, "large": 1.0}  # how much of a system's colour a model size shows


def by_size(
    tables: Mapping[str, pd.DataFrame], metric: str, title: str, xlabel: str, colours: Mapping[str, str]
) -> Figure:
    """A row for each system with a point and its 95 % interval for each model size, from ``evaluation.compare``.

    ``tables``: model size -> table; ``colours``: system -> colour, in the order of the rows. Sizes differ by marker and
    shade. Values are shares.
    """
    figure, axes = canvas(7.5, 1.5 + 0.62 * len(colours))
    step = 0.24
    for place, (size, table) in enumerate(tables.items()):
        for row, (system, colour) in enumerate(colours.items()):
            if system not in table.index:
                continue
            value, low, high = (float(table.loc[system, name]) for name in (metric, "low", "high"))
            y, tint = row + (place - (len(tables) - 1) / 2) * step, shade(colour, SIZE_SHADES[size])
            axes.plot([low, high], [y, y], color=tint, linewidth=2)
            axes.plot(value, y, SIZE_MARKERS[size], color=tint, markersize=7, markeredgecolor=INK)
            axes.text(high + 0.015, y, f"{value:.0%}", va="center", fontsize=9)
    axes.set_yticks(range(len(colours)), list(colours))
    axes.set_ylim(len(colours) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    percent_axis(axes.xaxis, 1.08)
    axes.set(xlabel=xlabel, title=title)
    handles = [
        Line2D([], [], marker=SIZE_MARKERS[size], color=shade(INK, SIZE_SHADES[size]), linestyle="none", label=size)
        for size in tables
    ]
    axes.legend(handles=handles, title="model", loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def shade(colour: str, share: float) -> tuple[float, float, float]:
    """A colour mixed with white; ``share`` 1 is the colour itself."""
    return tuple(1 - share * (1 - part) for part in to_rgb(colour))
