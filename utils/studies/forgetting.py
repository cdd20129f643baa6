"""The study of notebook 02 on forgetting: what training on the shorthand notes gives, and what it takes elsewhere.

``notes_forgetting`` is the study of a model size: the recipe that ``notes`` chose, alone and with replay of general
text, at two other ranks, and full fine-tuning of the upper half. Each system reads the 60 test notes, and its loss a
token is taken on their readings and on pages that nothing was trained on. ``table`` and ``losses`` tell what was kept.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np

from utils import corpus, finetuning, models
from utils.evaluation import outputs
from utils.finetuning import Recipe
from utils.models import Chat
from utils.settings import SEED
from utils.studies import notes
from utils.studies.trials import LAYERS, Trials, by_system, generator, of_rank, seeds
from utils.tasks import notes as task
from utils.tasks import pages

STUDY = "notes_forgetting"
RANKS = (4, 64)  # of LoRA, besides the recipe's
RATES = (0.1, 0.03)  # of full fine-tuning that are tried, as parts of LoRA's
SHARE = 0.3  # of the words to learn that are replayed: pages of Python's documentation
PAGES = 20  # of Python's documentation that measure what is forgotten, and as many of the handbook
RUN = 8  # words in a row; a page that has so many from a measured one isn't replayed


def trials(size: str) -> Trials:
    """The systems of the study at a size."""
    return Trials(STUDY, size, task.MAX_NEW_TOKENS, notes.quality)


def notes_forgetting(size: str) -> None:
    """The untrained model, and every way of training; each is kept as soon as it is complete.

    Raises SetupError where the study of notes is still to be run.
    """
    study, recipe = trials(size), notes.chosen_recipe(size)
    _write(study, "untrained")
    for seed, (system, share) in product(seeds(size), {lora(recipe): 0.0, replaying(recipe): SHARE}.items()):
        _write(study, f"{system}, seed {seed}", trained(replace(recipe, seed=seed), share))
    for rank in RANKS:
        other = of_rank(recipe, rank)
        _write(study, f"{lora(other)}, seed {SEED}", trained(other))
    full = full_fine_tuning(study, recipe)
    for seed in seeds(size):
        _write(study, f"full fine-tuning, seed {seed}", trained(replace(full, seed=seed)))


def lora(recipe: Recipe) -> str:
    """The name of training an adapter on notes alone."""
    return f"LoRA, rank {recipe.rank}"


def replaying(recipe: Recipe) -> str:
    """The name of training an adapter on notes and pages."""
    return f"{lora(recipe)}, {SHARE:.0%} replay"


def full_fine_tuning(study: Trials, recipe: Recipe) -> Recipe:
    """The recipe for all weights of the upper half, whichever layers LoRA adapts, at the rate that is best on the notes
    of dev."""
    asked = task.load("dev")
    chats = [task.prompt(note) for note in asked]
    way = replace(recipe, rank=None, top_layers=LAYERS[study.size] // 2, seed=SEED)
    ways = [replace(way, learning_rate=recipe.learning_rate * part) for part in RATES]
    names = {one: f"held out, full fine-tuning, lr {one.learning_rate:g}" for one in ways}
    return study.best({one: study.write(name, asked, chats, trained(one)) for one, name in names.items()})


def trained(recipe: Recipe, share: float = 0.0) -> Callable[[], Path]:
    """A function that trains on the notes, seen as often as without replay, and on the pages that are replayed."""
    learned = [task.example(note) for note in task.load("train")]
    return partial(
        finetuning.train, learned + replayed(learned, share), recipe, f"{len(learned)} notes, {share:.0%} replay"
    )


def replayed(learned: Sequence[Chat], share: float) -> list[Chat]:
    """Pages of Python's documentation, as many as give this share of all words that are learned. None has a run of
    eight words from a page that measures what is forgotten."""
    measured = set().union(*(_runs(page) for page in elsewhere()["Python's documentation"]))
    others = [pages.example(document) for document in corpus.python_docs()[PAGES:]]
    apart = [page for page in others if not _runs(page) & measured]
    missing = share / (1 - share) * sum(len(_words(chat)) for chat in learned)
    chosen = []
    for page in random.Random(SEED).sample(apart, len(apart)):
        if missing <= 0:
            break
        chosen.append(page)
        missing -= len(_words(page))
    return chosen


def elsewhere() -> dict[str, list[Chat]]:
    """What is not to be forgotten: pages like those that are replayed, and pages of another kind."""
    documents = {"Python's documentation": corpus.python_docs(), "handbook": corpus.load_handbook()[::7]}
    return {kind: [pages.example(document) for document in some[:PAGES]] for kind, some in documents.items()}


def _words(chat: Chat) -> list[str]:
    return chat[-1]["content"].split()


def _runs(chat: Chat) -> set[tuple[str, ...]]:
    words = _words(chat)
    return set(zip(*(words[start:] for start in range(RUN)), strict=False))


def _write(study: Trials, system: str, adapter: Callable[[], Path] | None = None) -> None:
    """A system's readings of the test notes, and with them its loss a token on every text, by kind."""
    test = task.load("test")
    texts = {"notes": [task.example(note) for note in test]} | elsewhere()

    def measure() -> dict:
        llm = generator(adapter() if adapter else None, None)
        return {"losses": {kind: [round(loss, 4) for loss in models.losses(llm, some)] for kind, some in texts.items()}}

    study.write(system, test, [task.prompt(note) for note in test], adapter, details=measure)


def losses(size: str) -> dict[str, dict[str, np.ndarray]]:
    """For each kept system and kind of text ("notes", "Python's documentation", "handbook") the loss a token, in nats,
    of every text: arrays of seeds x texts."""
    made = outputs.made(STUDY, size)
    lines = by_system({name: [header["losses"]] for name, header in made.items() if "losses" in header})
    return {
        system: {kind: np.array([one[kind] for one in several]) for kind in several[0]}
        for system, several in lines.items()
    }


def table(size: str) -> list[dict]:
    """A row for each kept system of a size, trained ones with all their seeds: the scores of the notes, and for each
    kind of text the change of the loss a token against the untrained model, in nats; less is better."""
    kept, nats = by_system(outputs.load(STUDY, size)), losses(size)
    return [
        {"system": system, "n": len(rows)} | notes.mean_scores(rows) | _changes(nats[system], nats["untrained"])
        for system, rows in kept.items()
    ]


def _changes(after: Mapping[str, np.ndarray], before: Mapping[str, np.ndarray]) -> dict[str, float]:
    return {f"{kind}, nats": float(after[kind].mean() - before[kind].mean()) for kind in after}
