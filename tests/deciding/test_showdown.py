"""The showdown: what the picture shows, what its words and its table say, and what a month costs."""

import pytest
from matplotlib import pyplot as plt

from utils import evaluation
from utils.deciding import costs, measured_costs, showdown
from utils.evaluation import results


@pytest.fixture
def small(small_results):
    """Small results, and no figure left open."""
    yield
    plt.close("all")


def test_every_panel_has_a_row_a_system_and_the_value_of_its_study(small):
    found = showdown.tables()
    assert len(found) == 9
    assert all(list(table.index) == list(showdown.SYSTEMS) for table in found.values())
    assert found["taught facts right"].loc["fine-tuned", "right"] > 0.5
    assert found["changed facts right"].loc["fine-tuned", "right"] == 0
    assert found["changed: the old answer"].loc["fine-tuned", "right"] > 0.3
    assert found["changed: the old answer"].loc["RAG", "right"] < 0.1
    assert found["ticket all right"]["right"].tolist() == [0, 0.25, 0.5, 0.75, 0]
    assert found["to the end"].loc["fine-tuned"].tolist() == pytest.approx([0.8] * 3)
    assert found["to the first token"].loc["RAG"].tolist() == pytest.approx([0.5] * 3)
    for title in list(found)[:8]:
        table = found[title]
        assert (table["low"] <= table["right"] + 1e-9).all()
        assert (table["right"] <= table["high"] + 1e-9).all()


def test_a_source_is_named_only_where_something_was_retrieved():
    rows = results.load("grid")["rows"]
    shares = {name: showdown.source_named(rows, system) for name, system in showdown.SYSTEMS.items()}
    assert [shares[name]["right"] for name in ("base", "prompted", "fine-tuned")] == [0, 0, 0]
    one = [row for row in rows if (row["system"], row["context"]) == ("base, few-shot", "retrieved")]
    by_hand = sum(r["n"] * r["citation recall"] for r in one if r["kind"] in showdown.ONE_DOCUMENT) / 100
    assert shares["RAG"]["right"] == pytest.approx(by_hand)
    assert (shares["RAG"]["low"], shares["RAG"]["high"]) == evaluation.interval(
        [1] * round(100 * by_hand) + [0] * (100 - round(100 * by_hand))
    )
    assert shares["hybrid"]["right"] > 0.5


def test_a_month_is_the_cost_model_at_that_volume(small):
    found = showdown.month()
    by_hand = costs.per_month(measured_costs.workload(100, 1), costs.load_prices())
    assert found["RAG"] == by_hand["rag"]
    assert found["fine-tuned"] == by_hand["fine_tuning"]
    seconds = costs.DAYS * 100 * 2.0 + 150 / (201 / 0.5) / 12  # what is cached is read once, over twelve months
    assert found["base"] == pytest.approx(seconds * costs.second_price(costs.load_prices()))


def test_the_figure_draws_and_the_words_write_what_the_tables_hold(small):
    tables = showdown.tables()
    figure, words = showdown.figure(tables), showdown.written(tables)
    assert [axes.get_title("left") for axes in figure.axes] == list(tables)
    for axes, table in zip(figure.axes, tables.values(), strict=True):
        assert [bar.get_width() for bar in axes.patches] == pytest.approx(table["right"].tolist())
    assert words.loc["fine-tuned", "to the end"] == "0.80 s"
    assert words.loc["fine-tuned", "ticket all right"] == "50% (15% to 85%)"
    assert words.shape == (5, 9)


def test_the_table_of_the_readme_is_markdown(small):
    head, line, *rows = showdown.readme_table().splitlines()
    assert head.count("|") == line.count("|") == 11
    assert [row.split(" | ")[0] for row in rows] == [f"| **{name}**" for name in showdown.SYSTEMS]
    assert {row.count("|") for row in rows} == {11}


def test_the_picture_is_written_and_the_table_printed(small, monkeypatch, tmp_path, capsys):
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(showdown, "ROOT", tmp_path)
    showdown.main()
    assert (tmp_path / "docs" / "showdown.png").read_bytes().startswith(b"\x89PNG")
    assert capsys.readouterr().out.strip() == showdown.readme_table()
