"""Forgetting, shorthand and voice, with doubles for the model and for training: which runs there are."""

from types import SimpleNamespace

import pytest

from utils.models import Completion
from utils.settings import SEEDS
from utils.studies import domain_and_voice
from utils.tasks import shorthand, voice


class Echo:
    """Answers with the last message and the name of the adapter; made by ``LLM.load(adapter)``."""

    def __init__(self, adapter="base"):
        self.adapter = adapter

    def complete(self, chats, max_new_tokens, **options):
        return [Completion(f"{self.adapter}: {chat[-1]['content']}", 9, 3, 0.1, 0.2) for chat in chats]


@pytest.fixture
def trained(monkeypatch):
    """No models; gives back what was trained: (examples, recipe)."""
    calls = []

    def train(chats, recipe, label):
        calls.append((chats, recipe))
        return f"adapter {len(calls)}"

    monkeypatch.setattr(domain_and_voice, "LLM", SimpleNamespace(load=Echo))
    monkeypatch.setattr(domain_and_voice.finetuning, "train", train)
    return calls


def test_forgetting_is_measured_on_pages_that_were_not_trained_on(trained, monkeypatch):
    read = []
    monkeypatch.setattr(domain_and_voice.models, "losses", lambda llm, pages: read.append(pages) or [1.0] * len(pages))
    rows = domain_and_voice.forgetting()
    systems = [*(f"LoRA, rank {rank}" for rank in (4, 16, 64)), "all weights of the upper half"]
    assert [(row["seed"], row["system"]) for row in rows] == [
        (None, "untrained"),
        *((seed, system) for seed in SEEDS for system in systems),
    ]
    assert {(len(row["in domain"]), len(row["elsewhere"])) for row in rows} == {(30, 30)}
    assert [recipe.rank for _, recipe in trained] == [4, 16, 64, None] * len(SEEDS)
    assert {(len(chats), recipe.top_layers) for chats, recipe in trained} == {(40, 15)}
    assert not any(page in read[0] or page in read[1] for page in trained[0][0])


def test_every_system_writes_for_every_test_record(trained):
    rows = domain_and_voice.domain()
    assert [(row["task"], row["system"], row["seed"]) for row in rows] == [
        ("voice", "prompt only", None),
        ("voice", "few-shot", None),
        *(("shorthand", "fine-tuned", seed) for seed in SEEDS),
        *(("voice", "fine-tuned", seed) for seed in SEEDS),
    ]
    plain = [record["plain"] for record in voice.load("test")]
    notes = [record["note"] for record in shorthand.load("test")]
    assert rows[0]["texts"] == rows[1]["texts"] == [f"base: {text}" for text in plain]
    assert rows[2]["texts"] == [f"adapter 1: {text}" for text in notes]
    assert rows[-1]["texts"] == [f"adapter 6: {text}" for text in plain]
    assert [recipe.seed for _, recipe in trained] == [*SEEDS, *SEEDS]
    assert trained[0][0] == [shorthand.example(record) for record in shorthand.load("train")]
    assert trained[-1][0] == [voice.example(record) for record in voice.load("train")]
