"""Texts as unit vectors: the embedder, loaded once, and the check of what it is given."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np

from utils.models.loading import load_embedder

LONGEST = 256  # tokens of a chunk, with those that the tokenizer adds: as many as the embedder of the series reads
_SURELY_READ = 100  # bytes: no tokenizer makes more tokens than bytes, and every embedder reads so many


def valid_texts(values: Sequence[str], what: str = "text") -> list[str]:
    """Texts from outside as valid Unicode: half a surrogate pair becomes "?". ValueError for what is no text."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise ValueError(f"Give a list with a text for every {what}, not {type(values).__name__}.")
    values = list(values)
    wrong = [value for value in values if not isinstance(value, str)]
    if wrong:
        raise ValueError(f"A {what} is {wrong[0]!r:.60}: give a text.")
    return [value.encode("utf-8", "replace").decode("utf-8") for value in values]


@lru_cache(maxsize=1)
def _embedder():
    return load_embedder()


def embed(texts: Sequence[str]) -> np.ndarray:
    """Unit vectors of texts, float32 of shape (texts, dimensions); cut at the embedder's own maximum length.

    Raises ValueError for what is no list of texts.
    """
    return unit_vectors(valid_texts(texts))


def unit_vectors(texts: Sequence[str]) -> np.ndarray:
    """``embed`` for texts that were checked before."""
    vectors = _embedder().encode(list(texts), batch_size=64, normalize_embeddings=True, show_progress_bar=False)
    return np.asarray(vectors, dtype=np.float32)


def reads_whole(text: str) -> bool:
    """Whether the embedder reads a text to its end: at most ``LONGEST`` tokens, or as many as a smaller one reads."""
    if len(text.encode("utf-8", "replace")) <= _SURELY_READ:
        return True  # without loading anything
    model = _embedder()
    limit, tokenizer = min(model.max_seq_length or LONGEST, LONGEST), model.tokenizer
    if not callable(tokenizer):  # a static embedder's, of the library tokenizers
        return len(tokenizer.encode(text)) <= limit
    return len(tokenizer(text, truncation=True, max_length=limit + 1)["input_ids"]) <= limit
