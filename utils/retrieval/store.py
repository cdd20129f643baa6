"""An index on disk: documents as JSON and vectors as a NumPy array, no pickle; replaced as a whole, or not at all."""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from tokenize import TokenError

import numpy as np
from filelock import FileLock

from utils.corpus import Document
from utils.settings import SetupError

STORE, LOCK, PART = "store.json", ".lock", "store.part"
OURS = re.compile(r"store\.json|\.lock|store\.part|vectors(-[0-9a-f]{16})?\.npy")

# What Python raises for files that are missing, cut off, or hold something else; NumPy reads the header of an array
# with Python's own parser, and its errors come through.
_BY_THE_PARSER = (SyntaxError, TokenError, RecursionError)
TRIES = 3  # a writer may also have replaced it twice, and the second time by the same
DAMAGE = (OSError, EOFError, ValueError, LookupError, TypeError, AttributeError, *_BY_THE_PARSER)


def write(folder: Path | str, facts: dict, documents: Iterable[Document], vectors: np.ndarray | None) -> None:
    """Write an index, replacing an older one, which stays whole until the new one is.

    Writers wait for each other. Raises ValueError if the folder holds something that is no index, and SetupError if
    nothing can be written there.
    """
    folder = Path(folder).resolve()  # the folder itself is never replaced: it may be a link, or where somebody stands
    entries = [{**asdict(document), "effective": str(document.effective or "")} for document in documents]
    facts = {**facts, "sha256": _digest(facts, entries, vectors), "documents": entries}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not _is_index(folder):
            raise FileExistsError
        with FileLock(folder / LOCK):
            _replace(folder, facts, vectors)
    except FileExistsError:
        raise ValueError(f"{folder} holds something that is no index: choose another folder.") from None
    except OSError as problem:
        raise SetupError(
            f"The index cannot be kept in {folder} ({problem.strerror}), where an older one stays as it was: free some "
            "space there or choose another folder."
        ) from None


def _replace(folder: Path, facts: dict, vectors: np.ndarray | None) -> None:
    """The index changes in one moment: when its JSON, which names the file of its vectors, is replaced."""
    part, target = folder / PART, folder / _vectors_name(facts["sha256"])
    part.unlink(missing_ok=True)  # by a process that was killed
    before = set(folder.iterdir())
    try:
        if vectors is not None:
            with open(part, "wb") as file:
                np.save(file, vectors, allow_pickle=False)
            part.replace(target)
        part.write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
        part.replace(folder / STORE)
    except BaseException:
        _remove({*folder.iterdir()} - before)
        raise
    _remove(before - {folder / LOCK, folder / STORE, target})  # the vectors of the older index


def read(folder: Path | str) -> tuple[dict, list[Document], np.ndarray | None]:
    """The facts, documents and vectors of an index; one of ``DAMAGE`` if the files are not what was written."""
    doubts = 0
    while True:
        text = (Path(folder) / STORE).read_text(encoding="utf-8")
        try:
            return _parsed(Path(folder), text)
        except DAMAGE:  # unless a writer has replaced it, and its vectors, meanwhile
            doubts += (Path(folder) / STORE).read_text(encoding="utf-8") == text
            if doubts > TRIES:
                raise


def _parsed(folder: Path, text: str) -> tuple[dict, list[Document], np.ndarray | None]:
    facts = json.loads(text)
    entries, digest = facts.pop("documents"), facts.pop("sha256", None)
    documents = [
        Document(**{**entry, "effective": dt.date.fromisoformat(entry["effective"]) if entry["effective"] else None})
        for entry in entries
    ]
    vectors = np.load(folder / _vectors_name(digest), allow_pickle=False) if digest else None
    if digest != _digest(facts, entries, vectors):
        raise ValueError("its vectors do not belong to its documents")
    return facts, documents, vectors


def _digest(facts: dict, entries: list[dict], vectors: np.ndarray | None) -> str | None:
    """SHA-256 over all of an index; None without vectors, where documents may be corrected by hand."""
    if vectors is None:
        return None
    made = hashlib.sha256(f"{json.dumps([facts, entries], sort_keys=True)} {vectors.shape} {vectors.dtype}".encode())
    made.update(np.ascontiguousarray(vectors))
    return made.hexdigest()


def _vectors_name(digest: str | None) -> str:
    """The file of the vectors: another one for every content, so that a new index leaves those of the old alone."""
    return f"vectors-{digest[:16]}.npy" if digest else ""


def _is_index(folder: Path) -> bool:
    """Whether a folder holds an index, or nothing but what a first save that was killed has left."""
    names = {path.name for path in folder.iterdir()}
    return STORE in names or ("vectors.npy" not in names and all(map(OURS.fullmatch, names)))


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        if OURS.fullmatch(path.name):  # what else somebody keeps there stays
            path.unlink()
