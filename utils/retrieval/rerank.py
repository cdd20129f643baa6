"""Rerankers: read question and passage together, and put the passages that a search found into a better order.

A reranker is called with (question, hits) and gives the same hits with scores of its own, best first. Two kinds: a
trained cross-encoder (Nogueira and Cho 2019, arXiv 1901.04085), and the likelihood that a language model gives the
question when it has read the passage (Sachan et al. 2022, arXiv 2204.07496), which needs no training.
"""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from utils import settings
from utils.corpus import Question
from utils.models import LLM, TRAINING_REPORT, losses
from utils.retrieval.retriever import Hit

Reranker = Callable[[str, Sequence[Hit]], list[Hit]]


def reordered(hits: Sequence[Hit], scores: Iterable[float]) -> list[Hit]:
    """The hits with new scores, best first; those with equal scores keep their order."""
    scored = [dataclasses.replace(hit, score=float(score)) for hit, score in zip(hits, scores, strict=True)]
    return sorted(scored, key=lambda hit: -hit.score)


def rerank_all(
    reranker: Reranker, questions: Sequence[Question], found: Sequence[Sequence[Hit]], depth: int
) -> list[list[Hit]]:
    """For every question its hits with the first ``depth`` in the reranker's order and the others as they were."""
    pairs = zip(questions, found, strict=True)
    return [[*reranker(question.question, hits[:depth]), *hits[depth:]] for question, hits in pairs]


class CrossEncoderReranker:
    """A trained cross-encoder as a reranker, scores from 0 to 1; ValueError for a folder that holds none."""

    def __init__(self, folder: Path | str):
        from sentence_transformers import CrossEncoder

        if not (Path(folder) / TRAINING_REPORT).is_file():
            raise ValueError(f"{folder} holds no reranker: pass the path that train_cross_encoder returned.")
        self._model = CrossEncoder(str(folder), device=settings.device())

    def __call__(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        if not hits:
            return []
        return reordered(hits, self._model.predict([(question, hit.text) for hit in hits], show_progress_bar=False))


class LikelihoodReranker:
    """Scores a passage by the mean log-likelihood a token (nats) that the generator gives the question after it."""

    def __init__(self, llm: LLM):
        self._llm = llm

    def __call__(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        return reordered(hits, [-loss for loss in losses(self._llm, [self._chat(question, hit.text) for hit in hits])])

    @staticmethod
    def _chat(question: str, passage: str) -> list[dict]:
        return [
            {"role": "system", "content": "Write a question that the passage answers."},
            {"role": "user", "content": passage},
            {"role": "assistant", "content": question},
        ]
