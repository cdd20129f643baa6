"""The house voice: office messages rewritten as letters to patients."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from utils.corpus import load_records
from utils.finetuning import Recipe
from utils.models import Chat
from utils.settings import DATA

RECIPE = Recipe(rank=16, alpha=32, learning_rate=2e-3, epochs=3, batch_size=4, top_layers=10)
MAX_NEW_TOKENS = 128  # the longest by hand takes 74; a prompted model writes more
INSTRUCTION = "Rewrite the message as a letter in the voice of this guide."


def load(split: str) -> list[dict]:
    """The messages of a split, train, dev or test: the plain message, the same in the house voice, the facts in it."""
    return load_records("voice", split)


def prompt(record: Mapping) -> Chat:
    """The short prompt that the fine-tuned model is trained on and asked with."""
    return [{"role": "system", "content": "Our voice."}, {"role": "user", "content": record["plain"]}]


def example(record: Mapping) -> Chat:
    """A training example."""
    return [*prompt(record), {"role": "assistant", "content": record["brand"]}]


@lru_cache
def guide(instruction: str = INSTRUCTION) -> str:
    """An instruction, and the whole page of the style guide that the house's own writers follow."""
    return f"{instruction}\n\n{(DATA / 'voice_guide.md').read_text(encoding='utf-8').strip()}"


def prompt_with_guide(record: Mapping, examples: Sequence[Mapping] = ()) -> Chat:
    """A prompt with the guide and few-shot examples."""
    return few_shot(guide(), record, examples)


def few_shot(instruction: str, record: Mapping, examples: Sequence[Mapping] = ()) -> Chat:
    """An instruction, examples of source and letter, and the source of the record."""
    turns = [{"role": "system", "content": instruction}]
    for other in (*examples, record):
        turns += [{"role": "user", "content": other["plain"]}, {"role": "assistant", "content": other["brand"]}]
    return turns[:-1]
