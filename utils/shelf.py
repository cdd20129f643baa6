"""The rival without search and without training: a small collection that stands in a prompt computed once and kept."""

import random
import time
from collections.abc import Sequence

from utils import rag
from utils.corpus import Document, Question
from utils.evaluation import contains_answer
from utils.generation import LLM, Chat
from utils.grid import PASSAGES
from utils.retrieval import Retriever
from utils.settings import SEED

NEW_TOKENS = 24  # at most, as in the grid


def chat(question: str, documents: Sequence[Document]) -> Chat:
    """The prompt of RAG with one passage, worked examples included, where the passage is the whole collection."""
    everything = " ".join(f"{document.title}. {document.text}" for document in documents)
    return [*rag.opening(passages=1), rag.user_message(question, [everything])]


def opening(documents: Sequence[Document]) -> Chat:
    """What is kept: all of the prompt before the question."""
    *before, asked = chat("-", documents)
    return [*before, asked | {"content": asked["content"].partition("\n\n")[0]}]


def questions_on(questions: Sequence[Question], documents: int, each: int = 2, seed: int = SEED) -> list[Question]:
    """``each`` questions on each of so many documents, one a fact, drawn at random; a document's stand together.

    Raises ValueError if there are not so many documents with so many facts asked about.
    """
    draw = random.Random(seed)
    asked: dict[str, dict[str, Question]] = {}
    for question in draw.sample(list(questions), len(questions)):
        if len(question.doc_ids) == 1 and question.fact_id:
            asked.setdefault(question.doc_ids[0], {})[question.fact_id] = question
    rich = [list(facts.values())[:each] for facts in asked.values() if len(facts) >= each]
    if len(rich) < documents:
        raise ValueError(f"Only {len(rich)} documents have {each} facts that are asked about: ask for fewer.")
    return [question for several in rich[:documents] for question in several]


def shelves(documents: Sequence[str], size: int) -> list[list[str]]:
    """Documents dealt out to shelves of ``size``, in their order: the same questions meet shelves of every size."""
    return [list(documents[start : start + size]) for start in range(0, len(documents), size)]


def read(llm: LLM, documents: Sequence[Document], asked: Sequence[Question]) -> list[dict]:
    """Every question answered alone from a prompt that holds all documents and is kept.

    A dictionary a question: right, first and end (seconds), new and prompt tokens, and set-up: the seconds that it took
    to compute what is kept.
    """
    prefix, start = opening(documents), time.perf_counter()
    llm.complete([chat("Ready?", documents)], 1, prefix=prefix)
    spent = time.perf_counter() - start
    return [_answer(llm, q, chat(q.question, documents), prefix, 0.0, spent) for q in asked]


def look_up(llm: LLM, documents: Sequence[Document], asked: Sequence[Question]) -> list[dict]:
    """The same by RAG over these documents: three passages, worked examples kept; set-up: building the index."""
    start = time.perf_counter()
    retriever = Retriever(documents)
    spent, rows = time.perf_counter() - start, []
    for question in (asked[0], *asked):  # the first one twice: it computes the worked examples
        start = time.perf_counter()
        hits = retriever.search(question.question, PASSAGES)[::-1]
        searched = time.perf_counter() - start
        prefix = rag.opening(passages=len(hits))
        rows.append(_answer(llm, question, rag.prompt(question.question, hits), prefix, searched, spent))
    return rows[1:]


def _answer(llm: LLM, question: Question, asked: Chat, prefix: Chat, searched: float, spent: float) -> dict:
    (done,) = llm.complete([asked], NEW_TOKENS, prefix=prefix)
    return {
        "right": contains_answer(rag.without_citations(done.text.split("\n")[0]), question.answers),
        "first": round(searched + done.prefill_seconds, 4),
        "end": round(searched + done.seconds, 4),
        "new tokens": done.new_tokens,
        "prompt tokens": done.prompt_tokens,
        "set-up": spent,
    }
