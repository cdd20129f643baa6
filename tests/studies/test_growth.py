"""The growing collection: what is added at which size, what is found, and the exact search over many vectors."""

from types import SimpleNamespace

import numpy as np
import pytest

from utils import corpus
from utils.corpus import Document, chunk_document
from utils.retrieval import Retriever
from utils.studies import growth

PAGES = [Document(f"d{n}", f"Page {n}", f"One is {n}. Two is {n}. Three is {n}.", "python") for n in range(6)]


def test_an_exact_search_is_timed_for_every_size_on_vectors_that_are_all_different(monkeypatch):
    real = np.eye(4, 8, dtype=np.float32)
    added = []
    moved = growth._moved
    monkeypatch.setattr(growth, "_moved", lambda *arguments: added.append(moved(*arguments)) or added[-1])
    rows = growth.exact_search_milliseconds(real, (3, 10), searches=2)
    assert [(row["vectors"], len(row["milliseconds"])) for row in rows] == [(3, 2), (10, 2)]
    assert all(value >= 0 for row in rows for value in row["milliseconds"])
    vectors = np.vstack(added[1:])  # the first are the queries
    assert vectors.shape == (10, 8)
    assert len(np.unique(vectors, axis=0)) == 10
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(10), abs=1e-5)
    assert (vectors.argmax(axis=1) == [0, 1, 2, 0, 1, 2, 3, 0, 1, 2]).all(), "each lies near its real one"


def test_jitter_moves_a_vector_of_the_real_width_as_far_as_is_said():
    real = np.random.default_rng(1).normal(size=(50, 384)).astype(np.float32)
    real /= np.linalg.norm(real, axis=1, keepdims=True)
    cosines = (growth._moved(real, 50, np.random.default_rng(2)) * real).sum(axis=1)
    assert cosines.mean() == pytest.approx(0.93, abs=0.01)


def test_documents_are_added_until_there_are_so_many_chunks():
    left = list(PAGES)
    sizes = [len(chunk_document(page)) for page in PAGES]
    taken = growth._up_to(left, 0, sizes[0] + 1)
    assert (taken, left) == (PAGES[:2], PAGES[2:])
    assert growth._up_to(left, 10_000, 100) == []
    assert growth._up_to(left, 10_000, None) == PAGES[2:]
    assert left == []


def test_the_other_documents_are_every_topic_in_a_frozen_random_order():
    first, again = growth.other_documents(), growth.other_documents()
    assert first == again != corpus.python_docs()
    assert sorted(d.doc_id for d in first) == sorted(d.doc_id for d in corpus.python_docs())


def test_found_is_one_value_a_question_and_leaves_the_search_as_it_was():
    pages = [Document("gate", "The gate", "The gate opens at six.", "cli"), *PAGES]
    retriever = Retriever(pages)
    asked = [
        SimpleNamespace(question="When does the gate open?", doc_ids=("gate",)),
        SimpleNamespace(question="What is two on page 4?", doc_ids=("gate",)),
    ]
    found = growth._found(retriever, asked, "dense")
    assert found["found"][0] == 1
    assert found["milliseconds"] > 0
    assert retriever.mode == "hybrid"


@pytest.mark.model
def test_growth_has_a_row_a_size_and_reads_at_both_ends(monkeypatch, small_model):
    monkeypatch.setattr(corpus, "python_docs", lambda: list(PAGES))
    monkeypatch.setattr(corpus, "load_handbook", lambda: [Document("a", "A", "One. Two. Three.", "hr")])
    for name, value in {"ASKED": 3, "READ": 2, "CHUNKS": (0, 4, None), "VECTORS": (20, 40)}.items():
        monkeypatch.setattr(growth, name, value)
    *sizes, small, large = growth.growth()
    assert [row["documents"] for row in sizes] == [1, 2, 7]
    assert [len(row[f"{mode} found"]) for row in sizes for mode in ("dense", "hybrid")] == [3] * 6
    assert ["right" in row for row in sizes] == [True, False, True]
    assert (small["vectors"], large["vectors"]) == (20, 40)
    assert len(large["milliseconds"]) == 14, "a search for every real vector, at most 20"
