"""Metrics against values worked out by hand, and the comparison of arms."""

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from utils import evaluation as ev
from utils.corpus import Document, Question
from utils.rag import Answer
from utils.retrieval import Retriever

NOTHING = float("nan")


def question(*answers, doc_ids=("d1",)):
    return Question("q", "?", answers, doc_ids, "network", "hr", "lookup", "test", None, ())


def answer(text="", *citations, abstained=False):
    return Answer(text, citations, (), abstained, 0.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The  Nurse's desk, Room B.", "nurse s desk room b"),
        ("€1,200 or 1,200", "1200 euros or 1200"),
        ("€ 2.50 per day", "2.50 euros per day"),
        ("40 euros", "40 euros"),
        ("08:30, then 2.5 km.", "08:30 then 2.5 km"),
        ("5 % of it", "5% of it"),
        ("An apple a day", "apple day"),
        ("it’s anna", "it s anna"),
        ("Dr. Ash: yes", "dr ash yes"),
        ("Żółć!", "żółć"),
        ("", ""),
    ],
)
def test_normalisation(text, expected):
    assert ev.normalise(text) == expected


@given(st.text(max_size=40))
@example("€1,2")
@settings(max_examples=60, deadline=None)
def test_text_once_normalised_has_no_capitals_no_commas_and_single_spaces(text):
    done = ev.normalise(text)
    assert done == " ".join(done.split())
    assert "," not in done
    assert done == done.lower()


@pytest.mark.parametrize(
    ("text", "answers", "expected"),
    [
        ("It is 28 days, I think.", ["28 days"], True),
        ("It is 128 days.", ["28 days"], False),  # whole words only
        ("28 daystars", ["28 days"], False),
        ("The Annex", ["annexe", "annex"], True),
        ("€40 a month", ["40 euros"], True),
        ("6", ["6 nights"], True),  # the unit is understood
        ("6.", ["six", "6 nights"], True),
        ("16", ["6 nights"], False),
        ("about 6", ["6 nights"], False),  # not the number alone
        ("02:00", ["02:00 to 04:00"], False),  # half a range is half an answer
        ("17", ["17 June 2026"], False),
        ("nights", ["6 nights"], False),
        ("", ["28 days"], False),
        ("anything", [], False),
    ],
)
def test_containment_and_bare_numbers(text, answers, expected):
    assert ev.contains_answer(text, answers) is expected


def test_exact_match_wants_the_whole_text():
    assert ev.exact_match("The 28 days.", ["28 days"])
    assert not ev.exact_match("28 days or so", ["28 days"])


@pytest.mark.parametrize(
    ("text", "answers", "expected"),
    [
        ("six nights in the ward", ["six nights"], 2 * 2 / (4 + 2)),  # "the" falls away
        ("six nights", ["nine days", "six nights"], 1.0),
        ("six six", ["six nights"], 2 * 1 / (2 + 2)),  # a word counts as often as both have it
        ("none of it", ["six nights"], 0.0),
        ("", ["six"], 0.0),
        ("six", [], 0.0),
    ],
)
def test_token_f1(text, answers, expected):
    assert ev.token_f1(text, answers) == pytest.approx(expected)


def test_right_means_an_accepted_answer_or_abstaining_where_there_is_none():
    assert ev.is_right("in 28 days", question("28 days"))
    assert ev.is_right(answer("28 days", "d1"), question("28 days"))
    assert not ev.is_right("I don't know.", question("28 days"))
    assert ev.is_right("I don’t know.", question())
    assert not ev.is_right("28 days", question())


def test_citations():
    asked = question("x", doc_ids=("d1", "d2"))
    assert ev.citation_precision(answer("x", "d1", "d3", "d4"), asked) == pytest.approx(1 / 3)
    assert ev.citation_recall(answer("x", "d1", "d3", "d4"), asked) == 0.5
    assert math.isnan(ev.citation_precision(answer("x"), asked))
    assert math.isnan(ev.citation_recall(answer("x", "d1"), question(doc_ids=())))


