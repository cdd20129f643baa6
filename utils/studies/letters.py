"""The study of notebook 02 on the house voice: drafts rewritten, and new letters written from facts.

``letters`` is the study of a model size: every system writes the 40 and the 31 test letters in the form that was best
on held-out letters of the same task. ``table`` and ``scores`` judge what was kept.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

import pandas as pd

from utils import corpus, finetuning
from utils.evaluation import outputs
from utils.finetuning import Recipe
from utils.models import Chat
from utils.scoring import fit_voice_classifier, rate_letters
from utils.settings import DATA
from utils.studies.trials import Trials, by_system, held_out, recipe_name, seeds
from utils.tasks import new_letters, voice

STUDY = "letters"
TASKS = {"drafts": voice, "new letters": new_letters}  # the last word of a system's name
HELD_OUT = 20  # training letters of a task that choose the form of a system, with those of dev
EPOCHS = (2, 4)
BASE = Recipe(rank=16, alpha=32, batch_size=4, learning_rate=5e-4)
FEW_SHOT = (3, 6, 10)  # numbers of examples that are tried


def trials(size: str) -> Trials:
    """The systems of the study at a size."""
    return Trials(STUDY, size, voice.MAX_NEW_TOKENS, quality)


def letters(size: str) -> None:
    """Prompted with the style guide, and fine-tuned; each system is kept when it is complete."""
    study = trials(size)
    for name in TASKS:
        prompted(study, name)
    fine_tuned(study)


def choosing(name: str) -> tuple[list[Mapping], list[Mapping]]:
    """Training letters of a task to show or to train on, and the letters that choose a form: those of dev and some of
    train."""
    known, asked = held_out(TASKS[name].load("train"), HELD_OUT)
    return known, TASKS[name].load("dev") + asked


def prompted(study: Trials, name: str) -> None:
    """The systems of a task that leave the weights alone. The examples that were best are those that are shown."""
    task, (known, asked), test = TASKS[name], choosing(name), TASKS[name].load("test")

    def chats(records: Sequence[Mapping], count: int) -> list[Chat]:
        return [task.prompt_with_guide(record, known[:count]) for record in records]

    study.write(f"zero-shot, {name}", test, chats(test, 0))
    tried = {n: study.write(f"held out, few-shot {n}, {name}", asked, chats(asked, n)) for n in FEW_SHOT}
    study.write(f"few-shot, {name}", test, chats(test, study.best(tried)))


def fine_tuned(study: Trials) -> None:
    """One model for both tasks, fine-tuned with the recipe that is best for both together."""
    known, asked = zip(*map(choosing, TASKS), strict=True)

    def ask(system: str, recipe: Recipe) -> list[dict]:
        return _write(study, system, asked, trained(known, recipe))

    recipe = best_recipe(study, ask)
    train, test = ([task.load(split) for task in TASKS.values()] for split in ("train", "test"))
    for seed in seeds(study.size):
        _write(study, "fine-tuned", test, trained(train, replace(recipe, seed=seed)), f", seed {seed}")


def _write(
    study: Trials, system: str, records: Sequence[Sequence[Mapping]], adapter: Callable[[], Path], run: str = ""
) -> list[dict]:
    """What a fine-tuned model writes for both tasks, asked with the short prompt of each."""
    return [
        row
        for (name, task), some in zip(TASKS.items(), records, strict=True)
        for row in study.write(f"{system}, {name}{run}", some, [task.prompt(record) for record in some], adapter)
    ]


def best_recipe(study: Trials, ask: Callable[[str, Recipe], Sequence[Mapping]]) -> Recipe:
    """The best recipe on held-out letters of both tasks, see ``Trials.recipe``."""
    return study.recipe(BASE, EPOCHS, ask)


def chosen_recipe(size: str) -> Recipe:
    """The recipe that the held-out letters choose for a size; SetupError if what they chose by isn't kept."""
    study = trials(size)
    return best_recipe(study, lambda system, _: [r for name in TASKS for r in study.kept(f"{system}, {name}")])


def trained(records: Sequence[Sequence[Mapping]], recipe: Recipe) -> Callable[[], Path]:
    """A function that trains on letters of both tasks."""
    pairs = zip(TASKS.values(), records, strict=True)
    chats = [task.example(record) for task, some in pairs for record in some]
    return partial(finetuning.train, chats, recipe, f"{len(chats)} letters, {recipe_name(recipe)}")


def quality(kept: Sequence[Mapping]) -> tuple[float, float]:
    """The share of usable letters, and then the sum of what makes them so."""
    means = mean_scores(kept)
    return means["usable"], sum(means.values())


@lru_cache(maxsize=1)
def classifier():
    """The classifier of the house voice, fitted on the training letters that have a draft in the office's voice."""
    return fit_voice_classifier(voice.load("train"))


def scores(kept: Sequence[Mapping]) -> list[dict[str, float]]:
    """For every kept letter whether it's usable, and each thing that a usable one needs (see ``rate_letters``)."""
    records = {record["id"]: record for name in ("voice", "new_letters") for record in corpus.load_records(name)}
    rated = rate_letters([row["text"] for row in kept], [records[row["id"]] for row in kept], classifier())
    return pd.DataFrame(rated).to_dict("records")


def mean_scores(kept: Sequence[Mapping]) -> dict[str, float]:
    """The means of ``scores``."""
    return pd.DataFrame(scores(kept)).mean().to_dict()


def sent(size: str) -> dict[str, tuple[frozenset[str], bool]]:
    """By kept system, which letters a reader would send, and whether all were read; else those that pass all checks
    were. The file tells how."""
    read = json.loads((DATA / "results" / "raw" / "letters_read.json").read_text(encoding="utf-8"))["letters"]
    return {name: (frozenset(of["sent"]), of["read"] == "all") for name, of in read[size].items()}


def table(size: str, tried: bool = False) -> list[dict]:
    """A row for each kept system and task of a size, trained ones with all their seeds: the number of letters and the
    means of their scores. ``tried``: the forms that were tried on held-out letters instead."""
    rows = []
    for name, kept in by_system(outputs.load(STUDY, size), tried).items():
        system, _, task = name.rpartition(", ")
        rows.append({"system": system, "task": task, "n": len(kept)} | mean_scores(kept))
    return rows
