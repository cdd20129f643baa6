"""Long experiments that are run once and whose results are committed: ``python -m utils.studies NAME``."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace

from utils import claims, corpus, finetuning, tickets
from utils.generation import LLM
from utils.settings import DATA


def load(name: str) -> dict:
    """A committed result: date, hardware, python, versions, command, rows. ValueError if there is none."""
    path = DATA / "results" / f"{name}.json"
    if not path.is_file():
        raise ValueError(f"There is no result {name!r}: run `python -m utils.studies {name}`.")
    return json.loads(path.read_text(encoding="utf-8"))


def learning_curve() -> list[dict]:
    """Notebook 01: share of unseen tickets right after training on 30, 60, 120 and 240 examples, one seed.

    Up to 120 examples are trained for 60 steps, 240 for 120, so that small sets are not also short of steps.
    """
    records = corpus.load_jsonl("tickets")
    train = [record for record in records if record["split"] == "train"]
    test = [record for record in records if record["split"] == "test"]
    rows = []
    for count in (30, 60, 120, 240):
        recipe = replace(tickets.RECIPE, epochs=max(2, 240 / count))
        examples = [tickets.example(record) for record in train[:count]]
        adapter = finetuning.train(examples, recipe, f"{count} tickets")
        done = LLM.load(adapter).complete([tickets.chat(record["complaint"]) for record in test], max_new_tokens=28)
        scores = [tickets.score(c.text, record) for c, record in zip(done, test, strict=True)]
        rows.append({"examples": count, **{name: sum(s[name] for s in scores) / len(scores) for name in scores[0]}})
    return rows


STUDIES: dict[str, Callable[[], list[dict]]] = {"learning_curve": learning_curve}


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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
