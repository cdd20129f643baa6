"""Facts trained in, with doubles for the model and for training: which runs there are, and what their rows hold."""

from types import SimpleNamespace

import pytest

from utils.models import Completion
from utils.settings import SEEDS
from utils.studies import knowledge
from utils.tasks import facts


class Pupil:
    """Knows the answers that it was trained on, by the wordings of the examples; made by ``LLM.load(adapter)``."""

    def __init__(self, adapter):
        self.knows = {chat[-2]["content"]: chat[-1]["content"] for chat in adapter.chats}

    def complete(self, chats, max_new_tokens, **options):
        return [Completion(self.knows.get(chat[-1]["content"], "Hm."), 9, 3, 0.1, 0.2) for chat in chats]


@pytest.fixture
def trained(monkeypatch):
    """No models; gives back what was trained."""
    calls = []

    def train(chats, recipe, label, start=None):
        calls.append(SimpleNamespace(chats=chats, recipe=recipe, label=label, start=start))
        return calls[-1]

    report = {"seconds": 5.0, "tokens": 100, "examples": 7}
    monkeypatch.setattr(knowledge, "LLM", SimpleNamespace(load=Pupil))
    monkeypatch.setattr(knowledge.finetuning, "train", train)
    monkeypatch.setattr(knowledge.finetuning, "training_report", lambda adapter: report)
    return calls


def test_facts_are_learned_in_several_wordings_at_equal_numbers_of_examples(trained):
    rows = knowledge.wordings()
    runs = [(seed, count) for seed in SEEDS for count in (1, 6)] + [(SEEDS[0], 2), (SEEDS[0], 4)]
    assert [(row["seed"], row["wordings"]) for row in rows] == runs
    assert [run.recipe.seed for run in trained] == [seed for seed, _ in runs]
    assert {len(run.chats) for run in trained} == {360}
    assert [len({chat[-2]["content"] for chat in run.chats}) for run in trained] == [60 * count for _, count in runs]
    assert {(row["trained"], row["held out"], row["seconds"], row["tokens"]) for row in rows} == {(1.0, 0.0, 5.0, 100)}


def test_an_update_is_trained_on_top_or_from_the_base(trained, monkeypatch):
    monkeypatch.setattr(facts, "recall", lambda llm, some, held_out, updated=False: [float(updated), float(len(some))])
    rows = knowledge.update()
    systems = ("before", "go on from the adapter", "train again from the base")
    assert [(row["seed"], row["way"]) for row in rows] == [(seed, way) for seed in SEEDS for way in systems]
    assert {(row["new"], row["old"], row["unrelated"], row["seconds"], row["examples"]) for row in rows} == {
        (10.5, 10.0, 20.0, 5.0, 7)
    }
    for before, on, anew in zip(*[iter(trained)] * 3, strict=True):
        assert (len(before.chats), len(on.chats), len(anew.chats)) == (360, 120, 360)
        assert (before.start, on.start, anew.start) == (None, before, None)
        assert on.chats == anew.chats[-120:] != before.chats[:120]
