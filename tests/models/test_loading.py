"""Loading the models, and what is said when the one asked for cannot be had."""

import shutil

import pytest
import torch

from utils import models
from utils.models import GENERATOR, fetch
from utils.settings import SetupError


def refusal(load, *words):
    with pytest.raises(SetupError) as told:
        load()
    message = str(told.value)
    assert "\n" not in message
    assert message.endswith(".")
    assert all(word in message for word in words), message


@pytest.mark.parametrize("name", ["nowhere/no-such-model", "./no-such-folder", "not a name!"])
def test_an_unknown_generator_is_told_with_its_name(monkeypatch, name):
    monkeypatch.setenv("RVF_LLM", name)
    refusal(models.load_llm, "RVF_LLM", name, "give a Hugging Face id or a local folder")


def test_an_unknown_embedder_is_told_with_its_name(monkeypatch):
    monkeypatch.setenv("RVF_EMBEDDER", "nowhere/no-such-model")
    refusal(models.load_embedder, "RVF_EMBEDDER", "nowhere/no-such-model")


def test_an_empty_folder_is_no_generator(monkeypatch, tmp_path):
    monkeypatch.setenv("RVF_LLM", str(tmp_path))
    refusal(models.load_llm, "RVF_LLM", str(tmp_path))


@pytest.mark.model
def test_a_folder_whose_weights_are_cut_off_is_no_generator(monkeypatch, tmp_path):
    for file in fetch(GENERATOR).glob("*"):
        if file.suffix != ".safetensors":
            shutil.copy(file, tmp_path)
    with open(fetch(GENERATOR) / "model.safetensors", "rb") as weights:
        (tmp_path / "model.safetensors").write_bytes(weights.read(1_000_000))
    monkeypatch.setenv("RVF_LLM", str(tmp_path))
    refusal(models.load_llm, "RVF_LLM", str(tmp_path))


@pytest.mark.model
def test_the_embedded_generator_is_the_one_described(llm):
    assert llm.model.dtype == torch.float32
    assert not llm.model.training
    assert llm.model.config.num_hidden_layers == 30
    assert llm.model.config.vocab_size == len(llm.tokenizer) == 49_152
    assert llm.tokenizer.model_max_length == 8192
    assert 130e6 < llm.model.num_parameters() < 140e6


@pytest.mark.model
def test_a_local_folder_may_stand_for_the_generator(monkeypatch, llm):
    monkeypatch.setenv("RVF_LLM", str(fetch(GENERATOR)))
    model, _ = models.load_llm()
    assert torch.equal(model.get_input_embeddings().weight, llm.model.get_input_embeddings().weight)


def test_results_depend_on_the_name_asked_for_or_on_the_embedded_weights():
    assert models.identity("someone/model", GENERATOR) == "someone/model"
    assert models.identity(None, GENERATOR) == "smollm2-135m-instruct@b179c9523d0e"
