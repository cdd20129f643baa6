"""The 160 frozen questions about the handbook in force after the update, the readers that answer them, and what came of
each answer.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from utils import corpus, evaluation, rag, scoring
from utils.corpus import Question, after_update
from utils.models import LLM
from utils.rag import Answer, Reader
from utils.settings import SEED
from utils.tasks import facts

KINDS = ("static", "changed", "never trained", "unanswerable", "tenant", "multi")
BASE, FEW_SHOT, FACTS_TUNED, RAFT = READERS = ("base", "base, few-shot", "fine-tuned on facts", "RAFT reader")
OUTCOMES = {"r": "right", "a": "abstained", "s": "stale", "w": "wrong"}


@lru_cache(maxsize=1)
def _before() -> dict[str, Question]:
    return {question.id: question for question in corpus.load_questions()}


def question_set() -> list[Question]:
    """The 160 questions, after the update, in the order of ``KINDS``, which they carry as their ``kind``.

    The sixty facts are those that the model fine-tuned on facts has learned, in held-out wordings: forty that stay
    ("static", one wording) and twenty that change (two wordings). The rest is drawn from the test split.
    """
    draw = random.Random(SEED)
    learned = facts.load_facts()[:60]
    held_out: dict[str, list[Question]] = {fact.fact_id: [] for fact in learned}
    for question in corpus.load_questions():
        if question.fact_id in held_out and question.split != "memorise":
            held_out[question.fact_id].append(question)
    others = {q.fact_id: q for q in corpus.load_questions("test", "lookup") if q.fact_id not in held_out}
    drawn = {
        "static": [draw.choice(held_out[fact.fact_id]) for fact in learned[20:]],
        "changed": [question for fact in learned[:20] for question in held_out[fact.fact_id]],
        "never trained": draw.sample(list(others.values()), 20),
    }
    for kind, count in (("unanswerable", 30), ("tenant", 15), ("multi", 15)):
        drawn[kind] = draw.sample(corpus.load_questions("test", kind), count)
    return [replace(after_update(question), kind=kind) for kind in KINDS for question in drawn[kind]]


def reader(name: str, llm: LLM) -> Reader:
    """A model as one of ``READERS``, each asked in the form that it was made for.

    The model fine-tuned on facts gets its own short prompt without passages and the few-shot one with them; the RAFT
    reader was trained without examples and gets none.
    """
    forms = {
        BASE: ((), rag.closed_book_prompt),
        FEW_SHOT: (rag.FEW_SHOT, rag.closed_book_few_shot),
        FACTS_TUNED: (rag.FEW_SHOT, facts.prompt),
        RAFT: ((), rag.closed_book_prompt),
    }
    return Reader(llm, *forms[name])


def outcome(answer: Answer, question: Question) -> str:
    """ "r" right, "a" abstained where it should not, "s" stale (the answer before the update), "w" wrong otherwise.

    The last two are stated with confidence. For a question without an answer, abstaining is right.
    """
    if evaluation.is_right(answer, question):
        return "r"
    if answer.abstained:
        return "a"
    before = _before()[question.id].answers if question.id in _before() else question.answers
    outdated = before != question.answers and scoring.contains_answer(answer.text, before, question.question)
    return "s" if outdated else "w"


def rows_by_kind(answers: Sequence[Answer], questions: Sequence[Question], judge: Callable = outcome) -> list[dict]:
    """One row per kind: n, the outcome of every question as a letter in the order of ``question_set``, and means.

    ``judge(answer, question)`` gives the letter. Citations are judged where there were several passages and an answer
    to be found; None where there is nothing.
    """
    made = []
    for kind in dict.fromkeys(question.kind for question in questions):
        pairs = [(a, q) for a, q in zip(answers, questions, strict=True) if q.kind == kind]
        judged = [(a, q) for a, q in pairs if q.answers and len(a.hits) > 1]
        made.append(
            {
                "kind": kind,
                "n": len(pairs),
                "outcomes": "".join(judge(*pair) for pair in pairs),
                "citation precision": _mean(evaluation.citation_precision(*pair) for pair in judged),
                "citation recall": _mean(evaluation.citation_recall(*pair) for pair in judged),
                "seconds": _mean(a.seconds for a, _ in pairs),
                "prompt tokens": _mean(a.prompt_tokens for a, _ in pairs),
                "new tokens": _mean(a.new_tokens for a, _ in pairs),
            }
        )
    return made


def _mean(values) -> float | None:
    known = [value for value in values if not np.isnan(value)]
    return round(float(np.mean(known)), 4) if known else None


def chance(questions: Sequence[Question]) -> float:
    """Chance: the share right if every question got the answer of another one of its kind, drawn at random."""
    shares = []
    for question in questions:
        others = [q for q in questions if q.kind == question.kind and q.id != question.id and q.answers]
        hits = [scoring.contains_answer(other.answers[0], question.answers, question.question) for other in others]
        shares.append(float(np.mean(hits)) if hits else 0.0)
    return float(np.mean(shares))
