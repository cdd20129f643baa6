"""Systems compared on the same questions, and tables of shares with their intervals."""

import math

import pytest

from utils import evaluation
from utils.corpus import Question

NOTHING = float("nan")


def question(*answers):
    return Question("q", "?", answers, ("d1",), "network", "hr", "lookup", "test", None, ())


def test_comparing_systems():
    questions = [question("yes")] * 8
    some = ["yes"] * 2 + ["no"] * 6
    table = evaluation.compare({"base": some, "best": ["yes"] * 8, "same": some}, questions)
    assert list(table["n"]) == [8, 8, 8]
    assert list(table["accuracy"]) == [0.25, 1, 0.25]
    assert table.loc["best", "difference"] == 0.75
    assert table.loc["best", "p"] == pytest.approx(2 * 2 * 0.5**6)  # six coins one way, and twice for two comparisons
    assert table.loc["same", ["difference", "difference_low", "difference_high", "p"]].tolist() == [0, 0, 0, 1]
    assert table.loc["base", ["difference", "p"]].isna().all()
    assert (table["low"] <= table["accuracy"]).all()
    assert (table["accuracy"] <= table["high"]).all()


def test_comparing_leaves_out_what_is_not_a_number_pair_by_pair():
    table = evaluation.compare_values({"a": [0.5, NOTHING, 0.2, 0.1], "b": [0.7, 0.9, NOTHING, 0.1]}, "precision")
    assert list(table["n"]) == [3, 3]
    assert list(table["precision"]) == pytest.approx([0.8 / 3, 1.7 / 3])
    assert table.loc["b", "difference"] == pytest.approx(0.1)  # of 0.2 and 0
    assert table["p"].isna().all()


def test_systems_must_answer_the_same_questions():
    with pytest.raises(ValueError, match="System 'short' has 1 predictions for 2 questions"):
        evaluation.compare({"short": ["yes"]}, [question("yes")] * 2)


def test_shares_stand_between_their_bounds():
    table = evaluation.shares({"some": [1.0] * 12 + [0.0] * 28, "none": [0.0] * 40})
    assert table.loc["some", ["n", "share"]].tolist() == [40, 0.3]
    assert table.loc["some", "low"] == pytest.approx(0.181, abs=0.001)  # Wilson's interval for 12 of 40
    assert table.loc["some", "high"] == pytest.approx(0.454, abs=0.001)
    assert table.loc["none", "high"] == pytest.approx(0.0876, abs=0.001)
    assert not math.isnan(table.loc["none", "low"])


def test_shares_as_text_are_the_shares_in_words():
    cases = {("four", "dense"): [1.0] * 12 + [0.0] * 28, ("four", "keyword"): [0.0] * 40}
    table = evaluation.shares_as_text(cases).unstack()
    assert table.loc["four"].tolist() == ["30% (18% to 45%)", "0% (0% to 9%)"]
    assert evaluation.shares_as_text({"some": [1.0] * 40}).to_dict() == {"some": "100% (91% to 100%)"}


def test_a_table_of_pairs_keeps_their_order():
    cases = {("named", "no filter"): [1.0], ("named", "filter"): [0.0], ("bare", "no filter"): [1.0]}
    html = evaluation.shares_table(cases | {("bare", "filter"): [0.0]}).data
    assert html.index("no filter") < html.index(">filter")
    assert html.index("named") < html.index("bare")
    assert "100% (21% to 100%)" in evaluation.shares_table({"one": [1.0]}).data


def test_n_counts_groups_and_a_fact_in_several_wordings_decides_once():
    base, best = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    facts = ["a", "a", "a", "b", "b", "c"]
    table = evaluation.compare_values({"base": base, "best": best}, groups=facts)
    assert list(table["n"]) == [3, 3]
    assert list(table["accuracy"]) == [0.5, 1]
    assert table.loc["best", "p"] == 1  # one fact, one coin
    assert evaluation.compare_values({"base": base, "best": best}).loc["best", "p"] == 0.25
    questions = [question("yes")] * 6
    answers = {"base": ["no"] * 3 + ["yes"] * 3, "best": ["yes"] * 6}
    assert evaluation.compare(answers, questions, groups=facts).equals(table)


def test_shares_take_groups_for_all_cases_or_for_each():
    cases = {"x": [1.0, 1.0, 0.0, 0.0], "y": [1.0, 1.0, 1.0, 1.0]}
    table = evaluation.shares(cases, ["a", "a", "b", "b"])
    assert list(table["n"]) == [2, 2]
    assert tuple(table.loc["y", ["low", "high"]]) == pytest.approx(evaluation.interval([1.0, 1.0]))
    each = {"x": ["a", "a", "b", "b"], "y": ["a", "b", "c", "d"]}
    assert list(evaluation.shares(cases, each)["n"]) == [2, 4]
    assert evaluation.shares_as_text(cases, each)["y"] == evaluation.shares_as_text({"y": cases["y"]})["y"]
    assert "100% (34% to 100%)" in evaluation.shares_table({"y": cases["y"]}, ["a", "a", "b", "b"]).data
