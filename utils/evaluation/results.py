"""Results of long experiments as they are committed in ``data/results``."""

import datetime as dt
import json
import os
import platform
from importlib.metadata import version

from utils import settings

_PACKAGES = ("torch", "transformers", "peft", "sentence-transformers", "faiss-cpu")


def circumstances() -> dict:
    """What a committed result was measured with: date, hardware, python, versions."""
    return {
        "date": dt.date.today().isoformat(),
        "hardware": f"{platform.machine()}, {os.cpu_count()} CPU cores, {settings.device()}",
        "python": platform.python_version(),
        "versions": {name: version(name).split("+")[0] for name in _PACKAGES},
    }


def load(name: str) -> dict:
    """A committed result: date, hardware, python, versions, command, rows. ValueError if there is none."""
    path = settings.DATA / "results" / f"{name}.json"
    if not path.is_file():
        raise ValueError(f"There is no result {name!r}: run `python -m utils.studies {name}`.")
    return json.loads(path.read_text(encoding="utf-8"))


def save(name: str, rows: list[dict], command: str) -> None:
    """Write ``data/results/NAME.json``: the rows, the command that made them, and the circumstances."""
    record = circumstances() | {"command": command, "rows": rows}
    (settings.DATA / "results" / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
