"""Figures: one for every function, with alternative text, and none left open."""

import colorsys
import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from utils import evaluation, figures
from utils.evaluation import claims


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    plt.close("all")
    yield
    assert plt.get_fignums() == []


@pytest.fixture
def shown(monkeypatch):
    pictures = []
    monkeypatch.setattr(figures, "display", pictures.append)
    return pictures


def table(**systems):
    return evaluation.compare_values(systems)


SYSTEMS = {"base": [1, 0, 0, 0], "tuned": [1, 1, 1, 0], "perfect": [1, 1, 1, 1], "hopeless": [0, 0, 0, 0]}


def drawn(figure):
    """The texts in the axes, after a drawing that warns of nothing."""
    figure.canvas.draw()
    (axes,) = figure.axes
    labels = [text.get_text() for text in axes.texts]
    return axes, labels


def test_showing_gives_one_picture_with_its_text_and_closes_it(shown, capsys):
    figure, axes = figures.canvas(5, 2)
    axes.plot([1, 2])
    figures.show(figure, "A line that rises.")
    (picture,) = shown
    assert picture.data.startswith(b"\x89PNG")
    assert picture.alt == "A line that rises."
    assert (picture.width, picture.height) == (480, 192)  # inches at 96 pixels
    assert capsys.readouterr().out == "Figure: A line that rises.\n"


def test_titles_and_legends_added_later_are_in_the_style_too(shown):
    figure, axes = figures.canvas()
    axes.plot([1, 2], label="a line")
    axes.set(title="Title")
    assert not axes.legend().get_frame_on()
    assert not axes.spines["top"].get_visible()
    assert axes.get_title(loc="left") == "Title"
    assert axes._left_title.get_fontweight() == "bold"
    figures.show(figure, "A line.")


def test_bars_show_every_system_its_interval_floor_and_ceiling(shown):
    figure = figures.bars(table(**SYSTEMS), "accuracy", "Title", "share right", (0.1, "floor"), (0.9, "ceiling"))
    axes, labels = drawn(figure)
    assert labels[:4] == ["25%", "75%", "100%", "0%"]
    assert labels[4:] == ["floor", "ceiling"]
    assert [bar.get_width() for bar in axes.patches] == [0.25, 0.75, 1, 0]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == list(SYSTEMS)
    assert axes.yaxis_inverted()  # the first system on top
    assert (axes.get_title(loc="left"), axes.get_xlabel()) == ("Title", "share right")
    figures.show(figure, "Bars.")


@pytest.mark.parametrize("right", [0, 1, 7, 50])
def test_bars_of_intervals_that_touch_the_ends_can_be_drawn(shown, right):
    systems = table(some=[1] * right + [0] * (50 - right), all=[1] * 50)
    for draw in (figures.bars, lambda *a: figures.grouped({"x": a[0]}, *a[1:])):
        figure = draw(systems, "accuracy", "T", "x")
        drawn(figure)
        figures.show(figure, "Bars.")


def test_grouped_bars_stand_side_by_side(shown):
    first, second = table(a=[1, 0], b=[1, 1]), table(a=[0, 0], b=[1, 0])
    figure = figures.grouped({"before": first, "after": second}, "accuracy", "Title", "share right")
    axes, labels = drawn(figure)
    assert labels == ["50%", "100%", "0%", "50%"]
    centres = [bar.get_x() + bar.get_width() / 2 for bar in axes.patches]
    assert centres == pytest.approx([-0.175, 0.825, 0.175, 1.175])  # 0.35 apart, around 0 and 1
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["before", "after"]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["a", "b"]
    assert axes.get_ylabel() == "share right"
    figures.show(figure, "Groups.")


def test_stacked_bars_write_the_total(shown):
    parts = {"reading": [1.0, 2.0], "writing": [0.5, 0.25]}
    figure = figures.stacked(parts, ["rag", "tuned"], "Title", "seconds")
    axes, labels = drawn(figure)
    assert labels == ["1.50", "2.25"]
    assert [bar.get_x() for bar in axes.patches] == [0, 0, 1, 2]  # the second part begins where the first ends
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["reading", "writing"]
    figures.show(figure, "Stacks.")


def hue(colour):
    return colorsys.rgb_to_hsv(*to_rgb(colour))[0] * 360


def test_each_verdict_has_a_colour_that_no_system_has(shown):
    colours = figures.VERDICT_COLOURS
    assert tuple(colours) == claims.VERDICTS
    for colour in colours.values():
        assert all(math.dist(to_rgb(colour), to_rgb(other)) > 0.2 for other in figures.PALETTE), colour
    assert [name for name, colour in colours.items() if 70 < hue(colour) < 170] == ["supported"], "green for it alone"
    assert not 20 < hue(colours["contradicted"]) < 340
    assert 35 < hue(colours["mixed"]) < 60
    assert np.ptp(to_rgb(colours["undecided"])) < 0.1, "grey"
    figure = figures.stacked({name: [1.0] for name in colours}, ["claims"], "Title", "claims")
    axes, _ = drawn(figure)
    assert [to_rgb(bar.get_facecolor()) for bar in axes.patches] == [to_rgb(colour) for colour in colours.values()]
    figures.show(figure, "Verdicts.")


