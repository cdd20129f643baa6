"""The ticket systems: what each is asked, how its form is chosen, and the rows that they store."""

import json
import random
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from utils import corpus
from utils.evaluation import outputs
from utils.finetuning import Recipe
from utils.settings import SEED, SEEDS
from utils.studies import tickets as studies_tickets
from utils.studies import trials
from utils.tasks import tickets

RECORDS = corpus.load_records("tickets")
LINES = {record["complaint"]: record["ticket"] for record in RECORDS}
TRAIN, TEST = tickets.load("train"), tickets.load("test")
WRONG = "Ticket #00000 - APP - LOW - Assigned to Omar D."


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


class Clerk:
    """A model whose share of right lines depends on what it was shown and how it was trained.

    Asked zero-shot it chats; three retrieved examples, all layers, a rate of 5e-4 and four epochs suit it best.
    """

    def __init__(self, recipe: Recipe | None):
        self.recipe, self.asked = recipe, []

    def complete(self, chats, max_new_tokens, prefix, label, grammar):
        assert all(chat[: len(prefix)] == prefix for chat in chats)
        self.asked.append((label, chats, grammar))
        right = len(chats) * self.skill(chats[0]) // 10
        texts = [LINES[chat[-1]["content"]] for chat in chats[:right]] + ["Hello!"] * (len(chats) - right)
        texts = [WRONG if grammar and text == "Hello!" else text for text in texts]
        return [SimpleNamespace(text=text, prompt_tokens=9, new_tokens=3, seconds=0.5) for text in texts]

    def skill(self, chat) -> int:
        """Right lines of ten."""
        shown = sum(message["role"] == "assistant" for message in chat)
        if self.recipe is None:
            return {0: 0, 3: 4, 5: 2}.get(shown, 1)
        return (
            4 + 2 * (self.recipe.learning_rate == 5e-4) + 2 * (self.recipe.epochs >= 4) - bool(self.recipe.top_layers)
        )


@pytest.fixture
def study(monkeypatch, doubles):
    """The study with stand-ins for what takes time."""
    monkeypatch.setattr(studies_tickets, "GridSearchCV", lambda classifier, options: classifier)
    for module in (tickets, studies_tickets):
        monkeypatch.setattr(module, "embed", letters)
    return doubles(Clerk)


