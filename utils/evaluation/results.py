"""Results of long experiments as they are committed in ``data/results``."""

import contextlib
import datetime as dt
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock

from utils import settings
from utils.settings import SetupError

_PACKAGES = ("torch", "transformers", "peft", "sentence-transformers", "faiss-cpu")


def circumstances() -> dict:
    """What a committed result was measured with: date, hardware, python, versions."""
    return {
        "date": dt.date.today().isoformat(),
        "hardware": f"{platform.machine()}, {os.cpu_count()} CPU cores, {_processor()}",
        "python": platform.python_version(),
        "versions": {name: version(name).split("+")[0] for name in _PACKAGES},
    }


def _processor() -> str:
    """What computes: "cpu", or the name of the GPU."""
    device = settings.device()
    if not device.startswith("cuda"):
        return device
    import torch

    return torch.cuda.get_device_name(device)


def load(name: str, size: str | None = None) -> dict:
    """A committed result, of a model size where it has several: date, hardware, python, versions, command, model, rows.

    Raises ValueError if there is none.
    """
    path = _path(name, size)
    if not path.is_file():
        command = f"python -m utils.studies {name}" + (f" --size {size}" if size else "")
        raise ValueError(f"There is no result {path.stem!r}: run `{command}`.")
    return json.loads(path.read_text(encoding="utf-8"))


def save(name: str, rows: list[dict], command: str, size: str | None = None) -> None:
    """Write ``data/results/NAME.json``, or ``NAME-SIZE.json``: the rows, the command that made them, the model's size
    (that in use if none is given), and the circumstances."""
    record = circumstances() | {"command": command, "model": size or settings.llm_name(), "rows": rows}
    replace_file(_path(name, size), json.dumps(record, indent=1) + "\n")


def _path(name: str, size: str | None) -> Path:
    return settings.DATA / "results" / f"{name}{f'-{size}' if size else ''}.json"


def replace_file(path: Path, content: str | bytes) -> None:
    """Write a file in one step: whatever happens, it holds all of the old content or all of the new.

    Two processes that write it don't collide. Raises SetupError where it can't be written.
    """
    _clear_up(path)
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.", suffix=".part") as scratch:
            part = Path(scratch) / path.name
            part.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
            part.replace(path)
    except OSError as problem:
        raise _unwritable(path, problem) from None


def _clear_up(path: Path) -> None:
    """Remove what a process that was killed while it wrote a file has left; a part of this hour may still be in use."""
    for part in path.parent.glob(f".{path.name}.*.part"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - part.stat().st_mtime > 3600:
                shutil.rmtree(part, ignore_errors=True)


@contextlib.contextmanager
def sole_writer(path: Path) -> Iterator[None]:
    """For whoever reads a file, changes what it says and writes it again: others wait. SetupError if it's read-only."""
    lock = FileLock(path.with_name(f".{path.name}.lock"))
    try:
        lock.acquire()
    except OSError as problem:
        raise _unwritable(path, problem) from None
    try:
        yield
    finally:
        lock.release()


def _unwritable(path: Path, problem: OSError) -> SetupError:
    return SetupError(f"{path} cannot be written ({problem.strerror}), and stays as it was.")
