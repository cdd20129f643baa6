"""The models in memory, and what identifies them in a cache key."""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from safetensors import SafetensorError

from utils import settings
from utils.models.files import FULL_WEIGHTS, damaged, fetch
from utils.models.folders import hashes
from utils.models.ladder import EMBEDDER, LADDER, PackagedModel
from utils.settings import SetupError


def chosen_generator() -> PackagedModel | str:
    """The generator asked for in ``RVF_LLM``: a model of the ladder, or the name of another one."""
    name = settings.llm_name()
    return LADDER.get(name, name)


def chosen_embedder() -> PackagedModel | str:
    """The embedder asked for in ``RVF_EMBEDDER``: that of the series, or the name of another one."""
    return settings.embedder_name() or EMBEDDER


def location(model: PackagedModel | str) -> str:
    """What to load a model from: the folder in the cache, fetched if need be, another folder, or a Hugging Face id.

    Raises SetupError for a model in the cache whose bytes have changed.
    """
    if not isinstance(model, str):
        folder = fetch(model)
        if damaged(folder):
            raise SetupError(f"{folder} is damaged: delete this folder and run again.")
        return str(folder)
    return str(settings.local_model(model) or model)


def _load(model: PackagedModel | str, load: Callable, variable: str):
    source = location(model)
    try:
        return load(source)
    except (OSError, ValueError, SafetensorError) as problem:
        first = (str(problem).strip().splitlines() or [type(problem).__name__])[0]
        if not isinstance(model, str):
            raise SetupError(f"{source} cannot be loaded ({first}): delete this folder and run again.") from None
        sizes = f"{', '.join(settings.SIZES)}, " if variable == "RVF_LLM" else ""
        raise SetupError(
            f"{variable} is {model!r}, which cannot be loaded ({first}): give {sizes}a Hugging Face id or a local "
            "folder."
        ) from None


def load_llm():
    """The generator as (model in float32 on the chosen device, tokenizer); raises SetupError if it cannot be had."""
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    settings.prepare_torch()
    wanted = chosen_generator()
    model = _load(wanted, lambda name: AutoModelForCausalLM.from_pretrained(name, dtype=torch.float32), "RVF_LLM")
    return model.to(settings.device()).eval(), load_tokenizer()


def with_adapter(model, adapter: Path | str, merged: bool = True):
    """A model with what ``finetuning.train`` made: LoRA merged into its weights or beside them, or its own layers."""
    if (Path(adapter) / FULL_WEIGHTS).is_file():  # full fine-tuning of some layers
        from safetensors.torch import load_file

        model.load_state_dict(load_file(Path(adapter) / FULL_WEIGHTS), strict=False)
        return model
    from peft import PeftModel

    if not (Path(adapter) / "adapter_config.json").is_file():
        raise ValueError(f"{adapter} holds no adapter: pass the path that finetuning.train returned.")
    model = PeftModel.from_pretrained(model, str(adapter)).eval()
    return model.merge_and_unload() if merged else model


def load_tokenizer():
    """The generator's tokenizer; raises SetupError if it cannot be had."""
    from transformers import AutoTokenizer

    return _load(chosen_generator(), AutoTokenizer.from_pretrained, "RVF_LLM")


def context_length() -> int:
    """Tokens that a prompt and its answer may have together, by the generator's configuration; tokenizers often name
    no limit. Raises SetupError if it cannot be had."""
    from transformers import AutoConfig

    config = _load(chosen_generator(), AutoConfig.from_pretrained, "RVF_LLM")
    return config.get_text_config().max_position_embeddings


def load_embedder():
    """The embedder as a SentenceTransformer on the chosen device; raises SetupError if it cannot be had."""
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    settings.prepare_torch()
    return _load(chosen_embedder(), lambda name: SentenceTransformer(name, device=settings.device()), "RVF_EMBEDDER")


def identity(model: PackagedModel | str) -> str:
    """What a result computed with a model depends on, for cache keys: never a name alone.

    The hash of the publisher's file; of a local folder the hash of all its files; of a Hugging Face id its name and the
    commit in use ("unknown" for one that can't be had, so nothing is computed with it).
    """
    if not isinstance(model, str):
        return f"{model.name}@{model.sha256[:12]}"
    folder = settings.local_model(model)
    if folder:
        content = "\n".join(f"{name} {digest}" for name, digest in hashes(folder).items())
        return f"{folder.resolve().name}@{hashlib.sha256(content.encode()).hexdigest()[:12]}"
    try:
        return f"{model}@{_commit(model)[:12]}"
    except (OSError, ValueError):
        return f"{model}@unknown"


@lru_cache
def _commit(name: str) -> str:
    """The commit of a Hugging Face id: the newest, or that in the cache of its library where there is no network."""
    from huggingface_hub import hf_hub_download

    return Path(hf_hub_download(name, "config.json")).parent.name
