"""Pictures of the framework: what stands in them is what the rules say."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest
import yaml

from utils import figures
from utils.deciding import APPROACHES, Scenario, decision_figures, load_rules, page, score
from utils.settings import DATA

BOOK = load_rules()
CASES = yaml.safe_load((DATA / "scenarios.yaml").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def words(figure):
    """The words in the one axes of a figure, after a drawing that warns of nothing."""
    figure.canvas.draw()
    (axes,) = figure.axes
    return [text.get_text() for text in axes.texts]


def test_the_map_says_and_is_coloured_by_what_the_rules_choose():
    questions = {
        "Change?": {"weekly": {"change_frequency": "weekly"}, "?": {}},
        "Style?": {"yes": {"style": "critical"}},
    }
    figure = decision_figures.decision_map(questions, BOOK)
    assert words(figure) == ["Change?", "weekly\n→ RAG", "?\n→ prompting alone", "Style?", "yes\n→ fine-tuning"]
    edges = [plt.matplotlib.colors.to_hex(patch.get_edgecolor()).upper() for patch in figure.axes[0].patches]
    assert edges == [figures.INK, figures.BLUE, figures.GREY, figures.INK, figures.ORANGE]


def test_the_grid_of_points_holds_every_rule_that_speaks_and_their_sum():
    case = Scenario(style="critical", training_budget="none")
    figure = decision_figures.points_grid(case, BOOK)
    rows = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    found = score(case, BOOK)
    assert rows == [*(rule.id for rule in found.fired), "sum"]
    assert {"start-simple", "style-is-the-point", "no-training"} < set(rows)
    told = words(figure)
    assert told[-6:-2] == [page.signed(sum(rule.effect.get(a, 0) for rule in found.fired)) for a in APPROACHES[:4]]
    assert told[-2:] == ["out", "out"]
    assert told.count("veto") == 2
    strong = [text.get_text() for text in figure.axes[0].texts if text.get_fontweight() == "bold"]
    assert strong == [page.signed(found.points[found.ranking[0]])]


def test_the_grid_of_cases_frames_the_choices():
    figure = decision_figures.graded_grid(CASES[:3], BOOK)
    strong = [text for text in figure.axes[0].texts if text.get_fontweight() == "bold"]
    ranked = [score(Scenario(**case["inputs"])).ranking[0] for case in CASES[:3]]
    assert [APPROACHES[round(text.get_position()[0])] for text in strong] == ranked
    assert len(words(figure)) == 18
    shades = figure.axes[0].images[0].get_array()
    assert [shades[0][APPROACHES.index(a)] for a in ("rag", "staged_hybrid", "prompting")] == [0.65, 0.3, 0.0]


def test_the_grid_of_shares_counts_the_cells_above_zero():
    table = pd.DataFrame({"one": [0.5, 0.0], "two": [1.0, 0.0]}, index=["style", "domain"])
    figure = decision_figures.shares_grid(table)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["style: 2", "domain: 0"]
    assert words(figure) == []


def test_bars_of_grades_add_up():
    shares = {"best": [0.5, 1.0], "fine": [0.25, 0.0], "weak": [0.25, 0.0]}
    figure = decision_figures.grade_bars(shares, ["a", "b"], "share")
    ends = [patch.get_x() + patch.get_width() for patch in figure.axes[0].patches]
    assert ends == [0.5, 1.0, 0.75, 1.0, 1.0, 1.0]
    assert words(figure) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_grade_is_the_one_that_stands_in_the_file(case):
    for approach in APPROACHES:
        assert approach in case["grading"][decision_figures.grade(case, approach)]
