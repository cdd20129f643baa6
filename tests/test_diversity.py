"""Choosing passages that do not repeat each other, on vectors whose cosines can be worked out by hand."""

import numpy as np
import pytest

from utils.diversity import mmr, without_copies
from utils.retrieval import Hit

QUERY = np.array([1.0, 0.0, 0.0])
VECTORS = np.array(
    [[0.9, 0.4359, 0.0], [0.8, 0.6, 0.0], [0.6, 0.0, 0.8], [0.0, 0.0, 1.0]]
)  # 0 and 1 say nearly the same


def test_by_likeness_alone_it_is_the_plain_ranking():
    assert mmr(QUERY, VECTORS, 4, balance=1.0) == [0, 1, 2, 3]


def test_what_repeats_the_first_comes_later():
    # 0 first; then 1: 0.5 * 0.8 - 0.5 * 0.98 = -0.09, 2: 0.5 * 0.6 - 0.5 * 0.54 = 0.03, 3: 0
    assert mmr(QUERY, VECTORS, 2, balance=0.5) == [0, 2]
    # then 1: -0.09, 3: 0 - 0.5 * 0.8 = -0.4
    assert mmr(QUERY, VECTORS, 4, balance=0.5) == [0, 2, 1, 3]


def test_by_variety_alone_the_least_alike_follows_the_first():
    assert mmr(QUERY, VECTORS, 2, balance=0.0) == [0, 3]


def test_an_exact_copy_comes_last_once_variety_counts():
    twice = np.vstack([VECTORS[0], VECTORS[0], VECTORS[2]])
    assert mmr(QUERY, twice, 3, balance=0.6) == [0, 2, 1]


@pytest.mark.parametrize(("k", "expected"), [(0, []), (1, [0]), (9, [0, 2, 1, 3])])
def test_how_many(k, expected):
    assert mmr(QUERY, VECTORS, k, balance=0.5) == expected


def test_of_nothing_nothing_is_chosen():
    assert mmr(QUERY, np.zeros((0, 3)), 3) == []


@pytest.mark.parametrize(("k", "balance"), [(3, -0.1), (3, 1.1), (-1, 0.5)])
def test_wrong_settings_are_refused(k, balance):
    with pytest.raises(ValueError, match="balance goes from 0"):
        mmr(QUERY, VECTORS, k, balance)


def test_copies_are_dropped_and_the_better_one_stays():
    hits = [Hit(f"d{n}", f"d{n}#0", "", 1 / (n + 1)) for n in range(4)]
    assert [hit.doc_id for hit in without_copies(hits, VECTORS, most=0.9)] == ["d0", "d2", "d3"]
    assert without_copies(hits, VECTORS, most=0.99) == hits
    assert [hit.doc_id for hit in without_copies(hits, VECTORS, most=0.5)] == ["d0", "d3"]
    assert without_copies([], np.zeros((0, 3))) == []
