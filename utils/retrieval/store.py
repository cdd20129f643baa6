"""An index on disk: documents as JSON and vectors as a NumPy array, no pickle, replaced as a whole."""

import datetime as dt
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from tokenize import TokenError

import numpy as np

from utils.corpus import Document

# What Python raises for files that are missing, cut off, or hold something else; NumPy reads the header of an array
# with Python's own parser, and its errors come through.
_BY_THE_PARSER = (SyntaxError, TokenError, RecursionError)
DAMAGE = (OSError, EOFError, ValueError, LookupError, TypeError, AttributeError, *_BY_THE_PARSER)


def write(folder: Path | str, facts: dict, documents: Iterable[Document], vectors: np.ndarray | None) -> None:
    """Write an index, replacing an older one; ValueError if the folder holds something that is no index."""
    folder = Path(folder)
    if folder.exists() and not (folder / "store.json").is_file() and not (folder.is_dir() and _is_empty(folder)):
        raise ValueError(f"{folder} holds something that is no index: choose another folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    entries = [{**asdict(document), "effective": str(document.effective or "")} for document in documents]
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{folder.name}.part-") as scratch:
        made = Path(scratch) / "index"
        made.mkdir()
        if vectors is not None:
            np.save(made / "vectors.npy", vectors, allow_pickle=False)
        facts = {**facts, "sha256": _digest(entries, vectors), "documents": entries}
        (made / "store.json").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        made.replace(folder)


def read(folder: Path | str) -> tuple[dict, list[Document], np.ndarray | None]:
    """The facts, documents and vectors of an index; one of ``DAMAGE`` if the files are not what was written."""
    facts = json.loads((Path(folder) / "store.json").read_text(encoding="utf-8"))
    entries = facts.pop("documents")
    documents = [
        Document(**{**entry, "effective": dt.date.fromisoformat(entry["effective"]) if entry["effective"] else None})
        for entry in entries
    ]
    path = Path(folder) / "vectors.npy"
    vectors = np.load(path, allow_pickle=False) if path.is_file() else None
    if facts.pop("sha256", None) != _digest(entries, vectors):
        raise ValueError("its vectors do not belong to its documents")
    return facts, documents, vectors


def _digest(entries: list[dict], vectors: np.ndarray | None) -> str | None:
    """SHA-256 over documents and vectors; None without vectors, where documents may be corrected by hand."""
    if vectors is None:
        return None
    made = hashlib.sha256(f"{json.dumps(entries, sort_keys=True)} {vectors.shape} {vectors.dtype}".encode())
    made.update(np.ascontiguousarray(vectors))
    return made.hexdigest()


def _is_empty(folder: Path) -> bool:
    return not any(folder.iterdir())
