"""Keyword search: BM25 (Robertson and Zaragoza 2009) over texts, by the library bm25s."""

import unicodedata
from collections.abc import Sequence

import numpy as np


def tokenize(texts: Sequence[str]) -> list[list[str]]:
    """The words of every text as the index knows them: in one form of Unicode (NFKC), lower case, two letters or more,
    no English stop words, stemmed (Snowball), so that "visits" finds "visit". The published figures for bm25s are
    measured with the same."""
    import bm25s
    import Stemmer

    texts, stemmer = [unicodedata.normalize("NFKC", text) for text in texts], Stemmer.Stemmer("english")
    return bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, return_ids=False, show_progress=False)


class KeywordIndex:
    """BM25 over texts, known by their numbers."""

    def __init__(self, texts: Sequence[str]):
        import bm25s

        words = tokenize(texts)
        self._index = bm25s.BM25() if any(words) else None
        if self._index:
            self._index.index(words, show_progress=False)

    def search(self, question: str, k: int, allowed: np.ndarray) -> dict[int, float]:
        """Number -> score, best first, of the best ``k`` allowed texts that share a word with the question."""
        words = [word for word in tokenize([question])[0] if self._index and word in self._index.vocab_dict]
        if not words:
            return {}
        scores = self._index.get_scores(words)[allowed]
        order = np.argsort(-scores, kind="stable")[:k]
        return {int(allowed[n]): float(scores[n]) for n in order if scores[n] > 0}
