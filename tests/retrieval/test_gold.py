"""The chunks that answer a question, and the best-ranked ones that do not."""

import pytest

from utils import corpus, retrieval
from utils.corpus import Document, Question
from utils.retrieval import Retriever
from utils.scoring import mentions

TRAIN = corpus.load_questions("train")
LOOKUP = [q for q in TRAIN if q.kind == "lookup"][::12]
TENANT = [q for q in TRAIN if q.kind == "tenant"][::8]
NOWHERE = [q for q in TRAIN if q.kind == "unanswerable"][:6]


def question(*answers, doc_ids=("d1",)):
    return Question("q", "?", answers, doc_ids, "network", "hr", "lookup", "test", None, ())


def test_gold_passages_are_the_best_chunks_that_hold_the_answer():
    text = "Leave is granted. Leave is 27 days. Ask early for leave. Nobody has 27 days."
    documents = [Document("d1", "Leave", text, "hr"), Document("d2", "Pay", "Pay comes on Friday.", "hr")]
    searched = Retriever(documents, "keyword", chunk=1)
    asked = question("27 days", doc_ids=("d2", "d1"))
    found = retrieval.gold_passages([asked, question("x", doc_ids=())], searched)
    assert [[hit.chunk_id for hit in hits] for hits in found] == [["d2#0", "d1#1"], []]


@pytest.fixture(scope="module")
def searched():
    return Retriever(corpus.load_handbook(), mode="keyword")


@pytest.mark.parametrize("question", LOOKUP + TENANT + NOWHERE, ids=lambda q: q.id)
def test_distractors_are_the_best_ranked_chunks_that_do_not_answer(question, searched):
    hits = retrieval.distractors(question, searched)
    assert len(hits) == 3
    assert not any(mentions(hit.text, question.answers) for hit in hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    ranked = searched.search(question.question, 12, corpus.visible_to(question.tenant))
    before = ranked[: ranked.index(hits[-1])]
    better = [hit for hit in before if hit not in hits and not mentions(hit.text, question.answers)]
    assert not better, "a better one was left out"
