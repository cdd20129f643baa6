"""The showdown: what the picture shows, what the cost model counts, and that every claim has a verdict."""

import pytest
from matplotlib import pyplot as plt

from utils import arms, claims, costs, evaluation, measured, showdown, studies
from utils.rules import load_rules

ARMS = {way.arm for way in showdown.WAYS.values()} | set(measured.LOADS.values()) | {"RAG, k = 3"}


def requests(name, first, decode):
    nothing = [0.0] * 3
    parts = {"embed": nothing, "search": nothing, "prefill": [first] * 3, "decode": [decode] * 3}
    return {"arm": name, **parts, "prompt_tokens": [200, 200, 203], "shared_tokens": 150, "new_tokens": 16}


def ticket(way, right):
    return {"way": way, "valid": [1.0, 1.0, 1.0, 0.0], "all fields": [1.0] * right + [0.0] * (4 - right)}


SMALL = {
    "response_times": [requests(name, 0.5, 1.5) for name in sorted(ARMS - {arms.MERGED})]
    + [requests(arms.MERGED, 0.1, 0.7)],
    "ticket_arms": [ticket(way.tickets, number % 4) for number, way in enumerate(showdown.WAYS.values())],
    "growth": [{"windows": 700, "documents": 100, "seconds": 15.0}, {"windows": 900, "documents": 120, "seconds": 2.0}],
    "wordings": [{"seed": seed, "wordings": w, "tokens": 60_000 // (7 - w)} for seed in (1, 2) for w in (1, 6)],
    "update": [
        {"seed": seed, "way": way, "seconds": seconds}
        for seed, way, seconds in ((1, "before", 120.0), (1, "go on from the adapter", 999.0), (2, "before", 180.0))
    ],
}


@pytest.fixture
def small(monkeypatch):
    """Small results in the place of the committed ones, but for the grid, which is what it is."""
    load = studies.load
    monkeypatch.setattr(studies, "load", lambda name: {"rows": SMALL[name]} if name in SMALL else load(name))
    yield
    plt.close("all")


def test_the_cost_model_is_what_was_measured(small):
    found = measured.cost_model()
    assert set(found) == set(load_rules().cost_model)
    assert found["loads"]["fine_tuning"] == {
        "seconds": 0.8, "prompt_tokens": 201.0, "shared_tokens": 150, "new_tokens": 16,
    }  # fmt: skip
    assert found["loads"]["rag"]["seconds"] == 2.0
    assert found["training_seconds_per_fact"] == 2.5, "the mean of the seeds, trained once"
    assert found["training_tokens_per_fact"] == 1000
    assert found["index_seconds_per_document"] == 0.15, "of the handbook, not of what was added"
    assert found["facts_per_document"] == load_rules().cost_model["facts_per_document"]


def test_a_workload_is_in_proportion_to_documents_and_keeps_its_volume(small):
    one, two = measured.workload(100, 2.5, 50), measured.workload(100, 2.5, 100)
    assert (one.answers_per_day, one.updates_per_month) == (100, 2.5)
    assert two.training_seconds == 2 * one.training_seconds == pytest.approx(2.5 * 3.3 * 100)
    assert two.index_seconds == pytest.approx(15.0)
    assert one.prefill_tokens_per_second == pytest.approx(201 / 0.5)
    assert set(one.loads) == set(measured.LOADS)


def test_every_panel_has_a_row_a_way_and_the_value_of_its_study(small):
    found = showdown.tables()
    assert len(found) == 9
    assert all(list(table.index) == list(showdown.WAYS) for table in found.values())
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
    rows = studies.load("grid")["rows"]
    shares = {name: showdown.named(rows, way) for name, way in showdown.WAYS.items()}
    assert [shares[name]["right"] for name in ("base", "prompted", "fine-tuned")] == [0, 0, 0]
    one = [row for row in rows if (row["arm"], row["context"]) == ("base, few-shot", "retrieved")]
    by_hand = sum(r["n"] * r["citation recall"] for r in one if r["kind"] in showdown.ONE_DOCUMENT) / 100
    assert shares["RAG"]["right"] == pytest.approx(by_hand)
    assert (shares["RAG"]["low"], shares["RAG"]["high"]) == evaluation.interval(
        [1] * round(100 * by_hand) + [0] * (100 - round(100 * by_hand))
    )
    assert shares["hybrid"]["right"] > 0.5


def test_a_month_is_the_cost_model_at_that_volume(small):
    found = showdown.month()
    by_hand = costs.per_month(measured.workload(100, 1), costs.load_prices())
    assert found["RAG"] == by_hand["rag"]
    assert found["fine-tuned"] == by_hand["fine_tuning"]
    seconds = costs.DAYS * 100 * 2.0 + 150 / (201 / 0.5) / 12  # what is kept is read once, over twelve months
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
    assert [row.split(" | ")[0] for row in rows] == [f"| **{name}**" for name in showdown.WAYS]
    assert {row.count("|") for row in rows} == {11}


def test_the_picture_is_written_and_the_table_printed(small, monkeypatch, tmp_path, capsys):
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(showdown, "ROOT", tmp_path)
    showdown.main()
    assert (tmp_path / "docs" / "showdown.png").read_bytes().startswith(b"\x89PNG")
    assert capsys.readouterr().out.strip() == showdown.readme_table()


def test_every_claim_of_the_ledger_has_a_verdict():
    judged = {entry["claim"] for entry in claims.published()["claims"]}
    missing = [claim for claim in claims.ledger().index if claim not in judged]
    assert not missing, (
        f"no committed verdict on {', '.join(missing)}: run the notebooks that the ledger names, then publish"
    )


def test_the_cost_model_of_the_framework_is_near_what_was_measured():
    stated, found = dict(load_rules().cost_model), measured.cost_model()
    for approach, load in stated["loads"].items():
        assert load["seconds"] == pytest.approx(found["loads"][approach]["seconds"], rel=0.25), approach
        assert load["prompt_tokens"] == pytest.approx(found["loads"][approach]["prompt_tokens"], rel=0.25), approach
    for name in ("training_seconds_per_fact", "training_tokens_per_fact", "index_seconds_per_document"):
        assert stated[name] == pytest.approx(found[name], rel=0.25), f"cost_model in data/rules.yaml: {name}"
