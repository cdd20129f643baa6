"""Texts as unit vectors: the embedder, loaded once, and the check of what it is given."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np

from utils.models.loading import load_embedder


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
