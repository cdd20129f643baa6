"""How good the order of what was found is, and what a stage of the pipeline adds to it."""

import random
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from utils import corpus, evaluation
from utils.corpus import Question, python_questions
from utils.retrieval.retriever import Hit, Retriever
from utils.scoring import mentions
from utils.settings import SEED

MEASURES = ("nDCG@10", "answer in 3")
UNFILTERED_TENANTS = ("network", "python")  # questions that no single clinic asks


def search_all(
    retriever: Retriever, questions: Sequence[Question], filtered: bool = True, k: int = 50
) -> list[list[Hit]]:
    """The best ``k`` chunks of every question, in the order of the questions.

    With ``filtered``, the question of a clinic is searched among what that clinic may read.
    """
    found = {}
    for tenant in dict.fromkeys(question.tenant for question in questions):
        group = [number for number, question in enumerate(questions) if question.tenant == tenant]
        where = corpus.visible_to(tenant) if filtered and tenant not in UNFILTERED_TENANTS else None
        hits = retriever.search_many([questions[number].question for number in group], k, where)
        found |= dict(zip(group, hits, strict=True))
    return [found[number] for number in range(len(questions))]


def measure(found: Sequence[Sequence[Hit]], questions: Sequence[Question]) -> pd.DataFrame:
    """One row per question: recall@1, 5 and 10, MRR and nDCG@10 by document, and "answer in 3", all from 0 to 1.

    Pieces of a document (``corpus.fixed_size``) count as the document. Of a question about Python every named topic
    answers alone, so they count as one document.
    """
    rows = []
    for question, hits in zip(questions, found, strict=True):
        ranked, wanted = [corpus.page_of(hit.doc_id) for hit in hits], list(question.doc_ids)
        if question.collection == "python":
            ranked, wanted = ["any" if doc_id in wanted else doc_id for doc_id in ranked], ["any"]
        row = {f"recall@{k}": evaluation.recall_at_k(ranked, wanted, k) for k in (1, 5, 10)}
        row |= {"MRR": evaluation.reciprocal_rank(ranked, wanted), "nDCG@10": evaluation.ndcg_at_k(ranked, wanted)}
        answered = any(mentions(hit.text, question.answers) for hit in hits[:3])
        rows.append(row | {"answer in 3": float(answered)})
    return pd.DataFrame(rows)


def question_sets(split: str) -> dict[str, list[Question]]:
    """The questions of both collections for "dev" (to choose with) or "test" (to report on: 100 lookups, 30 that need
    two documents, 30 of a clinic). Those about Python are divided by taking every other one."""
    kinds = {"lookup": 100, "multi": 30, "tenant": 30}
    every = {kind: corpus.load_questions(split, kind) for kind in kinds}
    if split == "test":
        every = {kind: random.Random(SEED).sample(some, kinds[kind]) for kind, some in every.items()}
    handbook = [question for some in every.values() for question in some]
    return {"handbook": handbook, "Python": python_questions()[int(split == "test") :: 2]}


def reranker_questions() -> list[Question]:
    """What a reranker may learn from: questions about documents that no question of ``question_sets`` is about."""
    return [question for kind in ("lookup", "multi", "tenant") for question in corpus.load_questions("train", kind)]


def gain(before: Sequence[Sequence[Hit]], after: Sequence[Sequence[Hit]], asked: Sequence[Question]) -> pd.DataFrame:
    """What a stage changes, as ``difference`` says it, from what was found before and after."""
    return difference(measure(before, asked), measure(after, asked))


def difference(earlier: Mapping, later: Mapping) -> pd.DataFrame:
    """One row per measure: n, the means before and after, their paired difference and its 95 % interval.

    ``earlier``, ``later``: by measure one value per question, as ``measure`` gives them.
    """
    rows = {}
    for name in MEASURES:
        value, low, high = evaluation.paired_difference(later[name], earlier[name])
        means = {"n": len(earlier[name]), "before": np.mean(earlier[name]), "after": np.mean(later[name])}
        rows[name] = {**means, "difference": value, "low": low, "high": high}
    return pd.DataFrame(rows).T.astype({"n": int})


class Stages:
    """A pipeline put together stage by stage: what each finds, what it gains, and how long a question takes.

    ``asked``: the questions of every collection. ``found`` and ``milliseconds`` are kept by (collection, stage), a
    stage's milliseconds without those of the stages before it; ``gains`` by "+ stage · collection".
    """

    def __init__(self, asked: Mapping[str, Sequence[Question]]):
        self.asked, self.found, self.milliseconds, self.gains = asked, {}, {}, {}

    def add(self, name: str, collection: str, run: Callable, *arguments, after: str | None = None) -> None:
        """Call ``run(*arguments)`` for the hits of all questions; compare them with those of the stage ``after``."""
        start = time.perf_counter()
        found = self.found[collection, name] = run(*arguments)
        self.milliseconds[collection, name] = 1000 * (time.perf_counter() - start) / len(self.asked[collection])
        if after:
            self.gains[f"+ {name} · {collection}"] = gain(self.found[collection, after], found, self.asked[collection])


def earns_its_place(gain: pd.DataFrame) -> str:
    """ "yes" if an interval of ``gain`` lies above zero and none below, "harms" the other way round, else "no"."""
    helps, harms = (gain["low"] > 0).any(), (gain["high"] < 0).any()
    return "yes" if helps and not harms else "harms" if harms and not helps else "no"


def answer_in_top_k(found: Sequence[Sequence[Hit]], answers: Sequence[Sequence[str]], k: int = 3) -> list[float]:
    """For every question 1.0 if an accepted answer stands in one of its first ``k`` chunks, else 0.0."""
    pairs = zip(found, answers, strict=True)
    return [float(any(mentions(hit.text, accepted) for hit in hits[:k])) for hits, accepted in pairs]
