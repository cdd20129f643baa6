"""From chunks to the best passages: keyword and dense search, their fusion, metadata filters, saving and loading."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from utils import models
from utils.corpus import SENTENCES, Chunk, Document, chunk_document
from utils.models import unit_vectors, valid_texts
from utils.retrieval import store
from utils.retrieval.checks import checked_documents, filter_values, in_force, whole_number
from utils.retrieval.keyword import KeywordIndex

MODES = ("keyword", "dense", "hybrid")
FUSION_K = 60  # Cormack, Clarke and Buettcher 2009: reciprocal rank fusion
FUSION_DEPTH = 100  # ranks of each list that take part in the fusion
FILTERS_KEPT = 16  # filters whose chunks are remembered until the next change


@dataclass(frozen=True)
class Hit:
    """A chunk found, with its score: higher is better, comparable only within one search."""

    doc_id: str
    chunk_id: str
    text: str
    score: float


def fuse(rankings: Sequence[Sequence[int]], k: int = FUSION_K) -> dict[int, float]:
    """Reciprocal rank fusion: item -> sum over the rankings of 1 / (k + rank), ranks from 1."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, item in enumerate(ranking, start=1):
            scores[item] = scores.get(item, 0.0) + 1.0 / (k + rank)
    return scores


def _link(doc_id: str, tenant: str, supersedes: str) -> Document:
    """All that is kept of a removed document: what it superseded, and for whom."""
    return Document(doc_id, "", "", "", tenant, supersedes=supersedes)