def test_rankings_by_hand():
    ranked, relevant = ["x", "a", "x", "a", "b", "y", "c"], ["a", "b", "c"]  # x a b y c without repeats
    assert ev.recall_at_k(ranked, relevant, 2) == pytest.approx(1 / 3)
    assert ev.recall_at_k(ranked, relevant, 3) == pytest.approx(2 / 3)
    assert ev.recall_at_k(ranked, relevant, 99) == 1
    assert ev.reciprocal_rank(ranked, relevant) == 1 / 2
    assert ev.reciprocal_rank(["x", "y"], relevant) == ev.reciprocal_rank([], relevant) == 0
    gained = 1 / math.log2(3) + 1 / math.log2(4) + 1 / math.log2(6)  # at ranks 2, 3 and 5
    best = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert ev.ndcg_at_k(ranked, relevant) == pytest.approx(gained / best)
    assert ev.ndcg_at_k(ranked, relevant, 2) == pytest.approx((1 / math.log2(3)) / (1 + 1 / math.log2(3)))
    assert ev.ndcg_at_k(["a", "b", "c"], relevant) == 1


def test_graded_gain_by_hand():
    grades = {"a": 3, "b": 1, "c": 0, "d": -1}  # c and d were judged and found wanting
    gained, best = 1 + 3 / math.log2(3), 3 + 1 / math.log2(3)
    assert ev.ndcg_at_k(["b", "a", "c", "d"], grades) == pytest.approx(gained / best)
    assert ev.ndcg_at_k(["d", "b", "b", "a"], grades) == pytest.approx((1 / math.log2(3) + 3 / math.log2(4)) / best)
    assert ev.ndcg_at_k(["b", "a"], grades, k=1) == pytest.approx(1 / 3)
    assert ev.ndcg_at_k(["a", "b"], grades) == 1
    assert ev.ndcg_at_k(["c", "x"], grades) == ev.ndcg_at_k([], grades) == 0
    assert ev.ndcg_at_k(["b", "x", "a"], dict.fromkeys("ab", 1)) == ev.ndcg_at_k(["b", "x", "a"], ["a", "b"])
    assert math.isnan(ev.ndcg_at_k(["c"], {"c": 0}))


def test_where_nothing_is_relevant_recall_and_ndcg_are_not_numbers():
    assert math.isnan(ev.recall_at_k(["a"], [], 5))
    assert math.isnan(ev.ndcg_at_k(["a"], []))


def test_comparing_arms():
    questions = [question("yes")] * 8
    some = ["yes"] * 2 + ["no"] * 6
    table = ev.compare({"base": some, "best": ["yes"] * 8, "same": some}, questions)
    assert list(table["n"]) == [8, 8, 8]
    assert list(table["accuracy"]) == [0.25, 1, 0.25]
    assert table.loc["best", "difference"] == 0.75
    assert table.loc["best", "p"] == pytest.approx(2 * 2 * 0.5**6)  # six coins one way, and twice for two comparisons
    assert table.loc["same", ["difference", "difference_low", "difference_high", "p"]].tolist() == [0, 0, 0, 1]
    assert table.loc["base", ["difference", "p"]].isna().all()
    assert (table["low"] <= table["accuracy"]).all()
    assert (table["accuracy"] <= table["high"]).all()


def test_comparing_leaves_out_what_is_not_a_number_pair_by_pair():
    table = ev.compare_values({"a": [0.5, NOTHING, 0.2, 0.1], "b": [0.7, 0.9, NOTHING, 0.1]}, "precision")
    assert list(table["n"]) == [3, 3]
    assert list(table["precision"]) == pytest.approx([0.8 / 3, 1.7 / 3])
    assert table.loc["b", "difference"] == pytest.approx(0.1)  # of 0.2 and 0
    assert table["p"].isna().all()


def test_arms_must_answer_the_same_questions():
    with pytest.raises(ValueError, match="Arm 'short' has 1 predictions for 2 questions"):
        ev.compare({"short": ["yes"]}, [question("yes")] * 2)
    with pytest.raises(ValueError, match="Arms answered 1 and 2 questions: compare them on the same ones"):
        ev.paired_difference([1], [1, 0])


def test_gold_passages_are_the_best_windows_that_hold_the_answer():
    text = "Leave is granted. Leave is 27 days. Ask early for leave. Nobody has 27 days."
    documents = [Document("d1", "Leave", text, "hr"), Document("d2", "Pay", "Pay comes on Friday.", "hr")]
    searched = Retriever(documents, "keyword", chunk=1)
    asked = question("27 days", doc_ids=("d2", "d1"))
    found = ev.gold_passages([asked, question("x", doc_ids=())], searched)
    assert [[hit.chunk_id for hit in hits] for hits in found] == [["d2#0", "d1#1"], []]
