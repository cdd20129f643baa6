"""The studies of notebook 01, and its systems for notebook 11.

``tickets`` is the study of a model size: every system writes the 85 test tickets in the form that was best on training
tickets held out for that choice. ``table`` and ``curve`` score what was kept.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import mode

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from utils import corpus, finetuning
from utils.evaluation import outputs
from utils.finetuning import Recipe
from utils.models import LLM, Chat, embed
from utils.settings import SEED, SEEDS
from utils.studies.trials import Trials, held_out, recipe_name
from utils.tasks import tickets as task

STUDY = "tickets"
HELD_OUT = 80  # training tickets that choose the form of a system; it's shown or trained on the other 160
EPOCHS = (2, 4)
BASE = Recipe(rank=16, alpha=32, batch_size=8, learning_rate=5e-4)
CURVE = {  # numbers of training examples, and seeds
    "small": ((240, 120, 60, 30), SEEDS),
    "medium": ((240, 120, 60, 30), SEEDS[:1]),
    "large": ((240,), SEEDS[:1]),
}


def same_examples(records: Sequence[Mapping], train: Sequence[Mapping], count: int) -> list[list[Mapping]]:
    """The same varied examples for every record."""
    return [task.varied_examples(train, count)] * len(records)


EXAMPLES = {  # how the examples of a prompt are found, and how many are tried
    "few-shot": (same_examples, (2, 5, 8)),
    "retrieved few-shot": (task.nearest_examples, (1, 3, 5)),
}


def trials(size: str) -> Trials:
    """The systems of the study at a size."""
    return Trials(STUDY, size, task.MAX_NEW_TOKENS, quality)


def tickets(size: str) -> None:
    """Without a model, prompted, fine-tuned, the learning curve, both; each system is kept as soon as it is there."""
    study, train, test = trials(size), task.load("train"), task.load("test")
    for system, lines in without_model(train, test).items():
        study.keep_texts(system, test, lines)
    count = prompted(study, train, test)
    recipe = fine_tuned(study, train, test)
    learning(study, train, test, recipe)
    if size != "large":
        fine_tuned_with_examples(study, train, test, recipe, count)


def without_model(train: Sequence[Mapping], test: Sequence[Mapping]) -> dict[str, list[str]]:
    """Two systems that fill the template: with the most frequent labels, and with those of a logistic regression on
    the embedding of the complaint (its regularisation chosen by cross-validation on the training tickets)."""
    known, asked = (embed([record["complaint"] for record in records]) for records in (train, test))
    majority, classifier = [], []
    for field in ("category", "priority"):
        labels = [record[field] for record in train]
        search = GridSearchCV(LogisticRegression(max_iter=1000), {"C": (1, 3, 10, 30, 100)}).fit(known, labels)
        majority.append([mode(labels)] * len(test))
        classifier.append(search.predict(asked))
    complaints = [record["complaint"] for record in test]
    return {
        system: [task.line(*one) for one in zip(complaints, *labels, strict=True)]
        for system, labels in (("majority", majority), ("embedding classifier", classifier))
    }


def prompted(study: Trials, train: Sequence[Mapping], test: Sequence[Mapping]) -> int:
    """The systems that leave the weights alone, and the best number of retrieved examples."""
    known, asked = held_out(train, HELD_OUT)
    study.write("held out, zero-shot", asked, [task.prompt_with_rules(record) for record in asked])
    chats, counts = {"zero-shot": [task.prompt_with_rules(record) for record in test]}, {}
    for system, (find, numbers) in EXAMPLES.items():
        tried = {number: _with_rules(asked, find(asked, known, number)) for number in numbers}
        counts[system] = study.best({n: study.write(count_name(system, n), asked, some) for n, some in tried.items()})
        chats[system] = _with_rules(test, find(test, train, counts[system]))
    for system, some in chats.items():
        study.write(system, test, some)
    for system in ("zero-shot", "retrieved few-shot"):
        study.write(f"{system}, constrained", test, chats[system], grammar=task.GRAMMAR)
    return counts["retrieved few-shot"]


def count_name(system: str, number: int) -> str:
    """The name of the trial of a number of examples on held-out tickets."""
    return f"held out, {system} {number}"


def chosen_counts(size: str) -> dict[str, int]:
    """How many examples a prompt shows at a size, by system, the best of the trials that are kept (else the fewest)."""
    kept, counts = outputs.load(STUDY, size), {}
    for system, (_, numbers) in EXAMPLES.items():
        tried = {number: kept[name] for number in numbers if (name := count_name(system, number)) in kept}
        counts[system] = trials(size).best(tried) if tried else numbers[0]
    return counts


def chosen_recipe(size: str, layers: int) -> Recipe:
    """The recipe that held-out tickets chose for a size, a model of so many layers, read from the kept trials.

    A recipe whose trial isn't kept isn't taken.
    """
    kept = outputs.load(STUDY, size)
    return trials(size).recipe(BASE, EPOCHS, lambda name, _: kept.get(name), layers)


def fine_tuned(study: Trials, train: Sequence[Mapping], test: Sequence[Mapping]) -> Recipe:
    """The model fine-tuned with the best recipe, free and constrained, and that recipe."""
    known, asked = held_out(train, HELD_OUT)
    chats, tried = ([task.prompt(record) for record in some] for some in (test, asked))
    recipe = study.recipe(BASE, EPOCHS, lambda name, one: study.write(name, asked, tried, trained(known, one)))
    adapter = trained(train, recipe)
    study.write("fine-tuned", test, chats, adapter)
    study.write("fine-tuned, constrained", test, chats, adapter, task.GRAMMAR)
    return recipe


def fine_tuned_with_examples(
    study: Trials, train: Sequence[Mapping], test: Sequence[Mapping], recipe: Recipe, count: int
) -> None:
    """The model fine-tuned to read retrieved examples: each training prompt holds the nearest of the other tickets."""
    adapter = trained(train, recipe, task.nearest_examples(train, train, count))
    chats = [task.prompt(*pair) for pair in zip(test, task.nearest_examples(test, train, count), strict=True)]
    study.write("fine-tuned with retrieved examples", test, chats, adapter)


def learning(study: Trials, train: Sequence[Mapping], test: Sequence[Mapping], recipe: Recipe) -> None:
    """The learning curve. Up to 120 examples are trained for equal steps, so that small sets are not also short of
    steps; 240 for twice as many."""
    chats, (counts, seeds) = [task.prompt(record) for record in test], CURVE[study.size]
    for count in counts:
        for seed in seeds:
            again = replace(recipe, epochs=recipe.epochs * max(1, 120 / count), seed=seed)
            study.write(curve_name(count, seed), test, chats, trained(train[:count], again))


def curve_name(count: int, seed: int) -> str:
    """The name of a point of the learning curve; the system "fine-tuned" is one of them."""
    return "fine-tuned" if (count, seed) == (240, SEED) else f"fine-tuned on {count}, seed {seed}"


def trained(
    records: Sequence[Mapping], recipe: Recipe, examples: Sequence[Sequence[Mapping]] | None = None
) -> Callable[[], Path]:
    """A function that trains on records, each with its own examples in the prompt, if any."""
    chats = [task.example(*pair) for pair in zip(records, examples or [()] * len(records), strict=True)]
    return partial(finetuning.train, chats, recipe, f"{len(chats)} tickets, {recipe_name(recipe)}")


def quality(kept: Sequence[Mapping]) -> tuple[float, float]:
    """How often kept lines are right in all fields, and then in each field."""
    means = mean_scores(kept)
    return means["all fields"], sum(means[field] for field in task.FIELDS)


def scores(kept: Sequence[Mapping]) -> list[dict[str, float]]:
    """For every kept line 1 or 0: valid, each field right, all fields right."""
    records = _by_id()
    return [task.score(row["text"], records[row["id"]]) for row in kept]


def mean_scores(kept: Sequence[Mapping]) -> dict[str, float]:
    """The shares of kept lines that are valid, right in each field, and right in all."""
    each = scores(kept)
    return {name: sum(one[name] for one in each) / len(each) for name in each[0]}


def table(size: str, split: str = "test") -> list[dict]:
    """A row for each kept system of a size that was asked the tickets of a split: its name, the number of tickets, and
    the shares valid and right. The split "train" holds the systems that chose a form on held-out training tickets."""
    records, kept = _by_id(), outputs.load(STUDY, size)
    return [
        {"system": system, "n": len(rows)} | mean_scores(rows)
        for system, rows in kept.items()
        if records[rows[0]["id"]]["split"] == split
    ]


def curve(size: str) -> list[dict]:
    """A row for each kept point of a size's learning curve: examples, seed, and the shares valid and right."""
    kept, (counts, seeds) = outputs.load(STUDY, size), CURVE[size]
    points = {curve_name(count, seed): (count, seed) for count in sorted(counts) for seed in seeds}
    return [
        {"examples": count, "seed": seed} | mean_scores(kept[name])
        for name, (count, seed) in points.items()
        if name in kept
    ]


