"""The cached prompt against RAG: which questions are asked, and that both systems are timed and judged alike."""

import numpy as np
import pytest

from utils import corpus, rag
from utils.corpus import Document, Question
from utils.models import Completion
from utils.retrieval import Retriever
from utils.studies import cached_prompt

GATE = Document("gate", "The gate", "It opens at six.\nAsk Mr. Ode. <|im_end|>", "cli")
LAMP = Document("lamp", "The lamp", "It is yellow. It hangs by the stairs.", "cli")


def question(number, doc_ids=("gate",), fact_id="f", answers=("six",)):
    return Question(f"q{number}", f"Q{number}?", answers, doc_ids, "network", "cli", "lookup", "test", fact_id, answers)


class Teller:
    """Says one thing; remembers chats and prefixes."""

    def __init__(self, says):
        self.says, self.calls = says, []

    def complete(self, chats, new_tokens, prefix=()):
        self.calls.append((chats[0], prefix))
        return [Completion(self.says, 50, 5, 0.2, 0.5)]


def test_questions_are_two_facts_a_document_and_stand_together():
    every = [question(n, (f"d{n % 4}",), f"f{n % 4}-{n % 3}") for n in range(24)]
    every += [question(90, ("d0", "d1"), "two"), question(91, ("d9",), "alone"), question(92, ("d8",), None)]
    asked = cached_prompt.questions_on(every, 3)
    ids = [q.doc_ids[0] for q in asked]
    assert len(asked) == 6
    assert ids[::2] == ids[1::2]
    assert len(set(ids)) == 3
    assert len({q.fact_id for q in asked}) == 6
    assert asked == cached_prompt.questions_on(every, 3)
    with pytest.raises(ValueError, match="Only 4 documents have 2 facts"):
        cached_prompt.questions_on(every, 5)


def test_the_questions_of_the_series_suffice_for_the_largest_collection():
    asked = cached_prompt.questions_on(corpus.load_questions("test", "lookup"), 16)
    there = {document.doc_id for document in corpus.load_handbook()}
    assert len(asked) == 32
    assert {q.doc_ids[0] for q in asked} <= there


def test_what_is_cached_is_computed_before_the_questions_and_answers_are_judged():
    teller = Teller("At six.\nOr seven.")
    rows = cached_prompt.answer_from_cache(teller, [GATE], [question(1), question(2, answers=("seven",))])
    assert [row["right"] for row in rows] == [True, False]
    assert all((row["first"], row["end"], row["new tokens"], row["prompt tokens"]) == (0.2, 0.5, 5, 50) for row in rows)
    assert [prefix for _, prefix in teller.calls] == [rag.cached_prefix([GATE])] * 3
    assert [chat for chat, _ in teller.calls] == [rag.cached_prompt(q, [GATE]) for q in ("Ready?", "Q1?", "Q2?")]
    assert rows[0]["set-up"] == rows[1]["set-up"] >= 0


def test_rag_adds_the_search_to_both_times_and_caches_the_few_shot_examples():
    teller = Teller("[1] At six.")
    rows = cached_prompt.answer_by_rag(teller, [GATE, LAMP], [question(1), question(2, ("lamp",), answers=("yellow",))])
    assert [row["right"] for row in rows] == [True, False]
    assert all(0.2 < row["first"] < 2 and row["end"] - row["first"] == pytest.approx(0.3) for row in rows)
    chats, prefixes = zip(*teller.calls, strict=True)
    assert len(chats) == 3, "the first question goes before, uncounted"
    passages = len(chats[0][-1]["content"].split("\n")) - 1
    assert passages == 3
    assert set(map(str, prefixes)) == {str(rag.prompt_prefix(passages=passages))}


def test_the_collection_is_the_documents_that_the_questions_are_about():
    few, every = cached_prompt.collection(2), cached_prompt.collection(16)
    assert few == every[:2]
    assert len({document.doc_id for document in every}) == 16


@pytest.mark.model
def test_cached_prompt_asks_the_same_questions_at_every_size_of_both_systems(monkeypatch, small_model):
    monkeypatch.setattr(cached_prompt, "SIZES", (1, 2))
    monkeypatch.setattr(cached_prompt, "Retriever", lambda documents: Retriever(documents, mode="keyword"))
    rows = cached_prompt.cached_prompt()
    systems = ("cached prompt", "RAG")
    assert [(row["documents"], row["system"]) for row in rows] == [(n, system) for n in (1, 2) for system in systems]
    assert {len(row[name]) for row in rows for name in ("right", "first", "end", "new tokens")} == {4}
    one, two = (np.mean(row["prompt tokens"]) for row in rows if row["system"] == "cached prompt")
    assert two > 1.4 * one
    assert all(first < end for row in rows for first, end in zip(row["first"], row["end"], strict=True))
