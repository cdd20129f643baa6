"""An index on disk: documents as JSON and vectors as a NumPy array, no pickle, replaced as a whole."""

import datetime as dt
import json
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from utils.corpus import Document


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
        text = json.dumps({**facts, "documents": entries}, ensure_ascii=False)
        (made / "store.json").write_text(text, encoding="utf-8")
        if vectors is not None:
            np.save(made / "vectors.npy", vectors, allow_pickle=False)
        shutil.rmtree(folder, ignore_errors=True)
        made.replace(folder)


def read(folder: Path | str) -> tuple[dict, list[Document], np.ndarray | None]:
    """The facts, documents and vectors of an index; what Python raises for it if the files are damaged."""
    facts = json.loads((Path(folder) / "store.json").read_text(encoding="utf-8"))
    documents = [
        Document(**{**entry, "effective": dt.date.fromisoformat(entry["effective"]) if entry["effective"] else None})
        for entry in facts.pop("documents")
    ]
    vectors = Path(folder) / "vectors.npy"
    return facts, documents, np.load(vectors, allow_pickle=False) if vectors.is_file() else None


def _is_empty(folder: Path) -> bool:
    return not any(folder.iterdir())
