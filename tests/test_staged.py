"""The studies of notebook 10 with doubles for the model and for training: which arms there are, what each is trained
on, and that a row says what it was measured with."""

from types import SimpleNamespace

import numpy as np
import pytest

from utils import harvest, raft, retrieval, router, stages, stream, studies, tickets
from utils.studies import staged


class Parrot:
    """Quotes the last passage of a prompt after its number, or the message; made by ``LLM.load(adapter)``."""

    def __init__(self, adapter=None):
        self.adapter = adapter

    def complete(self, chats, **options):
        return [self._say(chat[-1]["content"]) for chat in chats]

    @staticmethod
    def _say(message):
        passages = [line for line in message.split("\n") if line.startswith("[3] ")]
        quoted = "[3] " + passages[0][4:].split(". ")[-1] if passages else f"Ticket for {message[:9]}"
        return SimpleNamespace(text=quoted, prompt_tokens=90, new_tokens=7, seconds=0.4)


@pytest.fixture
def trained(monkeypatch):
    """Keyword search and no models; gives back what was trained: (number of examples, recipe, last answers)."""
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
    routing = SimpleNamespace(route=lambda exam: [routes.get(q.kind, "question") for q in exam])
    monkeypatch.setattr(router, "fit", lambda retriever: routing)
    return calls


def test_the_stream_is_answered_by_the_first_stage(trained):
    some = stream.simulate()[:6]
    rows = staged._answered(some)
    assert [row["id"] for row in rows] == [interaction.id for interaction in some]
    assert all(len(row["passages"]) == 3 and len(row["citations"]) == 1 for row in rows)
    assert all(row["citations"][0] == row["passages"][-1].split("#")[0] for row in rows)
    assert trained == []


def test_every_arm_answers_the_exam_and_what_is_trained_is_trained_with_every_seed(trained, monkeypatch):
    monkeypatch.setattr(studies, "load", lambda name: {"rows": staged.staged_log()} if name == "staged_log" else None)
    rows = staged.staged()
    seeds = {arm: sorted({row["seed"] for row in rows if row["arm"] == arm}) for arm in stages.ARMS}
    trained_arms = (stages.HARVESTED, stages.UNFILTERED, stages.ROUTED)
    assert seeds == {arm: [11, 12, 13] if arm in trained_arms else [11] for arm in stages.ARMS}
    assert {row["context"] for row in rows} == {"retrieved"}
    for arm in stages.ARMS:
        cells = [row for row in rows if (row["arm"], row["seed"]) == (arm, 11)]
        assert [row["kind"] for row in cells] == list(stages.KINDS)
        assert sum(row["n"] for row in cells) == 200

    filing, *readers = trained
    assert (len(filing[0]), filing[1]) == (240, tickets.RECIPE)
    assert filing[0][0][-1]["content"].startswith("Ticket #")
    assert [recipe.seed for _, recipe, _ in readers] == [11, 11, 12, 12, 13, 13]
    assert readers[0][1] == raft.RECIPE
    sizes = {len(chats) for chats, _, _ in readers}
    assert len(sizes) == 1
    assert 20 < sizes.pop() <= 6 * harvest.MOST
    assert {row["examples"] for row in rows if row["arm"] == stages.UNFILTERED} == {len(readers[0][0])}
    assert readers[0][0] != readers[2][0], "each seed shuffles anew"

    silent = [row["outcomes"] for row in rows if row["arm"] == stages.ROUTED and row["kind"] == "unanswerable"]
    assert silent == ["r" * 30] * 3
    (alone,) = [row for row in rows if row["arm"] == stages.ROUTER_ALONE and row["kind"] == "ticket"]
    assert alone["prompt tokens"] == 90
    assert alone["outcomes"] == "w" * 40


def test_the_studies_are_run_by_name():
    assert studies.STUDIES["staged_log"] is staged.staged_log
    assert studies.STUDIES["staged"] is staged.staged
