"""Cutting documents into chunks of neighbouring sentences that can be found, and read, alone."""

import re
from dataclasses import dataclass, replace

from utils.corpus.documents import Document

_SENTENCE_END = re.compile(r"(?<=[.?!:])\s+(?=[\"'(*]*[A-Z0-9])|\n\s*\n|\n(?=[-*] |\d+\. )")

SENTENCES = 2  # neighbouring sentences in a chunk, unless somebody asks for others


@dataclass(frozen=True)
class Chunk:
    """A chunk of sentences; ``text`` begins with the title of its document, so that it can be read alone."""

    chunk_id: str
    doc_id: str
    text: str


def sentences(text: str) -> list[str]:
    """The sentences and list items of a text, in order, with white space folded."""
    pieces = (" ".join(piece.split()) for piece in _SENTENCE_END.split(text) if piece)
    return [piece for piece in pieces if piece]


def chunk_document(document: Document, size: int | None = SENTENCES) -> list[Chunk]:
    """Windows of ``size`` neighbouring sentences, the next one starting a sentence later; None: the whole document."""
    parts = sentences(document.text)
    if size is None or len(parts) <= size:
        chunks = [" ".join(document.text.split())]
    else:
        chunks = [" ".join(parts[start : start + size]) for start in range(len(parts) - size + 1)]
    title = f"{document.title.rstrip('.')}. " if document.title else ""
    return [
        Chunk(f"{document.doc_id}#{number}", document.doc_id, f"{title}{chunk}".strip())
        for number, chunk in enumerate(chunks)
    ]


def fixed_size(document: Document, size: int) -> list[Document]:
    """Pieces of ``size`` words, the last one shorter, as documents with ids ``doc_id#0``, ``doc_id#1``, ..."""
    words = document.text.split()
    texts = [" ".join(words[start : start + size]) for start in range(0, len(words), size)]
    return [replace(document, doc_id=f"{document.doc_id}#{number}", text=text) for number, text in enumerate(texts)]
