"""How good a ranking is: what is found for a question, how it is measured, and what a stage changes."""

import time
from dataclasses import replace

import pytest

from utils import corpus
from utils.retrieval import Hit, Retriever, ranking_quality

BASE = next(question for question in corpus.load_questions("dev", "lookup") if len(question.doc_ids) == 1)


def asked(tenant: str = "network", **changed):
    return replace(BASE, **{"tenant": tenant, "doc_ids": ("a",), "answers": ("blue",), **changed})


def hits(*rows: str) -> list[Hit]:
    return [Hit(row.split(":")[0], row, row.partition(":")[2], 1.0) for row in rows]


def test_a_ranking_by_hand():
    found = [hits("x:red", "a:red", "y:red", "a:blue")]
    row = ranking_quality.measure(found, [asked()]).iloc[0]
    assert (row["recall@1"], row["recall@5"], row["MRR"]) == (0, 1, 0.5)
    assert row["nDCG@10"] == pytest.approx(0.631, abs=0.001)  # 1 / log2(3)
    assert row["answer in 3"] == 0, "the answer stands in the fourth chunk"


def test_chunks_count_as_their_document_and_other_topics_of_python_do_as_well():
    row = ranking_quality.measure([hits("a#3:blue")], [asked()]).iloc[0]
    assert (row["recall@1"], row["answer in 3"]) == (1, 1)
    either = asked("python", collection="python", doc_ids=("a", "b"))
    assert ranking_quality.measure([hits("b:red")], [either]).iloc[0]["recall@1"] == 1, "one of the topics is enough"
    assert ranking_quality.measure([hits("b:red")], [asked(doc_ids=("a", "b"))]).iloc[0]["recall@1"] == 0.5


def test_a_clinic_sees_its_own_pages_and_the_order_of_questions_stays():
    retriever = Retriever(corpus.load_handbook(), mode="keyword")
    questions = corpus.load_questions("dev", "tenant")[:6] + corpus.load_questions("dev", "lookup")[:2]
    questions = questions[::2] + questions[1::2]
    found = ranking_quality.search_all(retriever, questions, k=5)
    for question, row in zip(questions, found, strict=True):
        where = corpus.visible_to(question.tenant) if question.tenant != "network" else None
        assert row == retriever.search(question.question, 5, where)
    unfiltered = ranking_quality.search_all(retriever, questions, filtered=False, k=5)
    assert unfiltered == retriever.search_many([question.question for question in questions], 5)


def test_what_a_stage_changes():
    questions = [asked(), asked(), asked()]
    before, after = [hits("x:red", "a:red")] * 3, [hits("a:blue", "x:red")] * 3
    table = ranking_quality.gain(before, after, questions)
    assert (table.loc["answer in 3", ["n", "before", "after", "difference"]] == [3, 0, 1, 1]).all()
    assert ranking_quality.earns_its_place(table) == "yes"
    assert ranking_quality.earns_its_place(ranking_quality.gain(after, before, questions)) == "harms"
    assert ranking_quality.earns_its_place(ranking_quality.gain(after, after, questions)) == "no"
    torn = table.copy()
    torn.loc["nDCG@10", ["low", "high"]] = -0.2, -0.1
    assert ranking_quality.earns_its_place(torn) == "no", "helps in one measure and harms in the other"


def test_stages_keep_what_they_find_gain_and_take():
    stages = ranking_quality.Stages({"book": [asked()]})
    stages.add("search", "book", lambda: time.sleep(0.05) or [hits("x:red", "a:blue")])
    assert not stages.gains, "nothing to compare with"
    stages.add(
        "turned", "book", lambda found: [row[::-1] for row in found], stages.found["book", "search"], after="search"
    )
    assert stages.gains["+ turned · book"].loc["nDCG@10", "after"] == 1
    assert stages.milliseconds["book", "search"] >= 50
    assert stages.milliseconds["book", "turned"] < 50, "its own time, without that of the stage before"


def test_an_answer_in_the_top_k_stands_in_the_first_chunks():
    hits = [Hit("a", f"a#{n}", text, 0.0) for n, text in enumerate(["nothing", "27 days", "30 days"])]
    assert ranking_quality.answer_in_top_k(
        [hits, hits, hits, []], [["27 days"], ["30 days"], ["9 days"], ["27 days"]]
    ) == [1, 1, 0, 0]
    assert ranking_quality.answer_in_top_k([hits, hits], [["27 days"], ["30 days"]], k=2) == [1, 0]
    with pytest.raises(ValueError, match="shorter"):
        ranking_quality.answer_in_top_k([hits], [])
