"""What happens as a collection grows: a study of notebook 11."""

import random
import time
from collections.abc import Mapping, Sequence

import numpy as np

from utils import corpus
from utils.corpus import Document, Question, chunk_document
from utils.evaluation import recall_at_k
from utils.models import LLM, embed
from utils.rag import RagPipeline
from utils.retrieval import Retriever
from utils.scoring import contains_answer
from utils.settings import SEED

ASKED, READ = 100, 40  # questions of the growing collection: searched for, and read at both ends
CHUNKS = (0, 2000, 4000, None)  # of the handbook alone, and with Python's documentation; None: all there are
VECTORS = (1_000, 10_000, 100_000, 1_000_000)
REAL = 500  # chunks of the handbook whose vectors are multiplied


def growth() -> list[dict]:
    """Notebook 11: the handbook among more and more of Python's documentation, and exact search up to 10^6 vectors.

    Rows of the collection: chunks, seconds of adding, and for hybrid and dense search, of each of 100 questions,
    whether a right document is among the first three; milliseconds a search; at both ends, right answers of 40.
    Rows of the vectors: milliseconds of 20 searches.
    """
    asked = random.Random(SEED).sample(corpus.load_questions("test", "lookup"), ASKED)
    start = time.perf_counter()
    retriever, rows, llm = Retriever(corpus.load_handbook()), [], LLM.load()
    spent, others = time.perf_counter() - start, other_documents()
    for count in CHUNKS:
        if count != 0:
            start = time.perf_counter()
            retriever.add(_up_to(others, len(retriever.chunks), count))
            spent = time.perf_counter() - start
        found = {mode: _found(retriever, asked, mode) for mode in ("dense", "hybrid")}
        row = {"chunks": len(retriever.chunks), "documents": len(retriever.documents), "seconds": round(spent, 2)}
        rows.append(row | {f"{mode} {name}": v for mode, values in found.items() for name, v in values.items()})
        if count in (0, None):
            answers = RagPipeline(retriever, llm).answer_many([q.question for q in asked[:READ]], label="reading")
            pairs = zip(answers, asked, strict=False)
            rows[-1]["right"] = [contains_answer(a.text, q.answers, q.question) for a, q in pairs]
        print({name: row[name] for name in ("chunks", "seconds")}, flush=True)
    real = embed([chunk.text for chunk in retriever.chunks[:REAL]])
    return rows + exact_search_milliseconds(real, VECTORS)


def other_documents() -> list[Document]:
    """The topics of Python's documentation, in random order, so that each step adds short and long ones."""
    documents = corpus.python_docs()
    return random.Random(SEED).sample(documents, len(documents))


def _up_to(documents: list[Document], there: int, chunks: int | None) -> list[Document]:
    """Take documents off the list until the collection, now of ``there`` chunks, has so many; None: all of them."""
    taken = []
    while documents and (chunks is None or there < chunks):
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


JITTER = 0.02  # standard deviation in each dimension: with 384 of them, the cosine to the real vector is about 0.93


def exact_search_milliseconds(real: np.ndarray, sizes: Sequence[int], searches: int = 20) -> list[dict]:
    """Milliseconds of every search, one at a time, in an exact faiss index of so many vectors: the real ones over and
    over, each copy moved a little at random, because there are not a million real ones here."""
    import faiss

    draw, index, rows = np.random.default_rng(SEED), faiss.IndexFlatIP(real.shape[1]), []
    queries = _moved(real, searches, draw)
    for size in sizes:
        while index.ntotal < size:
            index.add(_moved(real, min(len(real), size - index.ntotal), draw))
        index.search(queries[:1], 3)
        spent = []
        for query in queries:
            start = time.perf_counter()
            index.search(query[None], 3)
            spent.append(round(1000 * (time.perf_counter() - start), 3))
        rows.append({"vectors": size, "milliseconds": spent})
    return rows


def _moved(real: np.ndarray, count: int, draw: np.random.Generator) -> np.ndarray:
    made = real[:count] + draw.normal(0, JITTER, (min(count, len(real)), real.shape[1])).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)