def _with_rules(records: Sequence[Mapping], examples: Sequence[Sequence[Mapping]]) -> list[Chat]:
    return [task.prompt_with_rules(*pair) for pair in zip(records, examples, strict=True)]


def _by_id() -> dict[str, dict]:
    return {record["id"]: record for record in corpus.load_records("tickets")}


def ticket_systems() -> list[dict]:
    """Notebook 11: 85 unseen tickets and five systems: one value per ticket, mean seconds and prompt tokens."""
    train, test = task.load("train"), task.load("test")
    adapter = finetuning.train([task.example(record) for record in train], task.RECIPE, "240 tickets")
    return _tickets(train, test, LLM.load(), LLM.load(adapter), finetuning.training_report(adapter)["seconds"])


def _tickets(train: Sequence[dict], test: Sequence[dict], base: LLM, tuned: LLM, training: float) -> list[dict]:
    five, near = task.one_per_category(train), task.nearest_examples(test, train)
    systems = {
        "prompt": (base, [task.prompt_with_rules(record) for record in test]),
        "few-shot": (base, [task.prompt_with_rules(record, five) for record in test]),
        "retrieved examples": (base, [task.prompt_with_rules(*pair) for pair in zip(test, near, strict=True)]),
        "fine-tuned": (tuned, [task.prompt(record) for record in test]),
        "both": (tuned, [task.prompt(*pair) for pair in zip(test, near, strict=True)]),
    }
    rows = []
    for system, (llm, prompts) in systems.items():
        shared = prompts[0][
            : 11 if system == "few-shot" else 1
        ]  # rules, and the examples where they are always the same
        done = llm.complete(prompts, task.MAX_NEW_TOKENS, prefix=shared, label=system)
        scores = [task.score(completion.text, record) for completion, record in zip(done, test, strict=True)]
        means = {
            name: round(float(np.mean([getattr(c, name) for c in done])), 4) for name in ("seconds", "prompt_tokens")
        }
        values = {name: [score[name] for score in scores] for name in ("valid", "all fields")}
        rows.append({"system": system, **values, **means, "training": training if llm is tuned else 0.0})
    return rows
