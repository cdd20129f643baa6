"""The log of an application in SQLite: what was asked, what was answered from which passages, and what people thought
of it. One table, written in transactions, every value passed as a parameter.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from utils.retrieval import Hit
from utils.settings import SetupError

SCHEMA = """
CREATE TABLE IF NOT EXISTS interactions (
    id        TEXT PRIMARY KEY,
    asked_at  TEXT NOT NULL,
    tenant    TEXT NOT NULL,
    question  TEXT NOT NULL,
    answer    TEXT NOT NULL,
    citations TEXT NOT NULL,                      -- JSON: ids of the documents that the answer names
    passages  TEXT NOT NULL,                      -- JSON: [document id, passage id, text], in the order of the prompt
    thumbs    INTEGER CHECK (thumbs IN (-1, 1)),  -- NULL: nobody clicked
    seconds   REAL NOT NULL
)"""


@dataclass(frozen=True)
class Record:
    """One interaction as it is logged; ``asked_at`` in ISO 8601, ``thumbs`` 1, -1 or None, passages with score 0."""

    id: str
    asked_at: str
    tenant: str
    question: str
    answer: str
    citations: tuple[str, ...]
    passages: tuple[Hit, ...]
    thumbs: int | None
    seconds: float


class Log:
    """A log in a file, or in memory; a context manager that closes it.

    Raises SetupError for a file that is no log, is damaged, or can't be opened; it stays as it is.
    """

    def __init__(self, path: Path | str = ":memory:"):
        try:
            self.database = sqlite3.connect(path)
            self.database.execute(SCHEMA)
            self.database.execute("SELECT * FROM interactions LIMIT 1")
        except sqlite3.DatabaseError as problem:
            raise SetupError(
                f"The log {path} cannot be opened ({problem}): name another file, or restore it from a copy."
            ) from None

    def __enter__(self) -> "Log":
        return self

    def __exit__(self, *exception) -> None:
        self.database.close()

    def write(self, records: Iterable[Record]) -> None:
        """Add records, all or, if one is refused, none: sqlite3.IntegrityError for an id that is there already or a
        thumb that is neither up nor down."""
        rows = [(r.id, r.asked_at, r.tenant, r.question, r.answer, *_packed(r), r.thumbs, r.seconds) for r in records]
        with self.database:  # one transaction
            self.database.executemany("INSERT INTO interactions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def read(self) -> list[Record]:
        """Every record, in the order of time."""
        return [_record(row) for row in self.database.execute("SELECT * FROM interactions ORDER BY asked_at, id")]


def _packed(record: Record) -> tuple[str, str]:
    """Citations and passages as JSON."""
    passages = [[hit.doc_id, hit.chunk_id, hit.text] for hit in record.passages]
    return json.dumps(record.citations), json.dumps(passages, ensure_ascii=False)


def _record(row: tuple) -> Record:
    *texts, citations, passages, thumbs, seconds = row
    hits = tuple(Hit(*passage, 0.0) for passage in json.loads(passages))
    return Record(*texts, tuple(json.loads(citations)), hits, thumbs, seconds)
