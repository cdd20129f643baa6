"""Results of long experiments as they are committed in ``data/results``."""

import datetime as dt
import json
import os
import platform
import tempfile
from importlib.metadata import version
from pathlib import Path

from utils import settings

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


def replace_file(path: Path, text: str) -> None:
    """Write a file in one step, so that nobody reads half of it and two processes that write it don't collide."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, suffix=".part", delete=False) as part:
        part.write(text)
    Path(part.name).chmod(0o644)  # a temporary file is its owner's alone
    Path(part.name).replace(path)
