"""Raw outputs of models, committed as they were written: ``data/results/raw/STUDY-SIZE.jsonl``.

A study answers, this module keeps, and scoring is a separate pass over what was kept: when the scorer changes, nothing
is generated again. A file holds one line for each system (its name, how many outputs follow, and when and where they
were made) and after it one line for each output.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from utils import settings
from utils.evaluation.results import circumstances, replace_file, sole_writer


def path(study: str, size: str) -> Path:
    """Where the raw outputs of a study at a model size are kept."""
    return settings.DATA / "results" / "raw" / f"{study}-{size}.jsonl"


def load(study: str, size: str) -> dict[str, list[dict]]:
    """The outputs kept for each system, in the order in which the systems were made; empty if there are none."""
    return {header["system"]: rows for header, rows in _blocks(path(study, size))}


def made(study: str, size: str) -> dict[str, dict]:
    """When, where and with which command each system was made, by its name."""
    return {header["system"]: header for header, _ in _blocks(path(study, size))}


def keep(
    study: str,
    size: str,
    system: str,
    make: Callable[[], Sequence[Mapping]],
    command: str,
    details: Callable[[], Mapping] = dict,
) -> list[dict]:
    """The outputs of a system: those that are kept, or else those that ``make`` gives, kept from now on.

    ``details``: what else to note in the system's line, called after ``make``; what its training took, say. The file is
    replaced in one step when a system is complete, so a run that is killed loses that system alone, and what another
    process kept meanwhile stays.
    """
    kept = load(study, size)
    if system in kept:
        return kept[system]
    rows = [dict(row) for row in make()]
    header = {"system": system, "n": len(rows), "command": command, "engine": settings.engine()} | circumstances()
    header |= details()
    target = path(study, size)
    target.parent.mkdir(parents=True, exist_ok=True)
    with sole_writer(target):
        blocks = [block for block in _blocks(target) if block[0]["system"] != system] + [(header, rows)]
        lines = [json.dumps(line, ensure_ascii=False) for head, some in blocks for line in (head, *some)]
        replace_file(target, "\n".join(lines) + "\n")
    return rows


def _blocks(source: Path) -> list[tuple[dict, list[dict]]]:
    if not source.is_file():
        return []
    lines = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
    blocks, place = [], 0
    while place < len(lines):
        header = lines[place]
        blocks.append((header, lines[place + 1 : place + 1 + header["n"]]))
        place += 1 + header["n"]
    return blocks
