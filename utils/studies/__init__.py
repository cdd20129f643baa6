"""Long experiments that are run once and whose results are committed: ``python -m utils.studies NAME``.

Here belongs what takes too long for a notebook. A study returns rows; ``evaluation.results`` keeps and loads them.
"""

import sys
from collections.abc import Callable

from utils.evaluation import results
from utils.studies import (
    cached_prompt,
    domain_and_voice,
    edge_cases,
    fine_tuned_rag,
    growth,
    knowledge,
    pipeline,
    response_times,
    staged,
    tickets,
)

STUDIES: dict[str, Callable[[], list[dict]]] = {
    study.__name__: study
    for study in (
        tickets.learning_curve,
        tickets.ticket_systems,
        domain_and_voice.forgetting,
        domain_and_voice.domain,
        knowledge.wordings,
        knowledge.capacity,
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


def main(arguments: list[str]) -> int:
    """Run one study and write ``data/results/NAME.json``; 2 for an unknown name."""
    if len(arguments) != 1 or arguments[0] not in STUDIES:
        print(f"Name one study: {', '.join(STUDIES)}", file=sys.stderr)
        return 2
    name = arguments[0]
    results.save(name, STUDIES[name](), f"python -m utils.studies {name}")
    return 0
