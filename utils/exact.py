"""How long an exact search takes as vectors grow in number."""

import time
from collections.abc import Sequence

import numpy as np

from utils.settings import SEED

JITTER = 0.02  # standard deviation in each dimension: with 384 of them, the cosine to the real vector is about 0.93


def milliseconds(real: np.ndarray, sizes: Sequence[int], searches: int = 20) -> list[dict]:
    """Milliseconds of every search, one at a time, in an exact faiss index of so many vectors: the real ones over and
    over, each copy moved a little at random, because there are not a million real ones here."""
    import faiss

    draw, index, rows = np.random.default_rng(SEED), faiss.IndexFlatIP(real.shape[1]), []
    queries = _moved(real, searches, draw)
    for size in sizes:
        while index.ntotal < size:
            index.add(_moved(real, min(len(real), size - index.ntotal), draw))
        index.search(queries[:1], 3)
        spent = []
        for query in queries:
            start = time.perf_counter()
            index.search(query[None], 3)
            spent.append(round(1000 * (time.perf_counter() - start), 3))
        rows.append({"vectors": size, "milliseconds": spent})
    return rows


def _moved(real: np.ndarray, count: int, draw: np.random.Generator) -> np.ndarray:
    made = real[:count] + draw.normal(0, JITTER, (min(count, len(real)), real.shape[1])).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)
