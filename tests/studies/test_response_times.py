"""How long every system takes: that each asks the question in its own form, and what is trained for it."""

import numpy as np
import pytest

from utils import rag
from utils.models.chats import prefix_tokens
from utils.rag import timing
from utils.retrieval import Hit, Retriever
from utils.studies import cached_prompt, response_times
from utils.tasks import facts

HITS = [Hit("a", "a#0", "First.", 0.9), Hit("b", "b#0", "Second.", 0.8)]


@pytest.mark.model
def test_every_system_asks_the_question_and_begins_with_its_prefix(llm):
    every = response_times.timed_systems(llm, llm, llm)
    for name, system in every.items():
        made = system.chat("Who opens the gate?", HITS * 3 if system.k == 5 else HITS[: system.k] or [])
        assert "Who opens the gate?" in made[-1]["content"], name
        assert ("First." in made[-1]["content"]) == bool(system.k), name
        if system.prefix:
            shared = prefix_tokens(llm.tokenizer, system.prefix)
            assert system.llm is not llm, "a prefix of its own"
            if system.k != 3:  # with three passages checked below
                assert llm.prompt_ids(made)[: len(shared)] == shared, name
    three = [*HITS, Hit("c", "c#0", "Third.", 0.1)]
    for name in (response_times.SHARED, response_times.READER):
        ids, shared = llm.prompt_ids(every[name].chat("Why?", three)), prefix_tokens(llm.tokenizer, every[name].prefix)
        assert ids[: len(shared)] == shared, name
    assert [every[f"RAG, k = {k}"].k for k in (1, 3, 5)] == [1, 3, 5]
    assert (
        every[response_times.MERGED].chat("Why?", ())
        == facts.prompt("Why?")
        == every[response_times.UNMERGED].chat("Why?", ())
    )
    assert every[response_times.READER].chat("Why?", three) == rag.prompt("Why?", three, ())
    cached = every[response_times.CACHED].prefix[-1]["content"]
    assert all(document.title in cached for document in cached_prompt.collection(response_times.CACHED_DOCUMENTS))


def test_the_adapter_is_of_one_step_of_the_recipe_of_notebook_03(monkeypatch):
    asked = []
    monkeypatch.setattr(
        response_times.finetuning, "train", lambda examples, recipe, label: asked.append((examples, recipe))
    )
    response_times.one_step_adapter()
    ((examples, recipe),) = asked
    assert len(examples) <= recipe.batch_size
    assert recipe.epochs == 1
    shape = [(r.rank, r.targets, r.top_layers) for r in (recipe, facts.RECIPE)]
    assert shape[0] == shape[1], "of another shape it would be of another speed"


@pytest.mark.model
def test_response_times_has_a_row_a_system_with_every_request(monkeypatch, small_model):
    monkeypatch.setattr(response_times, "REQUESTS", 2)
    monkeypatch.setattr(response_times, "Retriever", lambda documents: Retriever(documents, mode="keyword"))
    rows = {row["system"]: row for row in response_times.response_times()}
    assert {
        response_times.MERGED,
        response_times.UNMERGED,
        response_times.SHARED,
        response_times.READER,
        response_times.CACHED,
    } < set(rows)
    assert len(rows) == 10
    assert {len(row[part]) for row in rows.values() for part in timing.PARTS} == {2}
    assert all(value > 0 for row in rows.values() for part in ("prefill", "decode") for value in row[part])
    assert [name for name, row in rows.items() if sum(row["embed"])] == [n for n in rows if "k =" in n]
    assert {name for name, row in rows.items() if row["shared_tokens"] > 100} == {
        response_times.SHARED,
        response_times.CACHED,
    }
    assert np.mean(rows[response_times.CACHED]["prompt_tokens"]) > 1000
