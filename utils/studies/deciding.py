"""The studies of notebook 11."""

import random
import time
from collections.abc import Mapping, Sequence

import numpy as np

from utils import arms, corpus, exact, finetuning, latency, shelf, tickets
from utils.chunking import chunk_document
from utils.corpus import Document, Question
from utils.evaluation import contains_answer, recall_at_k
from utils.generation import LLM
from utils.rag import RagPipeline
from utils.retrieval import Retriever, embed
from utils.settings import SEED

REQUESTS = 60
ASKED, READ = 100, 40  # questions of the growing collection: searched for, and read at both ends
SIZES = (1, 2, 4, 8, 16)  # documents in a cached prompt
WINDOWS = (0, 2000, 4000, None)  # of the handbook alone, and with Python's documentation; None: all there are
VECTORS = (1_000, 10_000, 100_000, 1_000_000)
REAL = 500  # windows of the handbook whose vectors are multiplied


def response_times() -> list[dict]:
    """Notebook 11: seconds of 60 requests in every arm, by part; the adapter is trained for one step only."""
    retriever, base, adapter = Retriever(corpus.load_handbook()), LLM.load(), arms.stand_in()
    asked = random.Random(SEED).sample(corpus.load_questions("test", "lookup"), REQUESTS)
    every = arms.every(base, LLM.load(adapter), LLM.load(adapter, merged=False), kept_documents(arms.KEPT_DOCUMENTS))
    return latency.measure(every, [question.question for question in asked], retriever, label="requests")


def kept_documents(count: int) -> list[Document]:
    """The first documents of the shelf on which ``cached_prompt`` puts its questions."""
    every = {document.doc_id: document for document in corpus.load_handbook()}
    asked = shelf.questions_on(corpus.load_questions("test", "lookup"), SIZES[-1])
    return [every[doc_id] for doc_id in list(dict.fromkeys(q.doc_ids[0] for q in asked))[:count]]


def cached_prompt() -> list[dict]:
    """Notebook 11: the same 32 questions on 1, 2, 4, 8 and 16 documents, in a kept prompt and with RAG over them.

    A row a size and a way: right, first, end (seconds) and new tokens of every question; prompt tokens; the seconds
    that it took to compute what is kept, or to build the index (mean over the shelves).
    """
    asked, llm = shelf.questions_on(corpus.load_questions("test", "lookup"), SIZES[-1]), LLM.load()
    documents = {document.doc_id: document for document in kept_documents(SIZES[-1])}
    rows = []
    for size in SIZES:
        made: dict[str, list[dict]] = {"cached prompt": [], "RAG": []}
        for ids in shelf.shelves(list(documents), size):
            there, on = [documents[doc_id] for doc_id in ids], [q for q in asked if q.doc_ids[0] in ids]
            made["cached prompt"] += shelf.read(llm, there, on)
            made["RAG"] += shelf.look_up(llm, there, on)
        for way, answers in made.items():
            columns = {name: [answer[name] for answer in answers] for name in answers[0]}
            columns["set-up"] = round(float(np.mean(columns["set-up"])), 4)
            rows.append({"documents": size, "way": way, **columns})
        print(
            f"{size} documents:", {way: sum(a["right"] for a in answers) for way, answers in made.items()}, flush=True
        )
    return rows


