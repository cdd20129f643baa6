"""Cutting documents into chunks of neighbouring sentences that can be found, and read, alone."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from utils.corpus.documents import Document
from utils.models import reads_whole

_SENTENCE_END = re.compile(r"(?<=[.?!:])\s+(?=[\"'(*]*[A-Z0-9])|\n\s*\n|\n(?=[-*] |\d+\. )")
_RULE = r"[ \t]*(?=.*[|+])(?=.*[=-])[ \t\r|+:=-]+"  # the line under a header: |---|---| or +====+
_LINES_OF_A_TABLE = re.compile(rf"(?:^(?:[^|\n]*\|.*|{_RULE})(?:\n|\Z)){{3,}}", re.MULTILINE)

SENTENCES = 2  # neighbouring sentences in a chunk, unless somebody asks for others

Fits = Callable[[str], bool]


@dataclass(frozen=True)
class Chunk:
    """A chunk of sentences; ``text`` begins with the title of its document, so that it can be read alone."""

    chunk_id: str
    doc_id: str
    text: str


def sentences(text: str) -> list[str]:
    """The sentences, list items and tables of a text, in order, with white space folded."""
    return [folded for part in _parts(text) if (folded := _folded(part))]


def chunk_document(document: Document, size: int | None = SENTENCES) -> list[Chunk]:
    """Windows of ``size`` neighbouring sentences, the next one starting a sentence later; None: the whole document.

    No window is longer than the embedder reads: it holds fewer sentences, or a part of one. A table counts as a
    sentence, and each part of a long one begins with its header. A whole document isn't cut, however long it is.
    """
    title = f"{document.title.rstrip('.')}. " if document.title else ""
    text = document.text
    if size is not None and not reads_whole(title + title):  # it would take most of every chunk
        title, text = "", f"{title}\n\n{text}"
    chunks = [_folded(text)] if size is None else _windows(text, size, lambda part: reads_whole(title + part))
    return [
        Chunk(f"{document.doc_id}#{number}", document.doc_id, f"{title}{chunk}".strip())
        for number, chunk in enumerate(chunks)
    ]


def fixed_size(document: Document, size: int) -> list[Document]:
    """Pieces of ``size`` words, the last one shorter, as documents with ids ``doc_id#0``, ``doc_id#1``, ..."""
    words = document.text.split()
    texts = [" ".join(words[start : start + size]) for start in range(0, len(words), size)]
    return [replace(document, doc_id=f"{document.doc_id}#{number}", text=text) for number, text in enumerate(texts)]


def _folded(text: str) -> str:
    return " ".join(text.split())


def _parts(text: str) -> list[str]:
    """The sentences, list items and tables of a text as they stand there; only the rules of tables are shorter."""
    parts, start = [], 0
    for lines in _LINES_OF_A_TABLE.finditer(text):
        if _header(lines[0]):
            table = re.sub(r"([-=])\1{3,}", r"\1\1\1", lines[0])  # a long rule takes a token for every dash
            parts += [*_SENTENCE_END.split(text[start : lines.start()]), table]
            start = lines.end()
    return parts + _SENTENCE_END.split(text[start:])


def _header(table: str) -> str:
    """The header of a table: its lines as far as the first rule between two lines of words; "" if it has none."""
    header = re.match(rf"(?s:.*?)^(?!{_RULE}$).*\n{_RULE}\n(?=(?s:.*)\w)", table, re.MULTILINE)
    return header[0] if header else ""


def _windows(text: str, size: int, fits: Fits) -> list[str]:
    """Windows of ``size`` parts of a text, or of as many as fit; none that lies within the one before it."""
    if fits(text):
        parts, fits = sentences(text), lambda part: True  # as everything in it does
    else:
        parts = [folded for part in _parts(text) for piece in _fitting(part, fits) if (folded := _folded(piece))]
    windows, end = [], 0
    for start in range(len(parts)):
        stop = min(start + size, len(parts))
        while stop > start + 1 and not fits(" ".join(parts[start:stop])):
            stop -= 1
        if stop > end:
            windows.append(" ".join(parts[start:stop]))
            end = stop
    return windows or [""]


def _fitting(part: str, fits: Fits) -> list[str]:
    """The part, or where it is too long pieces of it that fit, those of a table with its header."""
    header = "" if fits(part) else _header(part)
    if not fits(header + header):
        header = ""  # it would take most of every piece
    return [header + piece for piece in _halves(part[len(header) :].strip(), lambda piece: fits(header + piece))]


def _halves(text: str, fits: Fits) -> list[str]:
    """The text if it fits, else its two halves, and so on."""
    if len(text) < 2 or fits(text):
        return [text]
    cut = _near_the_middle(text)
    return [piece for half in (text[:cut], text[cut:]) for piece in _halves(half.strip(), fits)]


def _near_the_middle(text: str) -> int:
    """Where a text is cut in two: at the end of the line nearest to its middle, else of the word, else in a word."""
    middle = len(text) // 2
    for end in ("\n", " "):
        cuts = [cut for cut in (text.rfind(end, 0, middle), text.find(end, middle)) if cut > 0]
        if cuts:
            return min(cuts, key=lambda cut: abs(cut - middle))
    return middle
