"""Every kept raw output scored with today's scorer: ``python -m utils.studies.scores [small|medium|large ...]``."""

import sys
from collections.abc import Callable, Sequence
from functools import partial

import pandas as pd

from utils import settings
from utils.evaluation import outputs
from utils.studies import engines, forgetting, letters, memorised, notes, reading, tickets

KNOWLEDGE = ("knowledge_recipe", "knowledge_data", "knowledge_capacity", "knowledge_update", "knowledge_abstaining")


def knowledge(study: str, size: str) -> list[dict]:
    """What was answered in a study of trained facts."""
    return memorised.scores(memorised.judged(study, size, updated=study == "knowledge_update"))


TABLES: dict[str, Callable[[str], list[dict]]] = {
    "parity": engines.scores,
    "reading": reading.scores,
    "tickets": tickets.table,
    "notes": notes.table,
    "letters": letters.table,
    "notes_forgetting": forgetting.table,
    **{study: partial(knowledge, study) for study in KNOWLEDGE},
}


def main(sizes: Sequence[str]) -> int:
    """Print a table for each study and size that has raw outputs."""
    unknown = [size for size in sizes if size not in settings.SIZES]
    if unknown:
        print(f"There is no size {unknown[0]!r}: choose from {', '.join(settings.SIZES)}.")
        return 2
    for study, scores in TABLES.items():
        for size in sizes or settings.SIZES:
            if rows := scores(size) if outputs.load(study, size) else []:
                print(f"\n{study}, {size}\n{pd.DataFrame(rows).round(3).to_string(index=False)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
