"""Metrics of answers, citations and rankings, against values worked out by hand."""

import math
from dataclasses import replace

import pytest

from utils.corpus import Question
from utils.evaluation import citation_precision, citation_recall, is_right, ndcg_at_k, recall_at_k, reciprocal_rank
from utils.rag import Answer


def question(*answers, doc_ids=("d1",)):
    return Question("q", "?", answers, doc_ids, "network", "hr", "lookup", "test", None, ())


def answer(text="", *citations):
    return Answer(text, citations)


def test_right_means_an_accepted_answer_or_abstaining_where_there_is_none():
    assert is_right("in 28 days", question("28 days"))
    assert is_right(answer("28 days", "d1"), question("28 days"))
    assert not is_right("I don't know.", question("28 days"))
    assert is_right("I don’t know.", question())
    assert not is_right("28 days", question())
    assert not is_right("I don't know whether it is 28 days.", question("28 days"))


def test_the_question_says_which_of_two_values_is_meant():
    asked = replace(question("€11"), question="What is the meal allowance on a night shift?")
    assert is_right("It is €8.50 on day shifts and €11 on night shifts.", asked)
    assert not is_right("It is €11 on day shifts and €8.50 on night shifts.", asked)


def test_citations():
    asked = question("x", doc_ids=("d1", "d2"))
    assert citation_precision(answer("x", "d1", "d3", "d4"), asked) == pytest.approx(1 / 3)
    assert citation_recall(answer("x", "d1", "d3", "d4"), asked) == 0.5
    assert math.isnan(citation_precision(answer("x"), asked))
    assert math.isnan(citation_recall(answer("x", "d1"), question(doc_ids=())))


def test_rankings_by_hand():
    ranked, relevant = ["x", "a", "x", "a", "b", "y", "c"], ["a", "b", "c"]  # x a b y c without repeats
    assert recall_at_k(ranked, relevant, 2) == pytest.approx(1 / 3)
    assert recall_at_k(ranked, relevant, 3) == pytest.approx(2 / 3)
    assert recall_at_k(ranked, relevant, 99) == 1
    assert reciprocal_rank(ranked, relevant) == 1 / 2
    assert reciprocal_rank(["x", "y"], relevant) == reciprocal_rank([], relevant) == 0
    gained = 1 / math.log2(3) + 1 / math.log2(4) + 1 / math.log2(6)  # at ranks 2, 3 and 5
    best = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert ndcg_at_k(ranked, relevant) == pytest.approx(gained / best)
    assert ndcg_at_k(ranked, relevant, 2) == pytest.approx((1 / math.log2(3)) / (1 + 1 / math.log2(3)))
    assert ndcg_at_k(["a", "b", "c"], relevant) == 1


def test_graded_gain_by_hand():
    grades = {"a": 3, "b": 1, "c": 0, "d": -1}  # c and d were judged and found wanting
    gained, best = 1 + 3 / math.log2(3), 3 + 1 / math.log2(3)
    assert ndcg_at_k(["b", "a", "c", "d"], grades) == pytest.approx(gained / best)
    assert ndcg_at_k(["d", "b", "b", "a"], grades) == pytest.approx((1 / math.log2(3) + 3 / math.log2(4)) / best)
    assert ndcg_at_k(["b", "a"], grades, k=1) == pytest.approx(1 / 3)
    assert ndcg_at_k(["a", "b"], grades) == 1
    assert ndcg_at_k(["c", "x"], grades) == ndcg_at_k([], grades) == 0
    assert ndcg_at_k(["b", "x", "a"], dict.fromkeys("ab", 1)) == ndcg_at_k(["b", "x", "a"], ["a", "b"])
    assert math.isnan(ndcg_at_k(["c"], {"c": 0}))


def test_where_nothing_is_relevant_recall_and_ndcg_are_not_numbers():
    assert math.isnan(recall_at_k(["a"], [], 5))
    assert math.isnan(ndcg_at_k(["a"], []))
