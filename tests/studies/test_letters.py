"""The systems that write letters: what each is asked, how its form is chosen, and how what they wrote is scored."""

from collections import Counter
from dataclasses import replace
from itertools import product
from types import SimpleNamespace

import pytest

from utils import corpus, scoring
from utils.evaluation import outputs
from utils.finetuning import Recipe
from utils.settings import SEED, SEEDS, SetupError
from utils.studies import letters as studies_letters
from utils.tasks import new_letters, voice

RECORDS = {r["plain"]: r for name in ("voice", "new_letters") for r in corpus.load_records(name)}
TASKS = {"drafts": voice, "new letters": new_letters}
TRAIN = [record for task in TASKS.values() for record in task.load("train")]
TRIED = 2 + 2 + 1  # recipes: two numbers of epochs, two rates besides the first, and the layers not begun with


class Clerk:
    """A model whose share of right letters depends on what it was shown and how it was trained.

    Six examples suit it best for drafts and three for new letters, and the rate 2e-3 for four epochs.
    """

    def __init__(self, recipe: Recipe | None):
        self.recipe, self.asked = recipe, []

    def complete(self, chats, max_new_tokens, prefix, label, grammar):
        assert all(chat[: len(prefix)] == prefix for chat in chats)
        self.asked.append((label, chats))
        right = len(chats) * self.skill(chats[0]) // 10
        asked = [chat[-1]["content"] for chat in chats]
        texts = [RECORDS[plain]["brand"] for plain in asked[:right]] + asked[right:]
        return [SimpleNamespace(text=text, prompt_tokens=9, new_tokens=3, seconds=0.5) for text in texts]

    def skill(self, chat) -> int:
        """Right letters of ten."""
        if self.recipe:
            return 6 + (self.recipe.learning_rate == 2e-3) + (self.recipe.epochs == 4)
        shown = sum(message["role"] == "assistant" for message in chat)
        return {0: 0, 3 if chat[-1]["content"].startswith("To: ") else 6: 4}.get(shown, 2)


def one_mark(texts, records, classifier) -> dict[str, list[float]]:
    """In place of the real scorer: usable is the letter by hand."""
    return {"usable": [float(text == record["brand"]) for text, record in zip(texts, records, strict=True)]}


@pytest.fixture
def study(monkeypatch, doubles):
    monkeypatch.setattr(studies_letters, "rate_letters", one_mark)
    monkeypatch.setattr(studies_letters, "classifier", lambda: None)
    return doubles(Clerk)


