"""The studies of notebook 11 on small doubles: what they ask, and the rows that they store."""

import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from utils import arms, corpus, exact, latency, models, shelf, tickets
from utils.corpus import Document
from utils.retrieval import Retriever
from utils.studies import STUDIES, deciding

PAGES = [Document(f"d{n}", f"Page {n}", f"One is {n}. Two is {n}. Three is {n}.", "python") for n in range(6)]


def test_the_studies_are_there_by_name():
    assert {"response_times", "cached_prompt", "growth", "ticket_arms"} <= set(STUDIES)


def test_an_exact_search_is_timed_for_every_size_on_vectors_that_are_all_different(monkeypatch):
    real = np.eye(4, 8, dtype=np.float32)
    added = []
    moved = exact._moved
    monkeypatch.setattr(exact, "_moved", lambda *arguments: added.append(moved(*arguments)) or added[-1])
    rows = exact.milliseconds(real, (3, 10), searches=2)
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
    cosines = (exact._moved(real, 50, np.random.default_rng(2)) * real).sum(axis=1)
    assert cosines.mean() == pytest.approx(0.93, abs=0.01)


def test_documents_are_added_until_there_are_so_many_windows():
    left = list(PAGES)
    sizes = [len(deciding.chunk_document(page)) for page in PAGES]
    taken = deciding._up_to(left, 0, sizes[0] + 1)
    assert (taken, left) == (PAGES[:2], PAGES[2:])
    assert deciding._up_to(left, 10_000, 100) == []
    assert deciding._up_to(left, 10_000, None) == PAGES[2:]
    assert left == []


def test_the_distractors_are_every_topic_in_a_frozen_random_order():
    first, again = deciding.distractors(), deciding.distractors()
    assert first == again != corpus.python_docs()
    assert sorted(d.doc_id for d in first) == sorted(d.doc_id for d in corpus.python_docs())


def test_found_is_one_value_a_question_and_leaves_the_search_as_it_was():
    pages = [Document("gate", "The gate", "The gate opens at six.", "cli"), *PAGES]
    retriever = Retriever(pages)
    asked = [SimpleNamespace(question="When does the gate open?", doc_ids=("gate",)),
             SimpleNamespace(question="What is two on page 4?", doc_ids=("gate",))]  # fmt: skip
    found = deciding._found(retriever, asked, "dense")
    assert found["found"][0] == 1
    assert found["milliseconds"] > 0
    assert retriever.mode == "hybrid"


def test_the_kept_documents_are_those_that_the_questions_are_about():
    few, all_of_them = deciding.kept_documents(2), deciding.kept_documents(16)
    assert few == all_of_them[:2]
    assert len({document.doc_id for document in all_of_them}) == 16


@pytest.fixture
def tiny(monkeypatch, tmp_path, llm):
    """Studies with a model of the real vocabulary and next to nothing else, and with keyword search alone."""

    def small():
        torch.manual_seed(0)
        sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 12, "num_attention_heads": 2}
        model = LlamaForCausalLM(LlamaConfig(vocab_size=49_152, max_position_embeddings=8192, **sizes))
        return model.eval(), llm.tokenizer

    monkeypatch.setenv("RVF_RUNS", str(tmp_path))
    monkeypatch.setattr(models, "load_llm", small)
    for module in (deciding, shelf):
        monkeypatch.setattr(module, "Retriever", lambda documents: Retriever(documents, mode="keyword"))


@pytest.mark.model
def test_response_times_has_a_row_an_arm_with_every_request(monkeypatch, tiny):
    monkeypatch.setattr(deciding, "REQUESTS", 2)
    rows = {row["arm"]: row for row in deciding.response_times()}
    assert {arms.MERGED, arms.UNMERGED, arms.SHARED, arms.READER, arms.CACHED} < set(rows)
    assert len(rows) == 10
    assert {len(row[part]) for row in rows.values() for part in latency.PARTS} == {2}
    assert all(value > 0 for row in rows.values() for part in ("prefill", "decode") for value in row[part])
    assert [name for name, row in rows.items() if sum(row["embed"])] == [n for n in rows if "k =" in n]
    assert {name for name, row in rows.items() if row["shared_tokens"] > 100} == {arms.SHARED, arms.CACHED}
    assert np.mean(rows[arms.CACHED]["prompt_tokens"]) > 1000


