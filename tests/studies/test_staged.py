"""The stages, with doubles for the model and for training: which systems there are, what each is trained on, and that a
row says what it was measured with."""

from types import SimpleNamespace

import numpy as np
import pytest

from utils import retrieval
from utils.finetuning import raft
from utils.models import Completion
from utils.staged import exam, harvest, router, simulation
from utils.studies import staged
from utils.tasks import tickets


class Parrot:
    """Quotes the last passage of a prompt after its number, or the message; made by ``LLM.load(adapter)``."""

    def __init__(self, adapter=None):
        self.adapter = adapter

    def complete(self, chats, max_new_tokens, **options):
        return [self._say(chat[-1]["content"]) for chat in chats]

    @staticmethod
    def _say(message):
        passages = [line for line in message.split("\n") if line.startswith("[3] ")]
        quoted = "[3] " + passages[0][4:].split(". ")[-1] if passages else f"Ticket for {message[:9]}"
        return Completion(quoted, 90, 7, 0.1, 0.4)


@pytest.fixture
def trained(monkeypatch):
    """Keyword search and no models; gives back what was trained: (examples, recipe, label)."""
    calls = []

    def train(chats, recipe, label):
        calls.append((chats, recipe, label))
        return f"adapter {len(calls)}"

    keyword = lambda documents: retrieval.Retriever(documents, mode="keyword")  # noqa: E731
    monkeypatch.setattr(staged, "Retriever", keyword)
    monkeypatch.setattr(staged, "LLM", SimpleNamespace(load=Parrot))
    monkeypatch.setattr(staged.finetuning, "train", train)
    monkeypatch.setattr(harvest, "embed", lambda texts: np.eye(400, dtype=np.float32)[: len(texts)])
    routes = {"ticket": "ticket", "unanswerable": "unknown"}
    routing = SimpleNamespace(route=lambda asked: [routes.get(q.kind, "question") for q in asked])
    monkeypatch.setattr(router, "fit", lambda retriever: routing)
    return calls


def test_the_stream_is_answered_by_the_first_stage(trained):
    some = simulation.simulate()[:6]
    rows = staged._answered(some)
    assert [row["id"] for row in rows] == [interaction.id for interaction in some]
    assert all(len(row["passages"]) == 3 and len(row["citations"]) == 1 for row in rows)
    assert all(row["citations"][0] == row["passages"][-1].split("#")[0] for row in rows)
    assert trained == []


def test_every_system_answers_the_exam_and_what_is_trained_is_trained_with_every_seed(trained, monkeypatch):
    log = {"staged_log": {"rows": staged.staged_log()}}
    monkeypatch.setattr(staged.results, "load", log.__getitem__)
    rows = staged.staged()
    seeds = {system: sorted({row["seed"] for row in rows if row["system"] == system}) for system in exam.SYSTEMS}
    trained_systems = (exam.HARVESTED, exam.UNFILTERED, exam.ROUTED)
    assert seeds == {system: [11, 12, 13] if system in trained_systems else [11] for system in exam.SYSTEMS}
    assert {row["context"] for row in rows} == {"retrieved"}
    for system in exam.SYSTEMS:
        cells = [row for row in rows if (row["system"], row["seed"]) == (system, 11)]
        assert [row["kind"] for row in cells] == list(exam.KINDS)
        assert sum(row["n"] for row in cells) == 200

    filing, *readers = trained
    assert (len(filing[0]), filing[1]) == (240, tickets.RECIPE)
    assert filing[0][0][-1]["content"].startswith("Ticket #")
    assert [recipe.seed for _, recipe, _ in readers] == [11, 11, 12, 12, 13, 13]
    assert readers[0][1] == raft.RECIPE
    sizes = {len(chats) for chats, _, _ in readers}
    assert len(sizes) == 1
    assert 20 < sizes.pop() <= 6 * harvest.MOST
    assert {row["examples"] for row in rows if row["system"] == exam.UNFILTERED} == {len(readers[0][0])}
    assert readers[0][0] != readers[2][0], "each seed shuffles anew"

    silent = [row["outcomes"] for row in rows if row["system"] == exam.ROUTED and row["kind"] == "unanswerable"]
    assert silent == ["r" * 30] * 3
    (alone,) = [row for row in rows if row["system"] == exam.ROUTER_ALONE and row["kind"] == "ticket"]
    assert alone["prompt tokens"] == 90
    assert alone["outcomes"] == "w" * 40