def test_every_system_writes_for_both_tasks_in_its_best_form_and_nothing_is_asked_twice(study, asked_of):
    studies_letters.letters("medium")
    rows = {(row["system"], row["task"]): row for row in studies_letters.table("medium")}
    assert list(rows) == [
        *((system, task) for task in TASKS for system in ("zero-shot", "few-shot")),
        *(("fine-tuned", task) for task in TASKS),
    ]
    assert all(
        row["n"] == len(TASKS[task].load("test")) * (len(SEEDS) if system == "fine-tuned" else 1)
        for (system, task), row in rows.items()
    )
    assert [round(row["usable"], 1) for row in rows.values()] == [0, 0.4, 0, 0.4, 0.8, 0.8]
    shown = {task: len(asked_of(study, f"few-shot, {task}")[0]) // 2 - 1 for task in TASKS}
    assert shown == {"drafts": 6, "new letters": 3}
    tried = studies_letters.table("medium", tried=True)
    assert len(tried) == (3 + TRIED) * len(TASKS)
    assert all(row["n"] == len(TASKS[row["task"]].load("dev")) + studies_letters.HELD_OUT for row in tried)
    best = replace(studies_letters.BASE, epochs=4, top_layers=12, learning_rate=2e-3)
    assert studies_letters.chosen_recipe("medium") == best
    kept, loaded = outputs.load("letters", "medium"), len(study.loaded)
    studies_letters.letters("medium")
    assert outputs.load("letters", "medium") == kept
    assert len(study.loaded) == loaded, "a model is loaded though nobody is asked"


def test_no_letter_that_chooses_is_shown_or_trained_on_and_none_of_the_test_is_seen(study):
    studies_letters.letters("medium")
    choose = {task: {r["plain"] for r in studies_letters.choosing(task)[1]} for task in TASKS}
    test = {name: {r["plain"] for r in task.load("test")} for name, task in TASKS.items()}
    for label, chats in (call for llm in study.loaded for call in llm.asked):
        asked = {chat[-1]["content"] for chat in chats}
        shown = {message["content"] for chat in chats for message in chat[1:-1]}
        task = label.partition(", seed ")[0].rpartition(", ")[2]
        assert asked == (choose if label.startswith("held out") else test)[task]
        assert not shown & asked
    for chats, _ in study.trained.values():
        taught = {chat[-2]["content"] for chat in chats}
        assert not taught & (test["drafts"] | test["new letters"])
        assert len(taught) == len(TRAIN) or not taught & (choose["drafts"] | choose["new letters"])


def test_one_model_is_trained_for_both_tasks_the_way_it_is_asked(study, asked_of):
    studies_letters.letters("medium")
    both = [task.example(record) for task in TASKS.values() for record in task.load("train")]
    recipes = [recipe for chats, recipe in study.trained.values() if chats == both]
    assert recipes == [replace(studies_letters.chosen_recipe("medium"), seed=seed) for seed in SEEDS]
    for (name, task), seed in product(TASKS.items(), SEEDS):
        asked = asked_of(study, f"fine-tuned, {name}, seed {seed}")
        assert asked == [task.prompt(record) for record in task.load("test")]


def test_the_rivals_are_shown_the_whole_style_guide(study, asked_of):
    studies_letters.letters("large")
    for name, task in TASKS.items():
        for system in ("zero-shot", "few-shot"):
            assert {chat[0]["content"] for chat in asked_of(study, f"{system}, {name}")} == {
                task.prompt_with_guide(task.load("test")[0])[0]["content"]
            }


@pytest.mark.parametrize(("size", "seeds"), [("small", SEEDS), ("medium", SEEDS), ("large", SEEDS[:1])])
def test_every_size_is_trained_and_large_with_one_seed(study, size, seeds):
    studies_letters.letters(size)
    rows = [row for row in studies_letters.table(size) if row["system"] == "fine-tuned"]
    runs = {row["task"]: row["n"] / len(TASKS[row["task"]].load("test")) for row in rows}
    assert runs == dict.fromkeys(TASKS, len(seeds))
    trained = Counter((len(chats), recipe.seed) for chats, recipe in study.trained.values())
    known = sum(len(studies_letters.choosing(task)[0]) for task in TASKS)
    assert trained == {(known, SEED): TRIED} | {(len(TRAIN), seed): 1 for seed in seeds}


def test_a_letter_is_scored_by_its_own_draft_or_facts(monkeypatch):
    monkeypatch.setattr(scoring.letters, "embed", lambda texts: texts)
    monkeypatch.setattr(studies_letters, "classifier", lambda: SimpleNamespace(predict=lambda texts: [1] * len(texts)))
    draft, new = voice.load("test")[0], new_letters.load("test")[0]
    right = [{"id": record["id"], "text": record["brand"]} for record in (draft, new)]
    swapped = [{"id": new["id"], "text": draft["brand"]}, {"id": draft["id"], "text": new["brand"]}]
    assert [one["usable"] for one in studies_letters.scores(right + swapped)] == [1, 1, 0, 0]
    means = studies_letters.mean_scores(right + swapped)
    assert means["usable"] == 0.5 <= means["facts kept"] < 1
    assert studies_letters.quality(right) > studies_letters.quality(right + swapped)


def test_a_recipe_that_nothing_was_kept_for_is_told(study):
    with pytest.raises(SetupError, match="letters --size medium"):
        studies_letters.chosen_recipe("medium")


@pytest.mark.parametrize("size", ["small", "medium", "large"])
def test_what_a_reader_would_send_belongs_to_kept_letters(size):
    kept = outputs.load("letters", size)
    sent = studies_letters.sent(size)
    assert {name.partition(", seed")[0] for name in sent} == {
        f"{system}, {task}" for system in ("zero-shot", "few-shot", "fine-tuned") for task in TASKS
    }
    for name, (ids, _) in sent.items():
        assert ids <= {row["id"] for row in kept[name]}
