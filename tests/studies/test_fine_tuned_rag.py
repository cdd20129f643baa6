"""The grid of readers and contexts, and the tuned embedder, with doubles for the models and for training."""

from types import SimpleNamespace

import numpy as np
import pytest

from utils import corpus
from utils.corpus import Document
from utils.finetuning import raft
from utils.models import Completion
from utils.retrieval import Retriever
from utils.settings import SEEDS
from utils.studies import fine_tuned_rag
from utils.tasks import facts, handbook_questions


class Parrot:
    """Says "two"; made by ``LLM.load(adapter)``."""

    def __init__(self, adapter=None):
        self.adapter = adapter

    def complete(self, chats, max_new_tokens, **options):
        return [Completion("two", 90, 7, 0.1, 0.4) for _ in chats]


@pytest.fixture
def trained(monkeypatch):
    """Keyword search and no models; gives back what was trained: (examples, recipe)."""
    calls = []
    monkeypatch.setattr(fine_tuned_rag, "Retriever", lambda documents, mode="": Retriever(documents, mode="keyword"))
    monkeypatch.setattr(fine_tuned_rag, "LLM", SimpleNamespace(load=Parrot))
    monkeypatch.setattr(
        fine_tuned_rag.finetuning, "train", lambda chats, recipe, label: calls.append((chats, recipe)) or "adapter"
    )
    return calls


def test_every_reader_meets_every_context_and_what_is_trained_is_trained_with_every_seed(trained):
    asked = handbook_questions.question_set()
    few = [next(q for q in asked if q.kind == kind) for kind in handbook_questions.KINDS]
    rows = fine_tuned_rag._grid(few, SEEDS, facts.RECIPE, raft.RECIPE, 20)
    cells = dict.fromkeys((row["seed"], row["system"], row["context"]) for row in rows)
    base, few_shot, facts_tuned, reader = handbook_questions.READERS
    systems = [(SEEDS[0], base), (SEEDS[0], few_shot)]
    systems += [(seed, system) for seed in SEEDS for system in (facts_tuned, reader)]
    assert list(cells) == [(*system, context) for system in systems for context in ("none", "retrieved", "oracle")]
    for cell in cells:
        kinds = [row["kind"] for row in rows if (row["seed"], row["system"], row["context"]) == cell]
        oracle = cell[-1] == "oracle"
        assert kinds == [kind for kind in handbook_questions.KINDS if not oracle or kind != "unanswerable"]
    assert [recipe.seed for _, recipe in trained] == [seed for seed in SEEDS for _ in range(2)]
    assert [len(chats) for chats, _ in trained] == [360, 20] * len(SEEDS)


def test_the_embedder_is_searched_with_as_it_comes_and_tuned_with_every_seed(trained, monkeypatch):
    tuned = []
    encode = lambda texts, **options: np.eye(9)[[len(text) % 9 for text in texts]]  # noqa: E731
    monkeypatch.setattr(fine_tuned_rag.models, "load_embedder", lambda: SimpleNamespace(encode=encode))
    monkeypatch.setattr(fine_tuned_rag.embedder_tuning, "load_tuned_embedder", lambda f: SimpleNamespace(encode=encode))
    monkeypatch.setattr(
        fine_tuned_rag.embedder_tuning, "tune_embedder", lambda pairs, recipe, label: tuned.append((pairs, recipe.seed))
    )
    long = Document("long", "Long", "One more. " * 2 * fine_tuned_rag.SHORT_TOPIC, "python")
    short = Document("short", "Short", "One more.", "python")
    monkeypatch.setattr(corpus, "python_docs", lambda: [long, short])
    parts = ("python", "python", "lookup", "test", None, ())
    about = [corpus.Question(doc_id, "Why?", ("x",), (doc_id,), *parts) for doc_id in ("long", "short")]
    monkeypatch.setattr(corpus, "python_questions", lambda: about)
    rows = fine_tuned_rag.embedder()
    assert [(row["seed"], row["kind"]) for row in rows] == [
        (seed, kind) for seed in (None, *SEEDS) for kind in ("lookup", "tenant", "python")
    ]
    counts = {kind: len(corpus.load_questions("test", kind)) for kind in ("lookup", "tenant")} | {"python": 1}
    assert all(len(row["ranks"]) == counts[row["kind"]] for row in rows), "the longer topic is left out"
    assert [seed for _, seed in tuned] == list(SEEDS)
    assert {row["pairs"] for row in rows if row["seed"]} == {len(pairs) for pairs, _ in tuned} != {0}
    assert {row["pairs"] for row in rows if not row["seed"]} == {0}
