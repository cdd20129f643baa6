"""Folders that are made once and then trusted: models, what was trained, and their forms for an engine.

A folder appears by one rename when it's complete, with a manifest of its files, so neither half of one nor a damaged
one is ever taken for what was made.
"""

import contextlib
import errno
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from filelock import FileLock, Timeout

from utils.settings import SetupError

MANIFEST = "manifest.json"  # path -> SHA-256 of every other file of the folder


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file, read in blocks."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def _unchanged(path: Path, size: int, changed: int) -> str:
    return sha256(path)


def hashes(folder: Path) -> dict[str, str]:
    """Path inside the folder -> SHA-256 of each of its files, read again only when its size or time changes."""
    files = sorted((path.relative_to(folder).as_posix(), path) for path in folder.rglob("*") if path.is_file())
    stats = [(name, path, path.stat()) for name, path in files]
    return {name: _unchanged(path, stat.st_size, stat.st_mtime_ns) for name, path, stat in stats}


def intact(folder: Path, known: dict[str, str] | None = None) -> bool:
    """Whether a folder's files are those of its manifest; where an older version wrote none, of ``known``."""
    try:
        written = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return written.items() <= hashes(folder).items()
    except FileNotFoundError:
        return (known or {}).items() <= hashes(folder).items()
    except (OSError, ValueError, AttributeError, TypeError):
        return False


def make_once(
    folder: Path, whole: Callable[[], bool], make: Callable[[Path], None], variable: str = "RVF_RUNS", needs: str = ""
) -> Path:
    """``folder``, filled by ``make(path)``, which makes that path, unless it's ``whole()``.

    Safe with several processes at once (a file lock) and when killed: the next call clears up. Raises SetupError, with
    the ``variable`` that names another place and what is needed (``needs``), if nothing can be kept there.
    """
    if whole():  # before anything is written: the place may be read-only
        return folder
    home = folder.parent
    with _told(home, variable, needs):
        home.mkdir(parents=True, exist_ok=True)
        _clear_up(home)
        with FileLock(home / f"{folder.name}.lock"):
            if not whole():
                if folder.exists():
                    print(f"{folder.name} is damaged, so it is made again.", flush=True)
                with tempfile.TemporaryDirectory(dir=home, prefix=f"{folder.name}.part-") as scratch:
                    made = Path(scratch) / "made"
                    make(made)
                    (made / MANIFEST).write_text(json.dumps(hashes(made)), encoding="utf-8")
                    shutil.rmtree(folder, ignore_errors=True)  # what is there is not whole
                    made.replace(folder)
    return folder


def _clear_up(home: Path) -> None:
    """Remove what processes that were killed have left: parts whose lock nobody holds."""
    for part in home.glob("*.part-*"):
        with (
            contextlib.suppress(Timeout),
            FileLock(home / f"{part.name.partition('.part-')[0]}.lock", timeout=0),
        ):
            shutil.rmtree(part, ignore_errors=True)


@contextlib.contextmanager
def _told(home: Path, variable: str, needs: str) -> Iterator[None]:
    """Turn what the disk refuses into a sentence."""
    try:
        yield
    except Exception as problem:
        if getattr(problem, "errno", None) == errno.ENOSPC or "No space left" in str(problem):  # safetensors wraps it
            raise SetupError(
                f"The disk with {home} is full: {needs}free some space or set {variable} to a folder on another disk."
            ) from None
        if isinstance(problem, OSError) and str(problem.filename).startswith(str(home)):
            raise SetupError(
                f"Nothing can be kept in {home} ({problem.strerror}): set {variable} to a folder you can write to."
            ) from None
        raise
