"""Shared by the tests of the studies: models that take no time."""

from types import SimpleNamespace

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from utils import models
from utils.evaluation import outputs
from utils.studies import trials


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


@pytest.fixture
def asked_of():
    """``asked_of(made, label)``: the chats that one system was asked with; ``made`` as ``doubles`` gives it."""

    def find(made, label: str) -> list:
        (chats,) = [chats for llm in made.loaded for name, chats in llm.asked if name == label]
        return chats

    return find


@pytest.fixture
def doubles(monkeypatch, tmp_path):
    """``doubles(model)``: in place of every model of a study of trials, ``model(recipe)``, None for the untrained one.

    Gives back what was ``trained``, chats and recipe by folder, and the models that were ``loaded``.
    """

    def use(model):
        made = SimpleNamespace(trained={}, loaded=[])

        def train(chats, recipe, label):
            before = [folder for folder, known in made.trained.items() if known == (chats, recipe)]
            folder = before[0] if before else tmp_path / str(len(made.trained))
            made.trained[folder] = (chats, recipe)
            return folder

        def load(adapter, engine):
            made.loaded.append(model(adapter and made.trained[adapter][1]))
            return made.loaded[-1]

        report = {"tokens": 900, "steps": 60, "seconds": 1.5, "losses": []}
        monkeypatch.setattr(trials.finetuning, "train", train)
        monkeypatch.setattr(trials.finetuning, "training_report", lambda folder: report)
        monkeypatch.setattr(trials.LLM, "load", load)
        return made

    monkeypatch.setattr(outputs, "path", lambda study, size: tmp_path / f"{study}-{size}.jsonl")
    monkeypatch.setattr(outputs, "circumstances", dict)
    monkeypatch.setattr(trials.gc, "collect", lambda: 0)
    trials.generator.cache_clear()
    yield use
    trials.generator.cache_clear()
