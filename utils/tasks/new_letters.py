"""New letters and notices in the house voice, written from a list of facts, with no draft to rewrite."""

from collections.abc import Mapping, Sequence

from utils.corpus import load_records
from utils.models import Chat
from utils.tasks import voice

RECIPE = voice.RECIPE
MAX_NEW_TOKENS = voice.MAX_NEW_TOKENS
INSTRUCTION = "Write a letter from the facts, in the voice of this guide."


def load(split: str) -> list[dict]:
    """The letters of a split, train, dev or test, as records of voice whose ``plain`` lists reader and facts."""
    return load_records("new_letters", split)


def prompt(record: Mapping) -> Chat:
    """The short prompt that the fine-tuned model is trained on and asked with."""
    system = {"role": "system", "content": "A new letter in our voice."}
    return [system, {"role": "user", "content": record["plain"]}]


def example(record: Mapping) -> Chat:
    """A training example."""
    return [*prompt(record), {"role": "assistant", "content": record["brand"]}]


def prompt_with_guide(record: Mapping, examples: Sequence[Mapping] = ()) -> Chat:
    """A prompt with the guide and few-shot examples."""
    return voice.few_shot(voice.guide(INSTRUCTION), record, examples)
