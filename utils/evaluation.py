"""Metrics for answers and rankings, intervals, and paired comparison of arms on the same questions."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from utils.corpus import Question
from utils.rag import Answer, abstains
from utils.retrieval import Hit, Retriever
from utils.settings import SEED

RESAMPLES = 10_000


def normalise(text: str) -> str:
    """Lower case, without articles and punctuation; 1,200 becomes 1200, €40 becomes 40 euros; 08:30 and 2.5 stay."""
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text.lower().replace("’", "'"))
    text = re.sub(r"(?<=\d)\s+%", "%", text)
    text = re.sub(r"€\s*(\d+(?:\.\d+)?)", r"\1 euros", text)
    text = re.sub(r"[.:](?!\d)|[^\w\s.:%]", " ", text)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def contains_answer(text: str, answers: Sequence[str]) -> bool:
    """Whether a text holds one of the accepted answers as whole words, both normalised.

    A text that is nothing but the one number of an accepted "6 nights" counts as well: the unit is understood.
    """
    text, answers = normalise(text), [normalise(answer) for answer in answers]
    bare = {answer.split()[0] for answer in answers if re.fullmatch(r"\d\S*( [^\d\s]+)*", answer)}
    return text in bare or any(f" {answer} " in f" {text} " for answer in answers)


def exact_match(text: str, answers: Sequence[str]) -> bool:
    """Whether a text is one of the accepted answers, both normalised."""
    return normalise(text) in {normalise(answer) for answer in answers}


def token_f1(text: str, answers: Sequence[str]) -> float:
    """Harmonic mean of token precision and recall against the best accepted answer (SQuAD, arXiv 1606.05250)."""
    return max((_f1(normalise(text).split(), normalise(answer).split()) for answer in answers), default=0.0)


def _f1(left: list[str], right: list[str]) -> float:
    shared = sum((Counter(left) & Counter(right)).values())
    return 2 * shared / (len(left) + len(right)) if shared else 0.0


def is_right(prediction: str | Answer, question: Question) -> bool:
    """The accuracy of the series: an accepted answer stands in the text; abstaining is right where there is none."""
    text = prediction.text if isinstance(prediction, Answer) else prediction
    return abstains(text) if not question.answers else contains_answer(text, question.answers)


def citation_precision(answer: Answer, question: Question) -> float:
    """Share of the cited documents that the question needs; not a number where nothing is cited."""
    return float(np.mean([d in question.doc_ids for d in answer.citations])) if answer.citations else float("nan")


def citation_recall(answer: Answer, question: Question) -> float:
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


def interval(values: Sequence[float], confidence: float = 0.95, seed: int = SEED) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean; for 0/1 values Wilson's, which stays honest at 0 and 100 %.

    Values that are not a number are left out; an empty sequence gives (nan, nan).
    """
    values = np.asarray(values, dtype=float)
    values = values[~np.isnan(values)]
    if not len(values):
        return float("nan"), float("nan")
    if set(np.unique(values)) <= {0.0, 1.0}:
        found = stats.binomtest(int(values.sum()), len(values)).proportion_ci(confidence, method="wilson")
        return float(found.low), float(found.high)
    means = _resampled_means(values, seed)
    return tuple(float(q) for q in np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2]))


def _resampled_means(values: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.array([values[rng.integers(0, len(values), len(values))].mean() for _ in range(RESAMPLES)])


def paired_difference(
    left: Sequence[float], right: Sequence[float], confidence: float = 0.95, seed: int = SEED
) -> tuple[float, float, float]:
    """Mean of left - right over the same questions, with its paired bootstrap interval: (mean, low, high).

    Questions for which either is not a number are left out; where none is left, neither is the difference a number.
    """
    if len(left) != len(right):
        raise ValueError(f"Arms answered {len(left)} and {len(right)} questions: compare them on the same ones.")
    gaps = np.asarray(left, dtype=float) - np.asarray(right, dtype=float)
    gaps = gaps[~np.isnan(gaps)]
    if not len(gaps):
        return (float("nan"),) * 3
    low, high = np.quantile(_resampled_means(gaps, seed), [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(gaps.mean()), float(low), float(high)


def mcnemar(left: Sequence[bool], right: Sequence[bool]) -> float:
    """Exact two-sided McNemar p-value: could the questions on which two arms disagree fall like coin tosses?"""
    only_left = sum(a and not b for a, b in zip(left, right, strict=True))
    only_right = sum(b and not a for a, b in zip(left, right, strict=True))
    return float(stats.binomtest(only_left, only_left + only_right).pvalue) if only_left + only_right else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's correction for several comparisons: adjusted p-values in the order given."""
    order, adjusted, highest = np.argsort(p_values), [0.0] * len(p_values), 0.0
    for place, number in enumerate(order):
        highest = max(highest, min(1.0, p_values[number] * (len(p_values) - place)))
        adjusted[number] = float(highest)
    return adjusted


def compare(
    arms: Mapping[str, Sequence], questions: Sequence, metric: Callable = is_right, name: str = "accuracy"
) -> pd.DataFrame:
    """One row an arm: n, the metric's mean, its 95 % interval, and the paired difference to the first arm.

    ``arms``: predictions (text or Answer) in the order of ``questions``; ``metric(prediction, question)`` gives a
    number or a truth value. ``p`` is McNemar's against the first arm, Holm-corrected, for 0/1 metrics.
    Raises ValueError if an arm did not answer every question.
    """
    values = {}
    for arm, predictions in arms.items():
        if len(predictions) != len(questions):
            raise ValueError(f"Arm {arm!r} has {len(predictions)} predictions for {len(questions)} questions.")
        values[arm] = [float(metric(p, q)) for p, q in zip(predictions, questions, strict=True)]
    return compare_values(values, name)


def compare_values(values: Mapping[str, Sequence[float]], name: str = "accuracy") -> pd.DataFrame:
    """``compare`` for metrics already computed: one number a question, for every arm.

    Values that are not a number (no citation to judge, say) are left out, and ``n`` counts the others.
    """
    rows, first = [], next(iter(values.values()))
    binary = all(set(v) <= {0.0, 1.0} for v in values.values())
    for number, (arm, row) in enumerate(values.items()):
        low, high = interval(row)
        gap = paired_difference(row, first) if number else (float("nan"),) * 3
        p = mcnemar([v == 1 for v in row], [v == 1 for v in first]) if number and binary else float("nan")
        known = [value for value in row if not np.isnan(value)]
        mean = float(np.mean(known)) if known else float("nan")
        rows.append([arm, len(known), mean, low, high, *gap, p])
    columns = ["arm", "n", name, "low", "high", "difference", "difference_low", "difference_high", "p"]
    table = pd.DataFrame(rows, columns=columns).set_index("arm")
    if binary and len(table) > 1:
        table.loc[table.index[1:], "p"] = holm(table["p"].iloc[1:].tolist())
    return table


def gold_passages(questions: Sequence[Question], retriever: Retriever) -> list[list[Hit]]:
    """For the oracle arm: of the documents a question needs, the best-ranked window that holds an accepted answer.

    One list a question, empty where the handbook holds no answer; two windows for a question that needs two documents.
    """
    return [[_gold_passage(question, doc_id, retriever) for doc_id in question.doc_ids] for question in questions]


def _gold_passage(question: Question, doc_id: str, retriever: Retriever) -> Hit:
    ranked = retriever.search(question.question, k=len(retriever.chunks), where={"doc_id": doc_id})
    ranked += retriever.passages(doc_id)  # what shares no word with the question is still in the document
    return next((hit for hit in ranked if contains_answer(hit.text, question.answers)), ranked[0])
