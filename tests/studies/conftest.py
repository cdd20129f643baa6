"""Shared by the tests of the studies: a model that takes no time."""

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from utils import models


@pytest.fixture
def small_model(monkeypatch, tmp_path, llm):
    """A model of the real vocabulary and next to nothing else, trained and asked in the place of the real one."""

    def load():
        torch.manual_seed(0)
        sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 12, "num_attention_heads": 2}
        model = LlamaForCausalLM(LlamaConfig(vocab_size=49_152, max_position_embeddings=8192, **sizes))
        return model.eval(), llm.tokenizer

    monkeypatch.setenv("RVF_RUNS", str(tmp_path))
    for module in (models, models.llm):
        monkeypatch.setattr(module, "load_llm", load)
