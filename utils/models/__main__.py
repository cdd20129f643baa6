"""``python -m utils.models`` gets both models, checks every byte and says where they are."""

import json
import sys

from utils import settings
from utils.models.files import EMBEDDER, GENERATOR, fetch, sha256
from utils.settings import SetupError


def main() -> int:
    """Get both models, check every byte, and print where they are; 1 and one sentence if that fails."""
    try:
        for name, model in ((settings.llm_name(), GENERATOR), (settings.embedder_name(), EMBEDDER)):
            if name:
                print(f"{name}: chosen by the environment, loaded when it is needed")
                continue
            folder = fetch(model)
            written = json.loads((folder / "ready.json").read_text(encoding="utf-8"))
            if sha256(folder / "model.safetensors") != written["sha256"]:
                raise SetupError(f"{folder} is damaged: delete this folder and run again.")
            print(f"{model.name}: {written['bytes'] / 1e6:.0f} MB, checked, in {folder}")
    except SetupError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
