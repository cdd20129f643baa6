"""The grid: readers, trained or not, each with no passage, with retrieved ones and with the right ones, on one frozen
set of questions about the handbook in force after the update."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from utils import corpus, evaluation, rag
from utils.corpus import Question, visible_to
from utils.facts import chat as fact_prompt
from utils.facts import load_facts
from utils.generation import LLM, Chat
from utils.rag import Answer, WorkedExample
from utils.retrieval import Hit, Retriever
from utils.settings import SEED

CONTEXTS = ("none", "retrieved", "oracle")
KINDS = ("static", "changed", "never trained", "unanswerable", "tenant", "multi")
PASSAGES = 3
OUTCOMES = {"r": "right", "a": "abstained", "s": "stale", "w": "wrong"}
NEW_TOKENS = {"none": 16, "retrieved": 24, "oracle": 24}


@lru_cache(maxsize=1)
def _before() -> dict[str, Question]:
    return {question.id: question for question in corpus.load_questions()}


def after_update(question: Question) -> Question:
    """The question as handbook v2 answers it: its later answers, and the documents that replaced those it needs."""
    successors = {d.supersedes: d.doc_id for d in corpus.load_handbook("v2") if d.supersedes}
    doc_ids = tuple(successors.get(doc_id, doc_id) for doc_id in question.doc_ids)
    return replace(question, answers=question.answers_after, doc_ids=doc_ids)


def question_set() -> list[Question]:
    """The 160 questions, after the update, in the order of ``KINDS``, which they carry as their ``kind``.

    The sixty facts are those that the closed-book arm is trained on, asked in held-out wordings: forty that stay
    ("static", one wording) and twenty that change (two wordings). The rest is drawn from the test split.
    """
    draw = random.Random(SEED)
    learned = load_facts()[:60]
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


def closed_book_examples(question: str) -> Chat:
    """The few-shot prompt with no passage: the same worked examples, question and answer alone."""
    turns = [
        {"role": role, "content": content}
        for example in rag.EXAMPLES
        for role, content in (("user", f"Question: {example.question}"), ("assistant", example.answer))
    ]
    system, asked = rag.closed_book_prompt(question)
    return [system, *turns, asked]


@dataclass(frozen=True)
class Arm:
    """A reader: the model, the worked examples before its passages, and how it is asked where there is no passage."""

    llm: LLM
    examples: tuple[WorkedExample, ...] = ()
    closed_book: Callable[[str], Chat] = rag.closed_book_prompt


def untrained(llm: LLM) -> dict[str, Arm]:
    """The base model, without and with two worked examples."""
    return {"base": Arm(llm), "base, few-shot": Arm(llm, rag.EXAMPLES, closed_book_examples)}


def closed_book_tuned(llm: LLM) -> dict[str, Arm]:
    """A model with facts trained in: its own short prompt without passages, the few-shot one with them."""
    return {"closed-book tuned": Arm(llm, rag.EXAMPLES, fact_prompt)}


def open_book_tuned(llm: LLM) -> dict[str, Arm]:
    """A model trained to read passages, asked without worked examples."""
    return {"open-book tuned": Arm(llm)}


@dataclass(frozen=True)
class Reading:
    """An answer with the tokens that were read and written for it."""

    answer: Answer
    prompt_tokens: int
    new_tokens: int


def passages(questions: Sequence[Question], retriever: Retriever, context: str) -> list[list[Hit]]:
    """What stands in the prompt: nothing, three retrieved windows (best last), or the windows that answer.

    Retrieved ones are of the documents that the asker's clinic may read. Raises ValueError for another context.
    """
    if context not in CONTEXTS:
        raise ValueError(f"There is no context {context!r}: choose one of {', '.join(CONTEXTS)}.")
    if context == "none":
        return [[] for _ in questions]
    if context == "oracle":
        return evaluation.gold_passages(questions, retriever)
    found = (retriever.search(q.question, PASSAGES, visible_to(q.tenant)) for q in questions)
    return [hits[::-1] for hits in found]


def read(arm: Arm, questions: Sequence[Question], found: Sequence[Sequence[Hit]], label: str = "") -> list[Reading]:
    """An arm's answers; questions with equally many passages are answered together and share their opening."""
    readings: dict[int, Reading] = {}
    for count in sorted({len(hits) for hits in found}):
        rows = [row for row, hits in enumerate(found) if len(hits) == count]
        texts = [questions[row].question for row in rows]
        if count:
            chats = [rag.prompt(text, found[row], arm.examples) for row, text in zip(rows, texts, strict=True)]
            options = {"prefix": rag.opening(arm.examples, count), "max_new_tokens": NEW_TOKENS["retrieved"]}
        else:
            chats, options = [arm.closed_book(text) for text in texts], {"max_new_tokens": NEW_TOKENS["none"]}
        for row, done in zip(rows, arm.llm.complete(chats, label=label, **options), strict=True):
            readings[row] = Reading(_answer(done, found[row]), done.prompt_tokens, done.new_tokens)
    return [readings[row] for row in range(len(found))]


def _answer(done, hits: Sequence[Hit]) -> Answer:
    text = done.text.split("\n")[0].strip()
    abstained = rag.abstains(text)
    cited = () if abstained or len(hits) < 2 else rag.cited_documents(text, hits)
    return Answer(rag.without_citations(text), cited, tuple(hits), abstained, done.seconds)


def outcome(answer: Answer, question: Question) -> str:
    """ "r" right, "a" abstained where it should not, "s" stale (the answer before the update), "w" wrong otherwise.

    The last two are stated with confidence. For a question without an answer, abstaining is right.
    """
    if evaluation.is_right(answer, question):
        return "r"
    if answer.abstained:
        return "a"
    before = _before()[question.id].answers if question.id in _before() else question.answers
    return "s" if before != question.answers and evaluation.contains_answer(answer.text, before) else "w"


def rows(readings: Sequence[Reading], questions: Sequence[Question], judge: Callable = outcome) -> list[dict]:
    """One row a kind: n, the outcome of every question as a letter in the order of ``question_set``, and means.

    ``judge(answer, question)`` gives the letter. Citations are judged where there were several passages and an answer
    to be found; None where there is nothing.
    """
    made = []
    for kind in dict.fromkeys(question.kind for question in questions):
        pairs = [(r, q) for r, q in zip(readings, questions, strict=True) if q.kind == kind]
        judged = [(r.answer, q) for r, q in pairs if q.answers and len(r.answer.hits) > 1]
        made.append(
            {
                "kind": kind,
                "n": len(pairs),
                "outcomes": "".join(judge(r.answer, q) for r, q in pairs),
                "citation precision": _mean(evaluation.citation_precision(*pair) for pair in judged),
                "citation recall": _mean(evaluation.citation_recall(*pair) for pair in judged),
                "seconds": _mean(r.answer.seconds for r, _ in pairs),
                "prompt tokens": _mean(r.prompt_tokens for r, _ in pairs),
                "new tokens": _mean(r.new_tokens for r, _ in pairs),
            }
        )
    return made


def _mean(values) -> float | None:
    known = [value for value in values if not np.isnan(value)]
    return round(float(np.mean(known)), 4) if known else None


def floor(questions: Sequence[Question]) -> float:
    """Chance: the share right if every question got the answer of another one of its kind, drawn at random."""
    shares = []
    for question in questions:
        others = [q for q in questions if q.kind == question.kind and q.id != question.id and q.answers]
        hits = [evaluation.contains_answer(other.answers[0], question.answers) for other in others]
        shares.append(float(np.mean(hits)) if hits else 0.0)
    return float(np.mean(shares))
