"""What the grid found: runs, shares and intervals of its cells, and that the figures draw what they are given."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from utils import evaluation, panels

ROWS = [
    {"seed": seed, "arm": arm, "context": context, "kind": kind, "n": len(outcomes), "outcomes": outcomes}
    for seed, arm, context, kind, outcomes in (
        (11, "base", "none", "static", "wwww"),
        (11, "base", "none", "changed", "rw"),
        (12, "tuned", "none", "static", "rrww"),
        (12, "tuned", "none", "changed", "ss"),
        (11, "tuned", "none", "changed", "sa"),
        (11, "tuned", "none", "static", "rwaw"),
    )
]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_runs_come_by_seed_with_the_questions_in_the_order_of_the_kinds():
    assert panels.runs(ROWS, "tuned", "none", ["static", "changed"]) == [[1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0]]
    assert panels.runs(ROWS, "tuned", "none", ["changed", "static"], "sa") == [[1, 1, 0, 0, 1, 0], [1, 1, 0, 0, 0, 0]]
    assert panels.runs(ROWS, "base", "none", ["changed"]) == [[1, 0]]


@pytest.mark.parametrize(
    "cell", [("tuned", "oracle", ["static"]), ("other", "none", ["static"]), ("base", "none", ["x"])]
)
def test_a_cell_that_is_not_there_is_refused(cell):
    with pytest.raises(ValueError, match="hold no cell"):
        panels.runs(ROWS, *cell)


def test_shares_are_means_of_every_seed():
    found = panels.shares(ROWS, ["static", "changed"], ["none"])
    assert list(found) == [("base", "none"), ("tuned", "none")]
    assert found["base", "none"] == [pytest.approx(1 / 6)]
    assert found["tuned", "none"] == [pytest.approx(1 / 6), pytest.approx(2 / 6)]


def test_a_span_is_the_mean_over_seeds_and_its_interval_over_questions():
    span = panels.span([[1, 0, 0, 0], [1, 1, 0, 0]])
    assert span["right"] == pytest.approx(3 / 8)
    assert (span["low"], span["high"]) == evaluation.interval([1, 0.5, 0, 0])
    assert (panels.span([[1, 0]])["low"], panels.span([[1, 0]])["high"]) == evaluation.interval([1, 0])


def test_the_heat_map_writes_every_cell_and_the_range_of_its_seeds():
    cells = {
        ("base", "none"): [0.125],
        ("base", "oracle"): [0.5],
        ("tuned", "none"): [0.2, 0.4],
        ("tuned", "oracle"): [1],
    }
    figure = panels.heat({"right": cells, "declined": {key: [0.0] for key in list(cells)[::2]}})
    left, right = figure.axes
    assert [text.get_text() for text in left.texts] == ["12%", "50%", "30%\n20% to 40%", "100%"]
    assert [label.get_text() for label in left.get_yticklabels()] == ["base", "tuned"]
    assert [text.get_text() for text in right.texts] == ["0%", "0%"]
    assert np.allclose(left.images[0].get_array(), [[0.125, 0.5], [0.3, 1.0]])


def test_bars_draw_a_panel_a_table_with_intervals_where_there_are_any():
    one = pd.DataFrame({"right": [0.2, 0.6], "low": [0.1, 0.5], "high": [0.4, 0.8]}, index=["RAG", "memory"])
    two = pd.DataFrame({"right": [0.3, np.nan]}, index=["RAG", "memory"])
    figure = panels.bars({"static": one, "changed": two})
    first, second, spare = figure.axes
    assert [axes.get_title("left") for axes in figure.axes] == ["static", "changed", ""]
    assert [bar.get_width() for bar in first.patches] == [0.2, 0.6]
    assert [text.get_text() for text in first.texts] == ["20%", "60%"]
    assert [text.get_text() for text in second.texts] == ["30%"]
    assert (len(first.collections), len(second.collections), spare.axison) == (1, 0, False)
    assert first.get_ylim()[0] > first.get_ylim()[1], "the first row must be on top"
    segments = first.collections[0].get_segments()
    assert np.allclose([segment[:, 0] for segment in segments], [[0.1, 0.4], [0.5, 0.8]])


def test_a_panel_in_another_unit_has_an_axis_of_its_own():
    share = pd.DataFrame({"right": [0.2, 0.6]}, index=["RAG", "memory"])
    seconds = pd.DataFrame({"right": [4.0, np.nan], "low": [3.0, np.nan], "high": [8.0, np.nan]}, index=share.index)
    figure = panels.bars({"right": share, "time": seconds}, columns=2, units={"time": "{:.1f} s"})
    first, second = figure.axes
    assert [text.get_text() for text in first.texts] == ["20%", "60%"]
    assert [text.get_text() for text in second.texts] == ["4.0 s"]
    assert first.get_xlim() == (0, 1.15)
    assert second.get_xlim()[1] > 8
    assert second.texts[0].get_position()[0] > 8, "the value stands behind the interval"


def test_a_share_that_is_known_alone_has_the_interval_of_so_many_right():
    assert panels.share(0.75, 4) == panels.span([[1, 1, 1, 0]])
    assert panels.share(0.0, 10) == {
        "right": 0.0,
        **dict(zip(("low", "high"), evaluation.interval([0] * 10), strict=True)),
    }


def test_a_group_counts_once():
    assert panels.by_group([1.0, 0.0, 1.0, 0.5], ["b", "a", "b", "a"]) == [1.0, 0.25]
    assert panels.by_group([1.0, 0.0]) == [1.0, 0.0]
