"""New letters and notices in the house voice, written from a list of facts, with no draft to rewrite."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from utils.corpus import load_records
from utils.models import Chat
from utils.settings import DATA
from utils.tasks import voice

RECIPE = voice.RECIPE
MAX_NEW_TOKENS = 128
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


@lru_cache(maxsize=1)
def guide() -> str:
    """The instruction, and the whole page of the style guide that the house's own writers follow."""
    return f"{INSTRUCTION}\n\n{(DATA / 'voice_guide.md').read_text(encoding='utf-8').strip()}"


def prompt_with_guide(record: Mapping, examples: Sequence[Mapping] = ()) -> Chat:
    """A prompt with the guide and few-shot examples."""
    return voice.few_shot(guide(), record, examples)
