"""A small collection in a cached prompt, against RAG over it: a study of notebook 11."""

import random
import time
from collections.abc import Sequence

import numpy as np

from utils import corpus
from utils.corpus import Document, Question
from utils.models import LLM, Chat
from utils.rag import MAX_NEW_TOKENS, cached_prefix, prompt, prompt_prefix, without_citations
from utils.rag import cached_prompt as prompt_with_collection
from utils.retrieval import PASSAGES, Retriever
from utils.scoring import contains_answer
from utils.settings import SEED

SIZES = (1, 2, 4, 8, 16)  # documents in a cached prompt


def cached_prompt() -> list[dict]:
    """Notebook 11: the same 32 questions on 1, 2, 4, 8 and 16 documents, in a cached prompt and with RAG over them.

    One row per size and system: right, first, end (seconds) and new tokens of every question; prompt tokens; the
    seconds that it took to compute what is cached, or to build the index (mean over the collections of this size).
    """
    questions, llm = questions_on(corpus.load_questions("test", "lookup"), SIZES[-1]), LLM.load()
    documents, rows = collection(SIZES[-1]), []
    for size in SIZES:
        made: dict[str, list[dict]] = {"cached prompt": [], "RAG": []}
        for start in range(0, len(documents), size):  # the same questions meet collections of every size
            some = documents[start : start + size]
            asked = [q for q in questions if q.doc_ids[0] in {document.doc_id for document in some}]
            made["cached prompt"] += answer_from_cache(llm, some, asked)
            made["RAG"] += answer_by_rag(llm, some, asked)
        for system, answers in made.items():
            columns = {name: [answer[name] for answer in answers] for name in answers[0]}
            columns["set-up"] = round(float(np.mean(columns["set-up"])), 4)
            rows.append({"documents": size, "system": system, **columns})
        print(f"{size} documents:", {name: sum(a["right"] for a in some) for name, some in made.items()}, flush=True)
    return rows


def collection(count: int) -> list[Document]:
    """The first ``count`` of the documents that the questions of this study are on."""
    handbook = {document.doc_id: document for document in corpus.load_handbook()}
    asked = questions_on(corpus.load_questions("test", "lookup"), SIZES[-1])
    return [handbook[doc_id] for doc_id in list(dict.fromkeys(q.doc_ids[0] for q in asked))[:count]]


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


def answer_from_cache(llm: LLM, documents: Sequence[Document], questions: Sequence[Question]) -> list[dict]:
    """Every question answered alone from a prompt that holds all documents and is cached.

    A dictionary a question: right, first and end (seconds), new and prompt tokens, and set-up: the seconds that it took
    to compute what is cached.
    """
    prefix, start = cached_prefix(documents), time.perf_counter()
    llm.complete([prompt_with_collection("Ready?", documents)], 1, prefix=prefix)
    spent = time.perf_counter() - start
    return [_answer(llm, q, prompt_with_collection(q.question, documents), prefix, 0.0, spent) for q in questions]


def answer_by_rag(llm: LLM, documents: Sequence[Document], questions: Sequence[Question]) -> list[dict]:
    """The same by RAG over these documents: three passages, few-shot examples cached; set-up: building the index."""
    start = time.perf_counter()
    retriever = Retriever(documents)
    spent, rows = time.perf_counter() - start, []
    for question in (questions[0], *questions):  # the first one twice: it computes the few-shot examples
        start = time.perf_counter()
        hits = retriever.search(question.question, PASSAGES)[::-1]
        searched = time.perf_counter() - start
        prefix = prompt_prefix(passages=len(hits))
        rows.append(_answer(llm, question, prompt(question.question, hits), prefix, searched, spent))
    return rows[1:]


def _answer(llm: LLM, question: Question, chat: Chat, prefix: Chat, searched: float, spent: float) -> dict:
    (done,) = llm.complete([chat], MAX_NEW_TOKENS, prefix=prefix)
    return {
        "right": contains_answer(without_citations(done.text.split("\n")[0]), question.answers, question.question),
        "first": round(searched + done.prefill_seconds, 4),
        "end": round(searched + done.seconds, 4),
        "new tokens": done.new_tokens,
        "prompt tokens": done.prompt_tokens,
        "set-up": spent,
    }
