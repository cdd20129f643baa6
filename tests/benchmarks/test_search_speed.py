"""Hybrid search of 10,000 chunks against the obvious way, timed in turns: ``make benchmarks``. Results must be equal.

The obvious way is a plain NumPy cosine over every vector and BM25 as it stands in the books: a loop over the documents
and the words of the query. Vectors are random, because how long a comparison takes does not depend on what is compared.
"""

import itertools
import math
import random
from collections import Counter

import numpy as np
import pytest
from benchmarks.racing import race, report
from tiny_model import WordReader

from utils import models
from utils.corpus import Document
from utils.models import embedder
from utils.retrieval import FUSION_DEPTH, Retriever, fuse, tokenize

CHUNKS, QUERIES, K = 10_000, 20, 10
TENANTS = 20


class RandomVectors(WordReader):
    """The same random unit vector for the same text, of the length of the real embedder's."""

    def encode(self, texts, **options):
        rows = [np.random.default_rng(list(text.encode())).standard_normal(384) for text in texts]
        return np.array([row / np.linalg.norm(row) for row in rows], dtype=np.float32)


class BookBM25:
    """BM25 by its formula (Robertson and Zaragoza 2009, with Lucene's idf, k1 = 1.5, b = 0.75, as bm25s has it)."""

    def __init__(self, texts):
        self.counts = [Counter(words) for words in tokenize(texts)]
        self.lengths = [sum(count.values()) for count in self.counts]
        self.mean = sum(self.lengths) / len(self.lengths)
        self.holders = Counter(word for count in self.counts for word in count)

    def scores(self, query):
        words = [word for word in tokenize([query])[0] if word in self.holders]
        every = len(self.counts)
        idf = {word: math.log(1 + (every - self.holders[word] + 0.5) / (self.holders[word] + 0.5)) for word in words}
        return [
            sum(
                idf[word] * count[word] / (count[word] + 1.5 * (0.25 + 0.75 * length / self.mean))
                for word in words
                if word in count
            )
            for count, length in zip(self.counts, self.lengths, strict=True)
        ]


class MadeUpTexts:
    """Texts of made-up words, the n-th as often as 1 / n, much as in real text (Zipf's law)."""

    def __init__(self, seed):
        self.rng = rng = random.Random(seed)
        self.words = ["".join(rng.choice("bdfgklmnprstv") + rng.choice("aeiou") for _ in range(4)) for _ in range(5000)]
        self.weights = list(itertools.accumulate(1 / rank for rank in range(1, len(self.words) + 1)))

    def text(self, words):
        return " ".join(self.rng.choices(self.words, cum_weights=self.weights, k=words))


@pytest.fixture(scope="module")
def collection():
    """A retriever over 10,000 documents of one chunk each, and 20 queries in words of the same kind."""
    made = MadeUpTexts(seed=7)
    documents = [Document(f"d{n}", made.text(3), made.text(30), "c", f"clinic {n % TENANTS}") for n in range(CHUNKS)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedder, "_embedder", RandomVectors)
        yield Retriever(documents, "hybrid", chunk=None), [made.text(8) for _ in range(QUERIES)]


@pytest.mark.parametrize("where", [None, {"tenant": "clinic 3"}], ids=["everything", "one tenant of twenty"])
def test_hybrid_search_and_the_obvious_way(collection, where):
    searched, queries = collection
    texts = [piece.text for piece in searched.chunks]
    vectors, book = models.embed(texts), BookBM25(texts)
    allowed = [n for n, d in enumerate(searched.documents.values()) if not where or d.tenant == where["tenant"]]
    found = {}

    def ranked(scores, above):
        return [n for _, n in sorted((-scores[n], n) for n in allowed if scores[n] > above)][:FUSION_DEPTH]

    def obvious():
        found["obvious"] = []
        for query in queries:
            cosines = vectors @ models.embed([query])[0]
            fused = fuse([ranked(cosines, -1.0), ranked(book.scores(query), 0.0)])
            best = sorted(fused.items(), key=lambda pair: (-pair[1], pair[0]))[:K]
            found["obvious"].append([searched.chunks[n].chunk_id for n, _ in best])

    def ours():
        found["ours"] = [[hit.chunk_id for hit in hits] for hits in searched.search_many(queries, K, where)]

    ours()  # builds the indexes, once
    seconds = race(obvious, ours, rounds=3)
    same = sum(a == b for a, b in zip(found["obvious"], found["ours"], strict=True))
    name = f"{QUERIES} queries, {len(allowed):,} chunks"
    report("Hybrid search: NumPy cosine and BM25 in a loop, and this", [(name, *seconds, f"{same} of {QUERIES}")])
    # Single against double precision may turn a near tie between two chunks, but no more than that.
    assert same >= QUERIES - 2
