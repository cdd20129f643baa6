"""The ticket systems: what each is asked, and the rows that they store."""

import random
from types import SimpleNamespace

from utils import corpus
from utils.studies import tickets as studies_tickets
from utils.tasks import tickets


class Scribe:
    """Writes the right line for every message that it has been shown, otherwise small talk; remembers its calls."""

    def __init__(self, records):
        self.lines, self.calls = {record["complaint"]: record["ticket"] for record in records}, []

    def complete(self, chats, max_new_tokens, prefix=(), label=""):
        self.calls.append((label, chats, prefix))
        shown = [any(m["role"] == "assistant" for m in chat) for chat in chats]
        texts = [self.lines[chat[-1]["content"]] if s else "Hello!" for chat, s in zip(chats, shown, strict=True)]
        return [
            SimpleNamespace(text=text, seconds=0.5, prompt_tokens=len(chat))
            for text, chat in zip(texts, chats, strict=True)
        ]


def test_five_systems_are_asked_for_tickets_and_every_prefix_is_shared():
    records = corpus.load_records("tickets")
    train, test = tickets.load("train")[:60], random.Random(1).sample(tickets.load("test"), 3)
    base, tuned = Scribe(records), Scribe(records)
    rows = studies_tickets._tickets(train, test, base, tuned, 150.0)
    assert [row["system"] for row in rows] == ["prompt", "few-shot", "retrieved examples", "fine-tuned", "both"]
    assert [row["all fields"] for row in rows] == [[0] * 3, [1] * 3, [1] * 3, [0] * 3, [1] * 3]
    assert [row["prompt_tokens"] for row in rows] == [2, 12, 8, 2, 8]
    assert [row["training"] for row in rows] == [0, 0, 0, 150, 150]
    assert [label for label, _, _ in tuned.calls] == ["fine-tuned", "both"]
    for label, chats, prefix in base.calls + tuned.calls:
        assert all(chat[: len(prefix)] == prefix for chat in chats), label
    assert tuned.calls[0][1][0] == tickets.prompt(test[0])


def test_the_learning_curve_is_of_four_sizes_and_small_sets_are_not_short_of_steps(monkeypatch):
    trained = []
    monkeypatch.setattr(
        studies_tickets.finetuning, "train", lambda chats, recipe, label: trained.append((chats, recipe.epochs))
    )
    monkeypatch.setattr(studies_tickets.LLM, "load", lambda adapter: Scribe([]))
    rows = studies_tickets.learning_curve()
    assert [row["examples"] for row in rows] == [len(chats) for chats, _ in trained] == [30, 60, 120, 240]
    assert [row["valid"] for row in rows] == [0] * 4
    assert [len(chats) * epochs / tickets.RECIPE.batch_size for chats, epochs in trained] == [60, 60, 60, 120]
    assert trained[-1][0] == [tickets.example(record) for record in tickets.load("train")]
