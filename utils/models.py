"""Load the two models of the series; ``python -m utils.models`` gets and checks them and says what is where."""

import json
import sys
from collections.abc import Callable

from safetensors import SafetensorError

from utils import settings
from utils.artefacts import EMBEDDER, GENERATOR, Embedded, fetch, sha256
from utils.settings import SetupError


def _load(name: str | None, embedded: Embedded, load: Callable, variable: str):
    source = name or str(fetch(embedded))
    try:
        return load(source)
    except (OSError, ValueError, SafetensorError) as problem:
        if not name:
            raise
        first = str(problem).strip().splitlines()[0]
        raise SetupError(
            f"{variable} is {name!r}, which cannot be loaded ({first}): give a Hugging Face id or a local folder."
        ) from None


def load_llm():
    """The generator as (model in float32 on the chosen device, tokenizer); raises SetupError if it cannot be had."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    settings.prepare_torch()
    name = settings.llm_name()
    model = _load(
        name, GENERATOR, lambda source: AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32), "RVF_LLM"
    )
    tokenizer = _load(name, GENERATOR, AutoTokenizer.from_pretrained, "RVF_LLM")
    return model.to(settings.device()).eval(), tokenizer


def load_embedder():
    """The embedder as a SentenceTransformer on the chosen device; raises SetupError if it cannot be had."""
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    settings.prepare_torch()
    return _load(
        settings.embedder_name(), EMBEDDER, lambda s: SentenceTransformer(s, device=settings.device()), "RVF_EMBEDDER"
    )


def identity(name: str | None, embedded: Embedded) -> str:
    """What a result computed with a model depends on: the name asked for, or the hash of the embedded weights."""
    return name or f"{embedded.name}@{embedded.sha256[:12]}"


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