@pytest.mark.model
def test_cached_prompt_asks_the_same_questions_at_every_size_in_both_ways(monkeypatch, tiny):
    monkeypatch.setattr(deciding, "SIZES", (1, 2))
    rows = deciding.cached_prompt()
    ways = ("cached prompt", "RAG")
    assert [(row["documents"], row["way"]) for row in rows] == [(size, way) for size in (1, 2) for way in ways]
    assert {len(row[name]) for row in rows for name in ("right", "first", "end", "new tokens")} == {4}
    one, two = (np.mean(row["prompt tokens"]) for row in rows if row["way"] == "cached prompt")
    assert two > 1.4 * one
    assert all(first < end for row in rows for first, end in zip(row["first"], row["end"], strict=True))


@pytest.mark.model
def test_growth_has_a_row_a_size_and_reads_at_both_ends(monkeypatch, tiny):
    monkeypatch.setattr(deciding, "Retriever", Retriever)
    monkeypatch.setattr(corpus, "python_docs", lambda: list(PAGES))
    monkeypatch.setattr(corpus, "load_handbook", lambda: [Document("a", "A", "One. Two. Three.", "hr")])
    for name, value in {"ASKED": 3, "READ": 2, "WINDOWS": (0, 4, None), "VECTORS": (20, 40)}.items():
        monkeypatch.setattr(deciding, name, value)
    *sizes, small, large = deciding.growth()
    assert [row["documents"] for row in sizes] == [1, 2, 7]
    assert [len(row[f"{mode} found"]) for row in sizes for mode in ("dense", "hybrid")] == [3] * 6
    assert ["right" in row for row in sizes] == [True, False, True]
    assert (small["vectors"], large["vectors"]) == (20, 40)
    assert len(large["milliseconds"]) == 14, "a search for every real vector, at most 20"


class Scribe:
    """Writes the right line for every message that it has been shown, otherwise small talk; remembers its calls."""

    def __init__(self, records):
        self.lines, self.calls = {record["complaint"]: record["ticket"] for record in records}, []

    def complete(self, chats, max_new_tokens, prefix, label):
        self.calls.append((label, chats, prefix))
        shown = [any(m["role"] == "assistant" for m in chat) for chat in chats]
        texts = [self.lines[chat[-1]["content"]] if s else "Hello!" for chat, s in zip(chats, shown, strict=True)]
        return [
            SimpleNamespace(text=text, seconds=0.5, prompt_tokens=len(chat))
            for text, chat in zip(texts, chats, strict=True)
        ]


def test_tickets_are_asked_for_in_five_ways_and_every_prefix_is_shared():
    records = corpus.load_jsonl("tickets")
    train = [r for r in records if r["split"] == "train"][:60]
    test = random.Random(1).sample([r for r in records if r["split"] == "test"], 3)
    base, tuned = Scribe(records), Scribe(records)
    rows = deciding._tickets(train, test, base, tuned, 150.0)
    assert [row["way"] for row in rows] == ["prompt", "few-shot", "retrieved examples", "fine-tuned", "both"]
    assert [row["all fields"] for row in rows] == [[0] * 3, [1] * 3, [1] * 3, [0] * 3, [1] * 3]
    assert [row["prompt_tokens"] for row in rows] == [2, 12, 8, 2, 8]
    assert [row["training"] for row in rows] == [0, 0, 0, 150, 150]
    assert [label for label, _, _ in tuned.calls] == ["fine-tuned", "both"]
    for label, chats, prefix in base.calls + tuned.calls:
        assert all(chat[: len(prefix)] == prefix for chat in chats), label
    assert tuned.calls[0][1][0] == tickets.chat(test[0]["complaint"])
