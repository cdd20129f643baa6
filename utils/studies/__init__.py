"""Long experiments that are run once and whose results are committed: ``python -m utils.studies NAME``."""

import json
import sys
from collections.abc import Callable

from utils import claims
from utils.settings import DATA
from utils.studies import deciding, finetuning, hybrid, retrieval, staged

STUDIES: dict[str, Callable[[], list[dict]]] = {
    study.__name__: study
    for study in (
        finetuning.learning_curve,
        finetuning.wordings,
        finetuning.capacity,
        finetuning.update,
        finetuning.forgetting,
        finetuning.domain,
        retrieval.chunking,
        retrieval.reranking,
        retrieval.positions,
        retrieval.defences,
        hybrid.grid,
        hybrid.embedder,
        staged.staged_log,
        staged.staged,
        deciding.response_times,
        deciding.cached_prompt,
        deciding.growth,
        deciding.ticket_arms,
    )
}


def load(name: str) -> dict:
    """A committed result: date, hardware, python, versions, command, rows. ValueError if there is none."""
    path = DATA / "results" / f"{name}.json"
    if not path.is_file():
        raise ValueError(f"There is no result {name!r}: run `python -m utils.studies {name}`.")
    return json.loads(path.read_text(encoding="utf-8"))


def main(arguments: list[str]) -> int:
    """Run one study and write ``data/results/NAME.json``; 2 for an unknown name."""
    if len(arguments) != 1 or arguments[0] not in STUDIES:
        print(f"Name one study: {', '.join(STUDIES)}", file=sys.stderr)
        return 2
    name = arguments[0]
    rows = STUDIES[name]()
    record = claims.circumstances() | {"command": f"python -m utils.studies {name}", "rows": rows}
    (DATA / "results" / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 0
