"""Loading the models, and what is said when the one asked for cannot be had."""

import json
import os
import shutil
import subprocess
import sys

import pytest
import torch
from tiny_model import TINY

from utils import models, settings
from utils.artefacts import GENERATOR, fetch
from utils.settings import SetupError

NO_INDEX = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}


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


@pytest.mark.parametrize("wrong", ["tpu", "CPU", "cuda"])
def test_a_device_that_is_not_there_is_told(monkeypatch, wrong):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("RVF_DEVICE", wrong)
    refusal(settings.device, "RVF_DEVICE", repr(wrong), "set it to cpu or leave it out")


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


@pytest.mark.model
def test_the_cache_holds_what_its_record_says():
    folder = fetch(GENERATOR)
    assert json.loads((folder / "ready.json").read_text())["bytes"] == (folder / "model.safetensors").stat().st_size


def test_the_command_leaves_chosen_models_alone(monkeypatch, capsys):
    monkeypatch.setenv("RVF_LLM", "someone/model")
    monkeypatch.setenv("RVF_EMBEDDER", "someone/embedder")
    monkeypatch.setattr(models, "fetch", lambda model: pytest.fail("nothing is to be fetched"))
    assert models.main() == 0
    assert capsys.readouterr().out.count("chosen by the environment") == 2


def test_the_command_checks_every_byte(pip, monkeypatch, capsys):
    monkeypatch.setattr(models, "GENERATOR", TINY)
    monkeypatch.setattr(models, "EMBEDDER", TINY)
    for variable in ("RVF_LLM", "RVF_EMBEDDER"):
        monkeypatch.delenv(variable, raising=False)
    assert models.main() == 0
    assert "tiny: 0 MB, checked" in capsys.readouterr().out
    (settings.cache_dir() / "models" / "tiny" / "model.safetensors").write_bytes(bytes(16_384))
    assert models.main() == 1
    out, err = capsys.readouterr()
    assert "delete this folder and run again." in err
    assert "checked" not in out


@pytest.mark.parametrize("below", ["", "file/below"], ids=["no index", "no folder"])
def test_the_command_fails_with_a_sentence_and_without_a_traceback(tmp_path, below):
    (tmp_path / "file").write_text("in the way")
    environment = {**os.environ, "RVF_CACHE": str(tmp_path / below), "RVF_LLM": "", "RVF_EMBEDDER": ""} | NO_INDEX
    command = [sys.executable, "-m", "utils.models"]
    done = subprocess.run(command, cwd=settings.ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stderr.strip().endswith(".")
