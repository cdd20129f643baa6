"""From a publisher's file to a folder that transformers loads: safetensors with tokenizer and chat template."""

import contextlib
import io
import shutil
from pathlib import Path

import numpy as np


def widen_gguf_to_float32(weights: Path, folder: Path) -> None:
    """``widen_gguf`` with 32-bit numbers."""
    widen_gguf(weights, folder, "float32")


def widen_gguf(weights: Path, folder: Path, dtype: str = "float16") -> None:
    """Turn a GGUF file into safetensors, once; 16-bit ones are widened further where a computation needs it.

    Embeddings that were tied to the output matrix are tied again: otherwise the 0.5B model would be stored, and
    trained, with 630 million parameters instead of 494.
    """
    import torch
    import transformers
    from gguf import GGUFReader

    transformers.utils.logging.disable_progress_bar()
    tensors = {tensor.name: tensor for tensor in GGUFReader(weights).tensors}
    source = {"pretrained_model_name_or_path": weights.parent, "gguf_file": weights.name}
    tokenizer = transformers.AutoTokenizer.from_pretrained(**source)
    config = transformers.AutoConfig.from_pretrained(**source)
    config.tie_word_embeddings = "output.weight" not in tensors
    with contextlib.redirect_stderr(io.StringIO()):  # the bar of the GGUF loader cannot be turned off
        model = transformers.AutoModelForCausalLM.from_pretrained(**source, config=config, dtype=getattr(torch, dtype))
    if not config.tie_word_embeddings and were_tied(tensors["token_embd.weight"], tensors["output.weight"]):
        model.get_input_embeddings().weight = model.get_output_embeddings().weight  # the finer of the two copies
        model.config.tie_word_embeddings = True
        model.tie_weights()
    del model.config.quantization_config  # save_pretrained refuses a model that still calls itself quantised
    model.hf_quantizer = None
    model.save_pretrained(folder)
    tokenizer.model_max_length = model.config.max_position_embeddings
    tokenizer.save_pretrained(folder)


def were_tied(embeddings, output, rows: int = 1000) -> bool:
    """Whether two GGUF tensors hold one matrix, quantised twice: the publisher keeps a finer copy for the output.

    Copies of one matrix correlate above .99, matrices of their own hardly at all.
    """
    from gguf import dequantize

    first, second = (dequantize(t.data[:rows], t.tensor_type).ravel() for t in (embeddings, output))
    return first.shape == second.shape and float(np.corrcoef(first, second)[0, 1]) > 0.99


def copy_folder(weights: Path, folder: Path) -> None:
    """Take the weights and the small files beside them as they are."""
    shutil.copytree(weights.parent, folder, dirs_exist_ok=True)
