"""Metrics of answers, citations and rankings, one number per question."""

from collections.abc import Mapping, Sequence

import numpy as np

from utils.corpus import Question
from utils.scoring import abstains, contains_answer


def is_right(prediction, question: Question) -> bool:
    """The accuracy of the series: the text gives an accepted answer; abstaining is right where there is none.

    ``prediction``: a text, or an answer with a ``text``, such as ``rag.Answer``.
    """
    text = getattr(prediction, "text", prediction)
    return abstains(text) if not question.answers else contains_answer(text, question.answers, question.question)


def citation_precision(answer, question: Question) -> float:
    """Share of the ``citations`` of an answer that the question needs; not a number where nothing is cited."""
    return float(np.mean([d in question.doc_ids for d in answer.citations])) if answer.citations else float("nan")


def citation_recall(answer, question: Question) -> float:
    """Share of the documents that the question needs that are cited; not a number where it needs none."""
    return float(np.mean([d in answer.citations for d in question.doc_ids])) if question.doc_ids else float("nan")


def recall_at_k(ranked: Sequence[str], relevant: Sequence[str], k: int) -> float:
    """Share of the relevant documents among the first k; ``ranked`` is best first, repeats count once.

    Not a number where nothing is relevant.
    """
    found = set(_unique(ranked)[:k]) & set(relevant)
    return len(found) / len(set(relevant)) if relevant else float("nan")


def reciprocal_rank(ranked: Sequence[str], relevant: Sequence[str]) -> float:
    """1 / rank of the first relevant document, 0 if there is none; the mean over questions is MRR."""
    return next((1 / rank for rank, doc_id in enumerate(_unique(ranked), 1) if doc_id in relevant), 0.0)


def ndcg_at_k(ranked: Sequence[str], relevant: Sequence[str] | Mapping[str, float], k: int = 10) -> float:
    """Normalised discounted cumulative gain (Järvelin, Kekäläinen 2002); ``relevant``: ids, or id to grade (gain)."""
    grades = relevant if isinstance(relevant, Mapping) else dict.fromkeys(relevant, 1)
    gains = [max(0, grades.get(doc_id, 0)) for doc_id in _unique(ranked)[:k]]  # as trec_eval: linear, none below 0
    ideal = sorted((max(0, grade) for grade in grades.values()), reverse=True)[:k]
    gained, best = (sum(g / np.log2(rank + 1) for rank, g in enumerate(row, 1)) for row in (gains, ideal))
    return float(gained / best) if best else float("nan")


def _unique(ranked: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(ranked))
