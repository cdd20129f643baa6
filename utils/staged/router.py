"""The router before the models: a ticket request, a question for the handbook, or nothing that is known there."""

import time
from collections.abc import Sequence

import numpy as np

from utils import corpus
from utils.corpus import Question, visible_to
from utils.models import embed
from utils.retrieval import Retriever
from utils.staged.exam import ticket_requests

ROUTES = ("ticket", "question", "unknown")
LET_THROUGH = 0.95  # of the answerable development questions


class Router:
    """Two steps: a logistic regression on the embedding tells tickets from questions, and a question whose nearest
    passage has a cosine under ``minimum`` goes to "unknown"."""

    def __init__(self, retriever: Retriever, classifier, minimum: float):
        self.retriever, self.classifier, self.minimum = retriever, classifier, minimum

    def route(self, questions: Sequence[Question]) -> list[str]:
        """One of ``ROUTES`` for every question, by its text and by what its clinic may read."""
        if not questions:
            return []
        kinds = self.classifier.predict(embed([question.question for question in questions]))
        near = relevance(questions, self.retriever)
        return [
            "ticket" if kind == "ticket" else "question" if cosine >= self.minimum else "unknown"
            for kind, cosine in zip(kinds, near, strict=True)
        ]

    def milliseconds(self, questions: Sequence[Question]) -> list[float]:
        """How long each takes to be routed, one at a time, as an application would."""
        spent = []
        for question in questions:
            start = time.perf_counter()
            self.route([question])
            spent.append(1000 * (time.perf_counter() - start))
        return spent


def relevance(questions: Sequence[Question], retriever: Retriever) -> list[float]:
    """For every question the cosine of the nearest passage that its clinic may read."""
    near: dict[int, float] = {}
    for tenant in dict.fromkeys(question.tenant for question in questions):
        rows = [row for row, question in enumerate(questions) if question.tenant == tenant]
        texts = [questions[row].question for row in rows]
        near |= dict(zip(rows, retriever.relevance(texts, visible_to(tenant)), strict=True))
    return [near[row] for row in range(len(questions))]


def fit(retriever: Retriever) -> Router:
    """A router for a retriever's documents: the classifier from the training split (tickets, and questions with an
    answer or without), the threshold from the answerable development questions, of which 95 % must pass."""
    from sklearn.linear_model import LogisticRegression

    examples = {"ticket": ticket_requests("train"), "question": corpus.load_questions("train")}
    texts = [question.question for several in examples.values() for question in several]
    labels = [route for route, several in examples.items() for _ in several]
    classifier = LogisticRegression(max_iter=1000).fit(embed(texts), labels)
    asked = [question for question in _questions("dev") if question.answers]
    minimum = float(np.quantile(relevance(asked, retriever), 1 - LET_THROUGH, method="lower"))
    return Router(retriever, classifier, minimum)


def _questions(split: str) -> list[Question]:
    """The questions of a split as the handbook after the update answers them."""
    return [corpus.after_update(question) for question in corpus.load_questions(split)]


def cases() -> dict[str, tuple[str, list[Question]]]:
    """What the router is tested on, by name: (route that is right, questions of the test split).

    Every wording once: where clinics are asked the same, the first of them asks.
    """
    asked = list({question.question: question for question in reversed(_questions("test"))}.values())[::-1]
    misses = [question for question in asked if question.kind == "unanswerable"]
    gone = [question for question in asked if question.kind == "withdrawn"]
    return {
        "ticket request": ("ticket", ticket_requests("test")),
        "answerable question": ("question", [question for question in asked if question.answers]),
        "other subject": ("unknown", corpus.python_questions()[1::2]),
        "page withdrawn": ("unknown", gone),
        "near miss": ("unknown", misses),
    }
