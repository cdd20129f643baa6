"""What is trained to see what is forgotten, what it's measured on, and that the two have nothing in common."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from utils.evaluation import outputs
from utils.finetuning import Recipe
from utils.settings import SEED, SEEDS, SetupError
from utils.studies import forgetting, notes, trials
from utils.tasks import notes as task
from utils.tasks import pages

TRAIN, TEST = task.load("train"), task.load("test")
LEARNED = [task.example(note) for note in TRAIN]
CHOSEN = Recipe(rank=16, alpha=32, learning_rate=1e-3, epochs=3, top_layers=15)
SYSTEMS = {  # and how many seeds are trained
    "medium": {"untrained": 1, "LoRA, rank 16": 1, "LoRA, rank 16, 30% replay": 1},
    "small": {
        "untrained": 1,
        "LoRA, rank 16": 3,
        "LoRA, rank 16, 30% replay": 3,
        "LoRA, rank 4": 1,
        "LoRA, rank 64": 1,
        "full fine-tuning": 3,
    },
}
KINDS = ["notes", "Python's documentation", "handbook"]


class Reader:
    """Reads every tenth note for each rank, and all of them with full fine-tuning at the lower rate."""

    def __init__(self, recipe: Recipe | None):
        self.recipe = recipe

    def complete(self, chats, max_new_tokens, prefix, label, grammar):
        readings = {note["note"]: note["reading"] for split in ("train", "dev", "test") for note in task.load(split)}
        right = 0 if self.recipe is None else self.recipe.rank or (64 if self.recipe.learning_rate < 5e-5 else 1)
        texts = [readings[chat[-1]["content"]] if at < right else "Hm." for at, chat in enumerate(chats)]
        return [SimpleNamespace(text=text, prompt_tokens=9, new_tokens=3, seconds=0.5) for text in texts]


@pytest.fixture
def study(monkeypatch, doubles):
    """Without models: a loss is 3 for the untrained one, and 2 on notes and 4 on pages for those that were trained."""

    def losses(llm, chats):
        trained = 2 if chats[0] == task.example(TEST[0]) else 4
        return [3.0 if llm.recipe is None else float(trained)] * len(chats)

    monkeypatch.setattr(forgetting.models, "losses", losses)
    monkeypatch.setattr(notes, "chosen_recipe", lambda size: CHOSEN)
    return doubles(Reader)


@pytest.mark.parametrize(("size", "expected"), [("medium", [0, 16, 16]), ("small", [0, 16, 16, 4, 60, 60])])
def test_every_way_of_training_is_measured_on_notes_and_elsewhere_and_nothing_twice(study, size, expected):
    forgetting.notes_forgetting(size)
    rows = {row["system"]: row for row in forgetting.table(size)}
    assert list(rows) == list(SYSTEMS[size])
    right = {system: round(row["all items"] * len(TEST)) for system, row in rows.items()}
    assert right == dict(zip(SYSTEMS[size], expected, strict=True))
    for system, row in rows.items():
        changes = [row[f"{kind}, nats"] for kind in KINDS]
        assert changes == ([0, 0, 0] if system == "untrained" else [-1, 1, 1])
    kept, loaded = outputs.load(forgetting.STUDY, size), len(study.loaded)
    forgetting.notes_forgetting(size)
    assert outputs.load(forgetting.STUDY, size) == kept
    assert len(study.loaded) == loaded


def test_the_losses_are_seeds_by_texts(study):
    forgetting.notes_forgetting("small")
    found = forgetting.losses("small")
    assert list(found) == list(SYSTEMS["small"])
    for system, by_kind in found.items():
        runs = SYSTEMS["small"][system]
        assert {kind: nats.shape for kind, nats in by_kind.items()} == dict(
            zip(KINDS, [(runs, len(TEST)), (runs, 20), (runs, 20)], strict=True)
        )
    assert {recipe.seed for chats, recipe in study.trained.values() if len(chats) >= len(TRAIN)} == set(SEEDS)


def test_all_weights_are_trained_at_the_rate_that_is_best_on_the_notes_of_dev(study):
    forgetting.notes_forgetting("small")
    full = [(chats, recipe) for chats, recipe in study.trained.values() if recipe.rank is None]
    assert all(chats == LEARNED for chats, _ in full)
    assert {recipe.top_layers for _, recipe in full} == {15}
    tried = [(recipe.learning_rate, recipe.seed) for _, recipe in full]
    assert tried == [(pytest.approx(rate), seed) for rate, seed in ((1e-4, SEED), *((3e-5, s) for s in SEEDS))]
    asked = {row["id"] for row in outputs.load(forgetting.STUDY, "small")["held out, full fine-tuning, lr 3e-05"]}
    assert asked == {note["id"] for note in task.load("dev")}


def test_ranks_differ_in_nothing_but_the_size_of_the_update(study):
    forgetting.notes_forgetting("small")
    lora = [recipe for chats, recipe in study.trained.values() if recipe.rank and chats == LEARNED]
    assert {(recipe.rank, recipe.alpha) for recipe in lora} == {(4, 16), (16, 32), (64, 64)}
    assert {replace(trials.of_rank(recipe, 16), seed=SEED) for recipe in lora} == {CHOSEN}


@pytest.mark.parametrize("share", [0.1, forgetting.SHARE])
def test_so_much_of_what_is_learned_is_replayed_and_no_page_is_measured(study, share):
    pages_replayed = forgetting.replayed(LEARNED, share)
    learned, more = (sum(len(chat[-1]["content"].split()) for chat in some) for some in (LEARNED, pages_replayed))
    assert 0 <= more - share * (learned + more) <= pages.WORDS
    measured = [page for some in forgetting.elsewhere().values() for page in some]
    assert {page[-2]["content"] for page in pages_replayed}.isdisjoint(page[-2]["content"] for page in measured)
    for page in measured:
        words = page[-1]["content"].split()
        runs = {" ".join(words[at : at + 8]) for at in range(len(words) - 7)}
        assert not any(run in " ".join(other[-1]["content"].split()) for other in pages_replayed for run in runs)


def test_without_replay_only_notes_are_learned():
    assert forgetting.replayed(LEARNED, 0) == []


def test_replay_comes_on_top_of_the_notes(study):
    forgetting.notes_forgetting("medium")
    longer = [chats for chats, _ in study.trained.values() if len(chats) > len(TRAIN)]
    assert [chats[: len(TRAIN)] for chats in longer] == [LEARNED]


def test_large_is_told_that_it_is_not_trained_and_a_study_that_is_missing_is_named(doubles):
    with pytest.raises(SetupError, match="choose the size small or medium"):
        forgetting.notes_forgetting("large")
    with pytest.raises(SetupError, match=r"run `python -m utils\.studies notes --size medium` first"):
        forgetting.notes_forgetting("medium")


def test_losses_are_means_of_texts_and_seeds(monkeypatch):
    kept = {f"tuned, seed {seed}": {"losses": {"notes": [seed, seed + 2.0]}} for seed in (1, 2)}
    monkeypatch.setattr(outputs, "made", lambda study, size: kept | {"held out, tuned": {}})
    assert np.array_equal(forgetting.losses("small")["tuned"]["notes"], [[1, 3], [2, 4]])