class Retriever:
    """Search over documents. ``mode``: "keyword" (BM25), "dense" (embeddings) or "hybrid" (both, fused).

    ``chunk``: sentences a chunk, None for whole documents, of which the embedder reads only the beginning if they are
    long. ``where`` in a search is a filter over the fields of Document, applied before the best k are cut: a value, a
    list of values, or a function of the value, as in
    ``{"tenant": ["elmgate", "network"], "effective": lambda day: day is None or day <= today}``.

    A document is left out of a search if the filter also lets through one that supersedes it, directly or through
    others: with v3 over v2 over v1, only v3 is found, even if v2 was removed or fails the filter. A successor that the
    asker may not read (the filter on the tenant stops it) replaces nothing for the asker and links nothing, so that no
    clinic can make a page disappear for another one. Of a removed document that superseded another one, this link is
    kept: its id, its tenant and the other id.

    Raises ValueError for an unknown mode or field, a chunk below 1, or a document that is there twice or malformed.
    """

    def __init__(self, documents: Iterable[Document], mode: str = "hybrid", chunk: int | None = SENTENCES):
        if mode not in MODES:
            raise ValueError(f"There is no mode {mode!r}: choose one of {', '.join(MODES)}.")
        if chunk is not None:
            chunk = whole_number(chunk, "chunk", 1, "give a number of sentences from 1, or None for all")
        self.mode, self.chunk = mode, chunk
        self.documents: dict[str, Document] = {}
        self.chunks: list[Chunk] = []
        self._removed: dict[str, Document] = {}  # those that superseded others, as ``_link`` keeps them
        self._vectors = None
        self._changed()
        self.add(documents)

    def add(self, documents: Iterable[Document]) -> None:
        """Index further documents; only they are embedded. Nothing changes if one of them is refused."""
        documents = checked_documents(documents, self.documents)
        new = [chunk for document in documents for chunk in chunk_document(document, self.chunk)]
        if new and self.mode != "keyword":
            vectors = unit_vectors([chunk.text for chunk in new])
            self._vectors = vectors if self._vectors is None else np.vstack([self._vectors, vectors])
        for document in documents:
            self._removed.pop(document.doc_id, None)
            self.documents[document.doc_id] = document
        self.chunks.extend(new)
        self._changed()

    def remove(self, doc_ids: Iterable[str]) -> None:
        """Forget documents. Raises ValueError for an id that is not there, and then removes none."""
        gone = set(valid_texts([doc_ids] if isinstance(doc_ids, str) else doc_ids, "document id"))
        unknown = gone - set(self.documents)
        if unknown:
            raise ValueError(f"There is no document {min(unknown)!r} to remove.")
        keep = [number for number, chunk in enumerate(self.chunks) if chunk.doc_id not in gone]
        self.chunks = [self.chunks[number] for number in keep]
        for document in [self.documents.pop(doc_id) for doc_id in sorted(gone)]:
            if document.supersedes:
                self._removed[document.doc_id] = _link(document.doc_id, document.tenant, document.supersedes)
        if self._vectors is not None:
            self._vectors = self._vectors[keep]
        self._changed()

    def _changed(self) -> None:
        """Drop what is built from the documents: the next search that needs it builds it, however much was added."""
        self._dense = self._keyword = None
        self._filtered: dict[frozenset, np.ndarray] = {}

    def search(self, question: str, k: int = 5, where: Mapping | None = None) -> list[Hit]:
        """The best ``k`` chunks, best first; fewer if fewer pass the filter or, in keyword search, share a word."""
        return self.search_many([question], k, where)[0]

    def search_many(self, questions: Sequence[str], k: int = 5, where: Mapping | None = None) -> list[list[Hit]]:
        """``search`` for every question, embedding them together."""
        questions = valid_texts(questions, "question")
        k = whole_number(k, "k", 0, "ask for 0 or more passages")
        allowed = self._allowed(where)
        if k == 0 or not len(allowed) or not questions:
            return [[] for _ in questions]
        depth = k if self.mode != "hybrid" else max(k, FUSION_DEPTH)
        dense = self._search_dense(questions, depth, allowed) if self.mode != "keyword" else None
        found = []
        for row, question in enumerate(questions):
            lists = [dense[row]] if dense else []
            if self.mode != "dense":
                lists.append(self._search_keyword(question, depth, allowed))
            scores = fuse([list(ranking) for ranking in lists]) if self.mode == "hybrid" else lists[0]
            best = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:k]
            found.append([self._hit(number, score) for number, score in best])
        return found

    def relevance(self, questions: Sequence[str], where: Mapping | None = None) -> list[float]:
        """For every question the cosine of the nearest chunk, -1 where there is none.

        Unlike scores, which are fused from ranks, it compares between questions. Raises ValueError in keyword mode,
        which has no cosines.
        """
        if self.mode == "keyword":
            raise ValueError("Keyword search has no cosines to judge relevance by: use mode 'dense' or 'hybrid'.")
        found = self._search_dense(valid_texts(questions, "question"), 1, self._allowed(where))
        return [max(cosines.values(), default=-1.0) for cosines in found]

    def passages(self, doc_id: str) -> list[Hit]:
        """All chunks of one document, in its order, with score 0."""
        return [self._hit(number, 0.0) for number, chunk in enumerate(self.chunks) if chunk.doc_id == doc_id]

    def _hit(self, number: int, score: float) -> Hit:
        chunk = self.chunks[number]
        return Hit(chunk.doc_id, chunk.chunk_id, chunk.text, float(score))

    def _allowed(self, where: Mapping | None) -> np.ndarray:
        """Numbers of the chunks whose document passes the filter and is in force there, kept for the next search."""
        values = filter_values(where)
        key = None if any(map(callable, values.values())) else frozenset(values.items())
        if key in self._filtered:
            return self._filtered[key]
        ids = in_force(self.documents.values(), values, self._removed.values())
        numbers = np.flatnonzero([chunk.doc_id in ids for chunk in self.chunks])
        if len(self._filtered) < FILTERS_KEPT and key is not None:
            self._filtered[key] = numbers
        return numbers

    def _search_dense(self, questions: Sequence[str], k: int, allowed: np.ndarray) -> list[dict[int, float]]:
        """Chunk number -> cosine, best first, for every question, over the allowed chunks."""
        import faiss

        if not len(allowed) or not questions:
            return [{} for _ in questions]
        if self._dense is None:
            self._dense = faiss.IndexFlatIP(self._vectors.shape[1])
            self._dense.add(self._vectors)
        bits = np.packbits(np.isin(np.arange(len(self.chunks)), allowed), bitorder="little")
        chosen = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bits)) if len(allowed) < len(self.chunks) else None
        scores, numbers = self._dense.search(unit_vectors(questions), min(k, len(allowed)), params=chosen)
        return [dict(zip(n.tolist(), s.tolist(), strict=True)) for n, s in zip(numbers, scores, strict=True)]

    def _search_keyword(self, question: str, k: int, allowed: np.ndarray) -> dict[int, float]:
        """Chunk number -> BM25 score, best first, over the allowed chunks that share a word with the question."""
        if self._keyword is None:
            self._keyword = KeywordIndex([chunk.text for chunk in self.chunks])
        return self._keyword.search(question, k, allowed)

    def save(self, folder: Path | str) -> None:
        """Write documents and vectors; an older index is there, and can be read, until the new one is complete.

        Raises ValueError for a folder of something else, and SetupError where nothing can be written.
        """
        links = [(d.doc_id, d.tenant, d.supersedes) for d in self._removed.values()]
        facts = {"mode": self.mode, "chunk": self.chunk, "embedder": self._embedder_id(), "removed": links}
        store.write(folder, facts, self.documents.values(), self._vectors)

    @classmethod
    def load(cls, folder: Path | str) -> "Retriever":
        """A retriever as it was saved; ValueError if the folder is damaged or was made with another embedder."""
        try:
            facts, documents, vectors = store.read(folder)
            made = cls([], facts["mode"], facts["chunk"])
            made.documents = {document.doc_id: document for document in checked_documents(documents, {})}
            removed = [checked_documents([_link(*link)], {})[0] for link in facts.get("removed", ())]
            made._removed = {document.doc_id: document for document in removed}
            made.chunks = [chunk for document in documents for chunk in chunk_document(document, made.chunk)]
            if made.mode != "keyword":
                if facts["embedder"] != cls._embedder_id():
                    raise ValueError("it was made with another embedder")
                if len(made.chunks) != (0 if vectors is None else len(vectors)):
                    raise ValueError("documents are cut in another way now")
                made._vectors = vectors
        except store.DAMAGE as problem:
            raise ValueError(f"The index in {folder} cannot be used ({problem}): build it again.") from None
        return made

    @staticmethod
    def _embedder_id() -> str:
        return models.identity(models.chosen_embedder())
