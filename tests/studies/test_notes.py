"""The systems that read notes: what each is asked, how its form is chosen, and how what they wrote is scored."""

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest

from utils import corpus
from utils.evaluation import outputs
from utils.finetuning import Recipe
from utils.settings import SEED, SEEDS, SetupError
from utils.studies import notes as studies_notes
from utils.tasks import notes

READINGS = {record["note"]: record["reading"] for record in corpus.load_records("notes")}
TRAIN, DEV, TEST = (notes.load(split) for split in ("train", "dev", "test"))
KNOWN, CHOOSE = studies_notes.choosing()
SYSTEMS = [
    "string replacement",
    "zero-shot",
    "few-shot",
    "retrieved few-shot",
    "fine-tuned",
    "fine-tuned with retrieved entries",
]


def note_of(message: dict) -> str:
    return message["content"].rpartition("Note: ")[2]


class Nurse:
    """A model whose share of right readings depends on what it was shown and how it was trained.

    Eight examples with the whole glossary and three with retrieved entries suit it best, and the rate 2e-3.
    """

    def __init__(self, recipe: Recipe | None):
        self.recipe, self.asked = recipe, []

    def complete(self, chats, max_new_tokens, prefix, label, grammar):
        assert all(chat[: len(prefix)] == prefix for chat in chats)
        assert not grammar
        self.asked.append((label, chats))
        right = len(chats) * self.skill(chats[0]) // 10
        texts = [READINGS[note_of(chat[-1])] for chat in chats[:right]] + ["Hm."] * (len(chats) - right)
        return [SimpleNamespace(text=text, prompt_tokens=9, new_tokens=3, seconds=0.5) for text in texts]

    def skill(self, chat) -> int:
        """Right readings of ten."""
        if self.recipe:
            return 7 if self.recipe.learning_rate == 2e-3 else 5
        shown, glossary = sum(message["role"] == "assistant" for message in chat), "\noxbow: " in chat[0]["content"]
        return (glossary and {8: 2}.get(shown, 1)) or {3: 4}.get(shown, 3)


@pytest.fixture
def study(doubles):
    return doubles(Nurse)


def test_every_system_is_kept_in_its_best_form_and_nothing_is_asked_twice(study):
    studies_notes.notes("medium")
    rows = {row["system"]: row for row in studies_notes.table("medium")}
    assert list(rows) == SYSTEMS
    assert {row["n"] for row in rows.values()} == {len(TEST)}
    right = {system: round(row["all items"], 1) for system, row in rows.items()}
    assert [right[system] for system in SYSTEMS[1:]] == [0.1, 0.2, 0.4, 0.7, 0.7]
    tried = {row["system"]: row["n"] for row in studies_notes.table("medium", tried=True)}
    assert len(tried) == 3 + 3 + 2
    assert set(tried.values()) == {len(DEV) + studies_notes.HELD_OUT}
    best = studies_notes.chosen_recipe("medium")
    assert (best.epochs, best.top_layers, best.learning_rate) == (4, 12, 2e-3)
    kept, loaded = outputs.load("notes", "medium"), len(study.loaded)
    studies_notes.notes("medium")
    assert outputs.load("notes", "medium") == kept
    assert len(study.loaded) == loaded, "a model is loaded though nobody is asked"


def test_no_note_that_chooses_is_shown_or_trained_on_and_none_of_the_test_is_seen(study):
    studies_notes.notes("medium")
    choose, test = ({record["note"] for record in some} for some in (CHOOSE, TEST))
    for label, chats in (call for llm in study.loaded for call in llm.asked):
        asked, shown = (
            {note_of(m) for chat in chats for m in part(chat)} for part in (lambda c: c[-1:], lambda c: c[1:-1])
        )
        assert asked == (choose if label.startswith("held out") else test)
        assert not shown & asked
    for chats, _ in study.trained.values():
        taught = {note_of(chat[-2]) for chat in chats}
        assert not taught & test
        assert len(taught) == len(TRAIN) or not taught & choose


def test_a_model_is_trained_the_way_it_is_asked_with_the_recipe_that_was_best(study, asked_of):
    studies_notes.notes("medium")
    best = replace(studies_notes.BASE, epochs=4, top_layers=12, learning_rate=2e-3)
    plain, entries = (chats for chats, recipe in study.trained.values() if recipe == best and len(chats) == len(TRAIN))
    assert plain == [notes.example(record) for record in TRAIN]
    assert entries == [notes.example(record, entries=True) for record in TRAIN]
    assert asked_of(study, f"fine-tuned, seed {SEED}") == [notes.prompt(record) for record in TEST]
    assert asked_of(study, f"fine-tuned with retrieved entries, seed {SEED}") == [
        notes.prompt(record, entries=True) for record in TEST
    ]


def test_the_whole_glossary_stands_in_the_prompt_unless_its_entries_are_retrieved(study, asked_of):
    studies_notes.notes("large")
    for system, shown, whole in (("zero-shot", 0, True), ("few-shot", 8, True), ("retrieved few-shot", 3, False)):
        for record, chat in zip(TEST, asked_of(study, system), strict=True):
            assert len(chat) == 2 + 2 * shown
            assert (notes.entry("quince") in chat[0]["content"]) == whole
            assert all((notes.entry(term) in chat[-1]["content"]) != whole for term in record["terms"])


@pytest.mark.parametrize(("size", "trainings"), [("small", 2 + 3 + 1), ("medium", 2 + 2), ("large", 0)])
def test_small_is_trained_with_three_seeds_and_large_not_at_all(study, size, trainings):
    studies_notes.notes(size)
    assert len(study.trained) == trainings
    runs = {row["system"]: row["n"] / len(TEST) for row in studies_notes.table(size)}
    assert list(runs) == (SYSTEMS[:4] if size == "large" else SYSTEMS)
    assert all(count == (3 if (size, system) == ("small", "fine-tuned") else 1) for system, count in runs.items())
    assert {recipe.seed for _, recipe in study.trained.values()} <= set(SEEDS if size == "small" else SEEDS[:1])


def test_replacement_is_kept_as_it_was_read(study):
    studies_notes.notes("large")
    kept = outputs.load("notes", "large")["string replacement"]
    assert [(row["id"], row["text"]) for row in kept] == [(note["id"], notes.replaced(note["note"])) for note in TEST]


def test_terms_that_training_showed_are_scored_apart_from_those_it_did_not():
    note = next(r for r in TEST if notes.house_terms("", r, True) and notes.house_terms("", r, False))
    other = next(r for r in TEST if not notes.house_terms("", r, False))
    rows = [{"id": r["id"], "text": text} for r, text in ((note, note["reading"]), (note, "Hm."), (other, "Hm."))]
    right, wrong, without = studies_notes.scores(rows)
    assert right == dict.fromkeys(("all items", "item F1", "seen terms", "unseen terms"), 1)
    assert set(wrong.values()) == {0}
    assert math.isnan(without["unseen terms"])
    assert studies_notes.mean_scores(rows)["unseen terms"] == 0.5
    assert studies_notes.quality(rows) == pytest.approx((1 / 3, 1 / 3))


def test_a_recipe_that_nothing_was_kept_for_is_told(study):
    with pytest.raises(SetupError, match="notes --size medium"):
        studies_notes.chosen_recipe("medium")
