"""Chunking and reranking on a few pages, with keyword search and a double for the cross-encoder."""

import pytest

from utils import corpus
from utils.corpus import Document, Question
from utils.retrieval import Retriever, reordered
from utils.studies import pipeline

PLACES = ("hall", "tower", "garden", "cellar", "harbour", "kitchen", "library", "market", "station")
PAGES = [Document(place, place, f"The {place} opens at nine. It is old. Ask at the desk.", "hr") for place in PLACES]
MEASURES = {"recall@1", "recall@5", "recall@10", "MRR", "nDCG@10", "answer in 3"}


def question(place, tenant="network", collection="hr"):
    text = f"When does the {place} open?"
    return Question(place, text, ("at nine",), (place,), tenant, collection, "lookup", "test", None, ())


class Keyword(Retriever):
    """Keyword search, whatever is asked for."""

    mode = property(lambda self: "keyword", lambda self, mode: None)


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Nine pages in each collection, two questions on each, and no embedder."""
    python = [question(place, "python", "python") for place in PLACES[2:4]]
    asked = {"handbook": [question(place) for place in PLACES[:2]], "Python": python}
    monkeypatch.setattr(corpus, "load_handbook", lambda: list(PAGES))
    monkeypatch.setattr(corpus, "python_docs", lambda: list(PAGES))
    monkeypatch.setattr(pipeline.ranking_quality, "question_sets", lambda split: asked)
    monkeypatch.setattr(pipeline, "Retriever", Keyword)


def test_both_collections_are_cut_in_seven_ways():
    rows = pipeline.chunking()
    assert len({(row["collection"], row["way"]) for row in rows}) == len(rows) == 14
    assert {row["collection"] for row in rows} == {"handbook", "Python"}
    assert {len(row[name]) for row in rows for name in MEASURES} == {2}
    counts = {row["way"]: row["chunks"] for row in rows}
    assert counts["whole"] == 9 < counts["2 sentences"] < counts["1 sentence"]
    assert all(row["words in 3"] > 0 for row in rows)


def test_every_stage_of_the_pipeline_has_a_row(monkeypatch):
    trained = []
    monkeypatch.setattr(pipeline.ranking_quality, "reranker_questions", lambda: [question(PLACES[4])])
    monkeypatch.setattr(pipeline.cross_encoder, "train_cross_encoder", lambda pairs, label: trained.append(pairs))
    backwards = lambda folder: lambda text, hits: reordered(hits, range(len(hits)))  # noqa: E731
    monkeypatch.setattr(pipeline.retrieval, "CrossEncoderReranker", backwards)
    rows = pipeline.reranking()
    assert [(row["collection"], row["stage"]) for row in rows] == [
        *(("handbook", stage) for stage in ("keyword", "dense", "hybrid", "filter", "cross-encoder")),
        *(("Python", stage) for stage in ("keyword", "dense", "hybrid", "cross-encoder")),
    ]
    assert {row["pairs"] for row in rows} == {len(trained[0])} != {0}
    assert {len(row[name]) for row in rows for name in MEASURES} == {2}
    by_stage = {row["stage"]: row["MRR"] for row in rows if row["collection"] == "handbook"}
    assert by_stage["filter"] == by_stage["hybrid"] == [1.0, 1.0]
    assert max(by_stage["cross-encoder"]) < 1, "the double turns the order round"
