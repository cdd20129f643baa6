"""Shorthand: clinical notes, their plain readings, and how a reading is scored."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import yaml

from utils import corpus
from utils.finetuning import Recipe
from utils.models import Chat
from utils.scoring import mentions, normalise, score_items
from utils.settings import DATA

RECIPE = Recipe(rank=16, alpha=32, learning_rate=3e-3, epochs=4, batch_size=8, top_layers=15)
MAX_NEW_TOKENS = 48
RULES = "Write the clinical note out as plain sentences. Every abbreviation and code becomes words; numbers stay."


def load(split: str) -> list[dict]:
    """The notes of a split, train, dev or test: note, reading, the key items and the terms in it."""
    return corpus.load_records("shorthand", split)


@lru_cache(maxsize=1)
def glossary() -> dict[str, dict]:
    """Every term with ``means``, ``house`` (invented for Quillhaven) and ``seen_in_training``."""
    return yaml.safe_load((DATA / "shorthand_glossary.yaml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def vocabulary() -> tuple[str, ...]:
    """Every key item of every note, normalised: what a reading could state."""
    return tuple(sorted({normalise(item) for record in corpus.load_records("shorthand") for item in record["items"]}))


def score(reading: str, record: Mapping) -> dict[str, float]:
    """``all items``: 1 if every key item of the note is in the reading; ``item F1``: against all items of all notes,
    so that a finding that the note does not hold counts against the reading."""
    return score_items(reading, record["items"], record["reading"], vocabulary())


def house_terms(reading: str, record: Mapping, seen: bool) -> list[float]:
    """1 or 0 for every house term of the note that was (or was not) seen in training: whether its meaning is there."""
    entries = [glossary()[term] for term in record["terms"]]
    wanted = [entry["means"] for entry in entries if entry["house"] and entry["seen_in_training"] == seen]
    return [float(mentions(reading, [means])) for means in wanted]


def prompt(record: Mapping) -> Chat:
    """The short prompt that the fine-tuned model is trained on and asked with."""
    return [{"role": "system", "content": "Read the note."}, {"role": "user", "content": record["note"]}]


def example(record: Mapping) -> Chat:
    """A training example."""
    return [*prompt(record), {"role": "assistant", "content": record["reading"]}]


def prompt_with_rules(record: Mapping, examples: Sequence[Mapping] = (), entries: bool = False) -> Chat:
    """A prompt with the rules, few-shot examples, and, if wanted, the glossary's entries for the terms of the note."""
    turns = [{"role": "system", "content": RULES}]
    for other in (*examples, record):
        means = "\n".join(f"{term} = {glossary()[term]['means']}" for term in other["terms"]) if entries else ""
        content = f"{means}\n\nNote: {other['note']}" if means else f"Note: {other['note']}"
        turns += [{"role": "user", "content": content}, {"role": "assistant", "content": other["reading"]}]
    return turns[:-1]