def growth() -> list[dict]:
    """Notebook 11: the handbook among more and more of Python's documentation, and exact search up to 10^6 vectors.

    Rows of the collection: windows, seconds of adding, and for hybrid and dense search, of each of 100 questions,
    whether a right document is among the first three; milliseconds a search; at both ends, right answers of 40.
    Rows of the vectors: milliseconds of 20 searches.
    """
    asked = random.Random(SEED).sample(corpus.load_questions("test", "lookup"), ASKED)
    start = time.perf_counter()
    retriever, rows, llm = Retriever(corpus.load_handbook()), [], LLM.load()
    spent, others = time.perf_counter() - start, distractors()
    for count in WINDOWS:
        if count != 0:
            start = time.perf_counter()
            retriever.add(_up_to(others, len(retriever.chunks), count))
            spent = time.perf_counter() - start
        found = {mode: _found(retriever, asked, mode) for mode in ("dense", "hybrid")}
        row = {"windows": len(retriever.chunks), "documents": len(retriever.documents), "seconds": round(spent, 2)}
        rows.append(row | {f"{mode} {name}": v for mode, values in found.items() for name, v in values.items()})
        if count in (0, None):
            answers = RagPipeline(retriever, llm).answer_many([q.question for q in asked[:READ]], label="reading")
            rows[-1]["right"] = [contains_answer(a.text, q.answers) for a, q in zip(answers, asked, strict=False)]
        print({name: row[name] for name in ("windows", "seconds")}, flush=True)
    real = embed([piece.text for piece in retriever.chunks[:REAL]])
    return rows + exact.milliseconds(real, VECTORS)


def distractors() -> list[Document]:
    """The topics of Python's documentation, in random order, so that each step adds short and long ones."""
    documents = corpus.python_docs()
    return random.Random(SEED).sample(documents, len(documents))


def _up_to(documents: list[Document], there: int, windows: int | None) -> list[Document]:
    """Take documents off the list until the collection, now of ``there`` windows, has so many; None: all of them."""
    taken = []
    while documents and (windows is None or there < windows):
        taken.append(documents.pop(0))
        there += len(chunk_document(taken[-1]))
    return taken


def _found(retriever: Retriever, asked: Sequence[Question], mode: str) -> Mapping[str, list | float]:
    retriever.mode = mode
    retriever.search("Ready?", 3)  # builds what the first search builds
    start = time.perf_counter()
    ranked = [[hit.doc_id for hit in retriever.search(question.question, 3)] for question in asked]
    spent = (time.perf_counter() - start) / len(asked)
    retriever.mode = "hybrid"
    values = [recall_at_k(ids, q.doc_ids, 3) for ids, q in zip(ranked, asked, strict=True)]
    return {"found": values, "milliseconds": round(1000 * spent, 2)}


def ticket_arms() -> list[dict]:
    """Notebook 11: 85 unseen tickets in five ways; one value a ticket, seconds and prompt tokens a ticket (mean)."""
    records = corpus.load_jsonl("tickets")
    train, test = ([record for record in records if record["split"] == split] for split in ("train", "test"))
    adapter = finetuning.train([tickets.example(record) for record in train], tickets.RECIPE, "240 tickets")
    return _tickets(train, test, LLM.load(), LLM.load(adapter), finetuning.training_report(adapter)["seconds"])


def _tickets(train: Sequence[dict], test: Sequence[dict], base: LLM, tuned: LLM, training: float) -> list[dict]:
    complaints, five = [record["complaint"] for record in test], tickets.one_a_category(train)
    near = tickets.nearest(complaints, train)
    ways = {
        "prompt": (base, [tickets.prompted(text) for text in complaints]),
        "few-shot": (base, [tickets.prompted(text, five) for text in complaints]),
        "retrieved examples": (base, [tickets.prompted(*pair) for pair in zip(complaints, near, strict=True)]),
        "fine-tuned": (tuned, [tickets.chat(text) for text in complaints]),
        "both": (tuned, [tickets.with_examples(*pair) for pair in zip(complaints, near, strict=True)]),
    }
    rows = []
    for way, (llm, chats) in ways.items():
        kept = chats[0][: 11 if way == "few-shot" else 1]  # rules, and the examples where they are always the same
        done = llm.complete(chats, max_new_tokens=28, prefix=kept, label=way)
        scores = [tickets.score(completion.text, record) for completion, record in zip(done, test, strict=True)]
        means = {
            name: round(float(np.mean([getattr(c, name) for c in done])), 4) for name in ("seconds", "prompt_tokens")
        }
        values = {name: [score[name] for score in scores] for name in ("valid", "all fields")}
        rows.append({"way": way, **values, **means, "training": training if llm is tuned else 0.0})
    return rows