def letters(texts) -> np.ndarray:
    """An embedding of the letters of a text."""
    counts = np.array([[text.lower().count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts])
    return counts / np.linalg.norm(counts, axis=1, keepdims=True)


SYSTEMS = [
    "majority",
    "embedding classifier",
    "zero-shot",
    "few-shot",
    "retrieved few-shot",
    "zero-shot, constrained",
    "retrieved few-shot, constrained",
    "fine-tuned",
    "fine-tuned, constrained",
    "fine-tuned with retrieved examples",
]


def test_a_study_keeps_every_system_chooses_on_held_out_tickets_and_asks_nothing_twice(study):
    studies_tickets.tickets("medium")
    rows = {row["system"]: row for row in studies_tickets.table("medium")}
    fewer = [f"fine-tuned on {count}, seed {SEED}" for count in (120, 60, 30)]
    assert list(rows) == [*SYSTEMS[:-1], *fewer, SYSTEMS[-1]], "the slowest training comes last"
    assert all(row["n"] == 85 for row in rows.values())
    right = {system: round(row["all fields"], 1) for system, row in rows.items()}
    assert right["zero-shot"] == right["zero-shot, constrained"] == 0
    assert (right["few-shot"], right["retrieved few-shot"], right["fine-tuned"]) == (0.2, 0.4, 0.8)
    assert {system for system, row in rows.items() if row["valid"] == 1} == {
        system for system in SYSTEMS if "constrained" in system or system in SYSTEMS[:2]
    }
    chosen_by = {row["system"]: row["n"] for row in studies_tickets.table("medium", "train")}
    assert set(chosen_by.values()) == {studies_tickets.HELD_OUT}
    assert len(chosen_by) == 1 + 3 + 3 + 2 + 2 + 1
    kept, loaded = outputs.load("tickets", "medium"), len(study.loaded)
    assert set(kept) == set(rows) | set(chosen_by)
    assert kept["fine-tuned"][0] == {
        "id": TEST[0]["id"],
        "text": TEST[0]["ticket"],
        **{"prompt_tokens": 9, "new_tokens": 3, "seconds": 0.5},
        **{"training_tokens": 900, "training_steps": 60, "training_seconds": 1.5},
    }
    studies_tickets.tickets("medium")
    assert outputs.load("tickets", "medium") == kept
    assert len(study.loaded) == loaded, "a model is loaded though nobody is asked"


def test_no_ticket_that_chooses_is_shown_or_trained_on_and_none_of_the_test_is_seen(study):
    studies_tickets.tickets("medium")
    complaints = {record["complaint"] for record in trials.held_out(TRAIN, studies_tickets.HELD_OUT)[1]}
    tested = {record["complaint"] for record in TEST}
    for label, chats, _ in (call for llm in study.loaded for call in llm.asked):
        asked = {chat[-1]["content"] for chat in chats}
        shown = {message["content"] for chat in chats for message in chat[1:-1]}
        assert asked == (complaints if label.startswith("held out") else tested)
        assert not shown & asked
    for chats, _ in study.trained.values():
        taught = {message["content"] for chat in chats for message in chat if message["role"] == "user"}
        assert not taught & tested
        assert len(chats) != len(TRAIN) - len(complaints) or not taught & complaints


def test_a_model_is_trained_the_way_it_is_asked_with_the_recipe_that_was_best(study):
    studies_tickets.tickets("medium")
    best = replace(studies_tickets.BASE, learning_rate=5e-4, epochs=4)
    plain, near = (chats for chats, recipe in study.trained.values() if recipe == best and len(chats) == len(TRAIN))
    assert plain == [tickets.example(record) for record in TRAIN]
    for chat, record in zip(near, TRAIN, strict=True):
        assert chat[-2:] == tickets.example(record)[-2:]
        assert len(chat) == len(plain[0]) + 2 * 3, "three retrieved examples were best"
        assert record["complaint"] not in [message["content"] for message in chat[:-2]]
    (asked,) = [call for llm in study.loaded for call in llm.asked if call[0].endswith("with retrieved examples")]
    assert {len(chat) for chat in asked[1]} == {len(near[0]) - 1}
    assert asked[1][0][0] == near[0][0]


@pytest.mark.parametrize("size", ["small", "medium", "large"])
def test_what_was_chosen_can_be_read_from_the_kept_trials(study, size):
    studies_tickets.tickets(size)
    asked = len(study.loaded)
    recipe = studies_tickets.chosen_recipe(size, 30)
    assert recipe == replace(studies_tickets.BASE, learning_rate=5e-4, epochs=4)
    assert recipe in [known for _, known in study.trained.values()]
    assert studies_tickets.chosen_counts(size) == {"few-shot": 5, "retrieved few-shot": 3}
    assert len(study.loaded) == asked, "nobody is asked again"


def test_a_choice_is_made_of_the_trials_that_are_kept(study):
    studies_tickets.tickets("medium")
    source = outputs.path("tickets", "medium")
    lines = source.read_text(encoding="utf-8").splitlines()
    gone = {"held out, few-shot 8", "held out, recipe, lr 0.001, epochs 4, upper half"}
    heads = [n for n, line in enumerate(lines) if '"system"' in line]
    blocks = [lines[start:end] for start, end in pairwise([*heads, len(lines)])]
    kept = [line for block in blocks if json.loads(block[0])["system"] not in gone for line in block]
    source.write_text("\n".join(kept) + "\n", encoding="utf-8")
    assert studies_tickets.chosen_recipe("medium", 24).epochs == 2
    assert studies_tickets.chosen_counts("medium") == {"few-shot": 5, "retrieved few-shot": 3}
    source.unlink()
    upper = replace(studies_tickets.BASE, top_layers=12, learning_rate=1e-3)
    assert studies_tickets.chosen_recipe("medium", 24) == upper
    assert studies_tickets.chosen_recipe("large", 24) == studies_tickets.BASE
    assert studies_tickets.chosen_counts("medium") == {"few-shot": 2, "retrieved few-shot": 1}


@pytest.mark.parametrize(
    ("size", "trainings"), [("small", 5 + 1 + 1 + 11), ("medium", 5 + 1 + 1 + 3), ("large", 5 + 1)]
)
def test_large_trains_least_and_small_with_three_seeds(study, size, trainings):
    studies_tickets.tickets(size)
    assert len(study.trained) == trainings
    counts, seeds = studies_tickets.CURVE[size]
    points = [(point["examples"], point["seed"]) for point in studies_tickets.curve(size)]
    assert points == [(count, seed) for count in sorted(counts) for seed in seeds]
    assert seeds == (SEEDS if size == "small" else SEEDS[:1])
    written = {row["system"] for row in studies_tickets.table(size)}
    assert ("fine-tuned with retrieved examples" in written) == (size != "large")


def test_no_small_set_is_short_of_steps(study):
    studies_tickets.tickets("medium")
    steps = {len(chats): len(chats) * recipe.epochs / recipe.batch_size for chats, recipe in study.trained.values()}
    assert {count: steps[count] for count in (30, 60, 120, 240)} == {30: 60, 60: 60, 120: 60, 240: 120}


def test_the_best_is_right_in_all_fields_then_in_the_single_ones_and_the_first_of_equals():
    def kept(*lines):
        return [{"id": record["id"], "text": line} for record, line in zip(TEST[:2], lines, strict=True)]

    best = studies_tickets.trials("medium").best
    right, other = TEST[0]["ticket"], TEST[1]["ticket"]
    options = {"chat": kept("Hello!", "Hello!"), "one": kept(right, "Hello!"), "again": kept("Hello!", other)}
    assert best(options) == "one"
    assert best(options | {"closer": kept(right, WRONG)}) == "closer"
    assert best(options | {"closer": kept(right, WRONG), "both": kept(right, other)}) == "both"


def test_the_majority_and_the_classifier_fill_the_template(monkeypatch):
    labels = {record["complaint"]: (record["category"], record["priority"]) for record in RECORDS}

    def telling(texts):
        """An embedding that tells the labels."""
        found = [labels[text] for text in texts]
        return np.array([[float(label in kind) for label in tickets.CATEGORIES + tickets.PRIORITIES] for kind in found])

    monkeypatch.setattr(studies_tickets, "embed", telling)
    lines = studies_tickets.without_model(TRAIN[:60], TEST[:20])
    assert lines["embedding classifier"] == [record["ticket"] for record in TEST[:20]]
    (most,) = {line.split(" - ")[1] for line in lines["majority"]}
    counts = Counter(record["category"] for record in TRAIN[:60])
    assert counts[most] == max(counts.values())
    assert [line[8:13] for line in lines["majority"]] == [record["number"] for record in TEST[:20]]


def test_kept_lines_are_scored_by_their_ticket():
    kept = [{"id": record["id"], "text": TEST[0]["ticket"]} for record in TEST[:2]]
    assert [one["all fields"] for one in studies_tickets.scores(kept)] == [1, 0]
    assert studies_tickets.mean_scores(kept)["valid"] == 1
    assert studies_tickets.mean_scores(kept)["number"] == 0.5
