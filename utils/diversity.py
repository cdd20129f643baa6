"""Choosing among the passages found so that they do not say the same thing twice."""

from collections.abc import Sequence

import numpy as np

from utils.retrieval import Hit


def mmr(query: np.ndarray, vectors: np.ndarray, k: int, balance: float = 0.7) -> list[int]:
    """Maximal marginal relevance (Carbonell and Goldstein 1998): numbers of ``k`` rows of ``vectors``, in order.

    Each next row has the highest ``balance`` * its likeness to the query - (1 - ``balance``) * its largest likeness to
    a row chosen before; likeness is the cosine. ``query``: unit vector (dimensions,), ``vectors``: (rows, dimensions).
    All rows if there are fewer than ``k``. ValueError for a balance outside 0 to 1 or a negative k.
    """
    if not 0 <= balance <= 1 or k < 0:
        raise ValueError(f"balance is {balance} and k {k}: balance goes from 0 (variety) to 1 (likeness), k from 0.")
    relevance, alike = vectors @ query, vectors @ vectors.T
    left, chosen = list(range(len(vectors))), []
    while left and len(chosen) < k:
        repeated = alike[left][:, chosen].max(axis=1) if chosen else np.zeros(len(left))
        best = int(np.argmax(balance * relevance[left] - (1 - balance) * repeated))
        chosen.append(left.pop(best))
    return chosen


def without_copies(hits: Sequence[Hit], vectors: np.ndarray, most: float = 0.9) -> list[Hit]:
    """The hits, best first, without those whose cosine with a better one that was kept is above ``most``.

    ``vectors``: unit vectors of the hits' texts, (hits, dimensions).
    """
    kept: list[int] = []
    for number in range(len(hits)):
        if not kept or (vectors[kept] @ vectors[number]).max() <= most:
            kept.append(number)
    return [hits[number] for number in kept]
