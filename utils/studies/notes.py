"""The study of notebook 02 on shorthand notes: who reads them, with a glossary in the prompt or with training.

``notes`` is the study of a model size: every system reads the 60 test notes in the form that was best on held-out
notes. ``table`` and ``scores`` judge what was kept.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd

from utils import corpus, finetuning
from utils.evaluation import outputs
from utils.finetuning import Recipe
from utils.models import Chat
from utils.studies.trials import Trials, by_system, held_out, recipe_name, seeds
from utils.tasks import notes as task

STUDY = "notes"
HELD_OUT = 40  # training notes that, with dev, choose the form of a system; the other 146 are shown or trained
EPOCHS = (4,)
RATES = (2,)  # of training that are tried besides the first, as parts of it
BASE = Recipe(rank=16, alpha=32, batch_size=8, learning_rate=5e-4)
FEW_SHOT, RETRIEVED = (3, 8, 16), (0, 1, 3)  # numbers of examples that are tried; 0: the glossary's entries alone
TRAINED = {"fine-tuned": False, "fine-tuned with retrieved entries": True}  # whether entries stand above the notes:
# twice the tokens, so these are trained with one seed


def trials(size: str) -> Trials:
    """The systems of the study at a size."""
    return Trials(STUDY, size, task.MAX_NEW_TOKENS, quality)


def notes(size: str) -> None:
    """Without a model, prompted and, but for ``large``, fine-tuned; each system is kept as soon as it is complete."""
    study, test = trials(size), task.load("test")
    study.keep_texts("string replacement", test, [task.replaced(note["note"]) for note in test])
    prompted(study, test)
    if size != "large":
        fine_tuned(study, test)


def choosing() -> tuple[list[Mapping], list[Mapping]]:
    """Training notes to show or to train on, and the notes that choose a form: those of dev and some of train."""
    known, asked = held_out(task.load("train"), HELD_OUT)
    return known, task.load("dev") + asked


def prompted(study: Trials, test: Sequence[Mapping]) -> None:
    """The systems that leave the weights alone. All get the page of rules; with the same notes as examples for every
    note, or none, they also get the whole glossary, else the entries of the note's terms and notes that share them."""
    known, asked = choosing()
    study.write("zero-shot", test, [task.prompt_with_guide(note, whole_glossary=True) for note in test])
    for system, numbers, chats in (("few-shot", FEW_SHOT, few_shot), ("retrieved few-shot", RETRIEVED, retrieved)):
        tried = {n: study.write(f"held out, {system} {n}", asked, chats(asked, known, n)) for n in numbers}
        study.write(system, test, chats(test, task.load("train"), study.best(tried)))


def few_shot(records: Sequence[Mapping], train: Sequence[Mapping], count: int) -> list[Chat]:
    """Rules, glossary, and the same varied examples for every record."""
    examples = task.varied_examples(train, count)
    return [task.prompt_with_guide(record, examples, whole_glossary=True) for record in records]


def retrieved(records: Sequence[Mapping], train: Sequence[Mapping], count: int) -> list[Chat]:
    """Rules, and for each record the entries of its terms and the nearest training notes with theirs."""
    found = task.nearest_examples(records, train, count)
    return [task.prompt_with_guide(*pair, entries=True) for pair in zip(records, found, strict=True)]


def fine_tuned(study: Trials, test: Sequence[Mapping]) -> None:
    """The model fine-tuned with the best recipe, on notes alone and on notes below the entries of their terms."""
    known, asked = choosing()
    chats = [task.prompt(note) for note in asked]
    recipe = best_recipe(study, lambda name, one: study.write(name, asked, chats, trained(known, one)))
    for system, entries in TRAINED.items():
        chats = [task.prompt(note, entries) for note in test]
        for seed in seeds(study.size)[: 1 if entries else None]:
            adapter = trained(task.load("train"), replace(recipe, seed=seed), entries)
            study.write(f"{system}, seed {seed}", test, chats, adapter)


def best_recipe(study: Trials, ask: Callable[[str, Recipe], Sequence[Mapping]] | None = None) -> Recipe:
    """The recipe of the upper half of the layers at the rate that is best, see ``Trials.recipe``."""
    return study.recipe(BASE, EPOCHS, ask, rates=RATES, both_halves=False)


def chosen_recipe(size: str) -> Recipe:
    """The recipe that the held-out notes choose for a size; SetupError if what they chose by isn't kept."""
    return best_recipe(trials(size))


def trained(records: Sequence[Mapping], recipe: Recipe, entries: bool = False) -> Callable[[], Path]:
    """A function that trains on notes, below their entries if wanted."""
    chats = [task.example(record, entries) for record in records]
    return partial(finetuning.train, chats, recipe, f"{len(chats)} notes, {recipe_name(recipe)}")


def quality(kept: Sequence[Mapping]) -> tuple[float, float]:
    """The share of notes that are read whole, and then the mean F1 of their items."""
    means = mean_scores(kept)
    return means["all items"], means["item F1"]


def scores(kept: Sequence[Mapping]) -> list[dict[str, float]]:
    """For every kept reading ``all items`` and ``item F1``, and the shares of the note's house terms that are put into
    the right words, of those seen in training and of those unseen; not a number where a note has none."""
    records = {record["id"]: record for record in corpus.load_records("notes")}
    return [_score(row["text"], records[row["id"]]) for row in kept]


def _score(reading: str, record: Mapping) -> dict[str, float]:
    terms = {f"{kind} terms": task.house_terms(reading, record, kind == "seen") for kind in ("seen", "unseen")}
    shares = {kind: sum(found) / len(found) if found else float("nan") for kind, found in terms.items()}
    return task.score(reading, record) | shares


def mean_scores(kept: Sequence[Mapping]) -> dict[str, float]:
    """The means of ``scores`` over the notes that have what they count."""
    return pd.DataFrame(scores(kept)).mean().to_dict()


def table(size: str, tried: bool = False) -> list[dict]:
    """A row for each kept system of a size, trained ones with all their seeds: the number of readings and the means of
    their scores. ``tried``: the forms that were tried on held-out notes instead."""
    kept = by_system(outputs.load(STUDY, size), tried)
    return [{"system": system, "n": len(rows)} | mean_scores(rows) for system, rows in kept.items()]
