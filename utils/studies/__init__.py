"""Long experiments that are run once and whose results are committed: ``python -m utils.studies NAME``.

Here belongs what takes too long for a notebook. A study returns rows; ``evaluation.results`` keeps and loads them.
"""

import argparse
import os
from collections.abc import Callable

from utils import settings
from utils.evaluation import results
from utils.studies import (
    cached_prompt,
    edge_cases,
    engines,
    fine_tuned_rag,
    forgetting,
    growth,
    knowledge,
    letters,
    memorising,
    notes,
    pipeline,
    reading,
    response_times,
    staged,
    tickets,
)

STUDIES: dict[str, Callable[[], list[dict]]] = {
    study.__name__: study
    for study in (
        tickets.ticket_systems,
        knowledge.wordings,
        knowledge.update,
        pipeline.chunking,
        pipeline.reranking,
        edge_cases.positions,
        edge_cases.defences,
        fine_tuned_rag.grid,
        fine_tuned_rag.embedder,
        staged.staged_log,
        staged.staged,
        response_times.response_times,
        cached_prompt.cached_prompt,
        growth.growth,
    )
}


SIZED: dict[str, Callable[[str], None]] = {  # one run for each model size; raw outputs, kept system by system
    study.__name__: study
    for study in (
        engines.parity,
        reading.reading_dev,
        reading.reading,
        tickets.tickets,
        notes.notes,
        letters.letters,
        forgetting.notes_forgetting,
        memorising.knowledge_pairs,
        memorising.knowledge_recipe,
        memorising.knowledge_data,
        memorising.knowledge_update,
        memorising.knowledge_capacity,
        memorising.knowledge_abstaining,
    )
}


def main(arguments: list[str]) -> int:
    """``NAME [--size small|medium|large]``: run one study and keep what it finds in ``data/results``.

    Raises SetupError, before the study begins, if it can't be kept there.
    """
    parser = argparse.ArgumentParser(prog="python -m utils.studies")
    parser.add_argument("name", choices=[*STUDIES, *SIZED], metavar="NAME", help=", ".join([*STUDIES, *SIZED]))
    parser.add_argument("--size", choices=settings.SIZES, default=settings.llm_name(), help="of the model")
    wanted = parser.parse_args(arguments)
    os.environ["RVF_LLM"] = wanted.size
    settings.writable(settings.DATA / "results")
    if wanted.name in SIZED:
        SIZED[wanted.name](wanted.size)
    else:
        results.save(wanted.name, STUDIES[wanted.name](), f"python -m utils.studies {wanted.name} --size {wanted.size}")
    return 0