def test_panels_draw_a_table_each_with_intervals_where_there_are_any(shown):
    one = pd.DataFrame({"right": [0.2, 0.6], "low": [0.1, 0.5], "high": [0.4, 0.8]}, index=["RAG", "memory"])
    two = pd.DataFrame({"right": [0.3, np.nan]}, index=["RAG", "memory"])
    figure = figures.panels({"static": one, "changed": two})
    figure.canvas.draw()
    first, second, spare = figure.axes
    assert [axes.get_title("left") for axes in figure.axes] == ["static", "changed", ""]
    assert [bar.get_width() for bar in first.patches] == [0.2, 0.6]
    assert [text.get_text() for text in first.texts] == ["20%", "60%"]
    assert [text.get_text() for text in second.texts] == ["30%"]
    assert (len(first.collections), len(second.collections), spare.axison) == (1, 0, False)
    assert first.get_ylim()[0] > first.get_ylim()[1], "the first row must be on top"
    segments = first.collections[0].get_segments()
    assert np.allclose([segment[:, 0] for segment in segments], [[0.1, 0.4], [0.5, 0.8]])
    figures.show(figure, "Panels.")


def test_a_panel_in_another_unit_has_an_axis_of_its_own(shown):
    share = pd.DataFrame({"right": [0.2, 0.6]}, index=["RAG", "memory"])
    seconds = pd.DataFrame({"right": [4.0, np.nan], "low": [3.0, np.nan], "high": [8.0, np.nan]}, index=share.index)
    figure = figures.panels({"right": share, "time": seconds}, columns=2, units={"time": "{:.1f} s"})
    first, second = figure.axes
    assert [text.get_text() for text in first.texts] == ["20%", "60%"]
    assert [text.get_text() for text in second.texts] == ["4.0 s"]
    assert first.get_xlim() == (0, 1.15)
    assert second.get_xlim()[1] > 8
    assert second.texts[0].get_position()[0] > 8, "the value stands behind the interval"
    figures.show(figure, "Panels.")


@pytest.mark.parametrize(("name", "other"), [("xaxis", "yaxis"), ("yaxis", "xaxis")])
def test_shares_are_written_as_percent(shown, name, other):
    figure, axes = figures.canvas()
    figures.percent_axis(getattr(axes, name), 0.5)
    assert tuple(getattr(axes, name).get_view_interval()) == (0, 0.5)
    assert getattr(axes, name).get_major_formatter()(0.25) == "25%"
    assert getattr(axes, other).get_major_formatter()(0.25) != "25%"
    figures.show(figure, "Shares.")


def test_boxes_and_arrows_stand_where_they_are_put(shown):
    figure, axes = figures.canvas()
    figures.box(axes, 0.1, 0.2, 0.4, 0.2, "store", figures.BLUE, fontsize=8)
    figures.arrow(axes, (0.5, 0.3), (0.8, 0.3))
    axes_again, labels = drawn(figure)
    assert axes_again is axes
    assert labels == ["store", ""]
    text, arrow = axes.texts
    assert text.get_position() == pytest.approx((0.3, 0.3))  # the middle of the box
    assert text.get_fontsize() == 8
    assert (arrow.xy, arrow.get_position()) == ((0.8, 0.3), (0.5, 0.3))
    figures.show(figure, "A store.")


def test_every_function_that_draws_gives_a_figure(shown):
    systems = table(**SYSTEMS)
    made = [
        figures.canvas()[0],
        figures.bars(systems, "accuracy", "T", "x"),
        figures.grouped({"x": systems}, "accuracy", "T", "y"),
        figures.stacked({"x": [1.0]}, ["a"], "T", "x"),
        figures.panels({"x": systems.rename(columns={"accuracy": "right"})}),
    ]
    for figure in made:
        assert isinstance(figure, Figure)
        figures.show(figure, "One of several.")
    assert len(shown) == 5


def test_the_palette_is_okabe_and_itos():
    published = {"#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7"}  # without black and yellow
    assert published == set(figures.PALETTE) - {figures.GREY}
    assert len(set(figures.PALETTE)) == 7


def test_a_table_is_the_same_markup_at_every_run_with_its_style_inside():
    frame = pd.DataFrame({"system": ["<rag> " + "word " * 40 + "end"], "right": [0.256]})
    first, second = (figures.table(frame, {"right": "{:.0%}"}).data for _ in range(2))
    assert first == second
    assert ">26%</td>" in first
    assert "word end</td>" in first  # long texts are not cut
    assert "&lt;rag&gt;" in first
    assert "text-align: left" in first
    assert "<style" not in first
    assert "<th>0</th>" not in first
    assert "<th>0</th>" in figures.table(frame, index=True).data


def test_one_format_may_stand_for_all_columns():
    html = figures.table(pd.DataFrame({"a": [0.5], "b": [0.25]}), "{:.0%}").data
    assert ">50%</td>" in html
    assert ">25%</td>" in html
