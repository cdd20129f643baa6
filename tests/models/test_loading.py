"""Loading the models, and what is said when the one asked for cannot be had."""

import os
import shutil
import time

import huggingface_hub
import pytest
import torch
from tiny_model import TINY
from transformers import LlamaConfig

from utils import models
from utils.models import EMBEDDER, LADDER, SMALL, fetch, folders, loading
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
    refusal(models.load_llm, "RVF_LLM", name, "give small, medium, large, a Hugging Face id or a local")


def test_an_unknown_embedder_is_told_with_its_name(monkeypatch):
    monkeypatch.setenv("RVF_EMBEDDER", "nowhere/no-such-model")
    refusal(models.load_embedder, "RVF_EMBEDDER", "nowhere/no-such-model")


def test_an_empty_folder_is_no_generator(monkeypatch, tmp_path):
    monkeypatch.setenv("RVF_LLM", str(tmp_path))
    refusal(models.load_llm, "RVF_LLM", str(tmp_path))


@pytest.mark.model
def test_a_folder_whose_weights_are_cut_off_is_no_generator(monkeypatch, tmp_path):
    for file in fetch(SMALL).glob("*"):
        if file.suffix != ".safetensors":
            shutil.copy(file, tmp_path)
    with open(fetch(SMALL) / "model.safetensors", "rb") as weights:
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
    monkeypatch.setenv("RVF_LLM", str(fetch(SMALL)))
    model, _ = models.load_llm()
    assert torch.equal(model.get_input_embeddings().weight, llm.model.get_input_embeddings().weight)


def test_the_room_of_a_model_is_that_of_its_configuration(monkeypatch, tmp_path):
    """Most tokenizers name no limit, or 10**30."""
    LlamaConfig(max_position_embeddings=384).save_pretrained(tmp_path)
    monkeypatch.setenv("RVF_LLM", str(tmp_path))
    assert loading.context_length() == 384


def test_a_damaged_entry_of_the_cache_is_told(pip, monkeypatch):
    monkeypatch.setattr(loading, "chosen_generator", lambda: TINY)
    monkeypatch.setattr(loading, "chosen_embedder", lambda: TINY)
    for load in (models.load_llm, models.load_embedder):  # no weights that any library would read
        refusal(load, str(fetch(TINY)), "cannot be loaded", "delete this folder and run again")


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "1_Pooling/config.json"])
@pytest.mark.parametrize(
    "damage", [lambda content: content[:-1] + b"?", lambda content: content[:-2]], ids=["bit", "cut"]
)
def test_a_model_with_other_bytes_than_were_written_is_not_loaded(pip, name, damage):
    damaged = fetch(TINY) / name
    assert models.location(TINY) == str(fetch(TINY))
    size = damaged.stat().st_size
    damaged.write_bytes(damage(damaged.read_bytes()))
    os.utime(damaged, (time.time() + 1,) * 2)  # a file system's clock may be coarse
    if name == "model.safetensors" and damaged.stat().st_size != size:
        models.location(TINY)  # which is half written: it's fetched again
        assert damaged.stat().st_size == size
    else:
        refusal(lambda: models.location(TINY), str(fetch(TINY)), "is damaged: delete this folder and run again.")


def test_what_is_chosen_is_a_model_of_the_series_or_a_name(monkeypatch):
    for variable in ("RVF_LLM", "RVF_EMBEDDER"):
        monkeypatch.delenv(variable, raising=False)
    assert models.chosen_generator() is LADDER["medium"]
    assert models.chosen_embedder() is EMBEDDER
    for name, model in LADDER.items():
        monkeypatch.setenv("RVF_LLM", name)
        assert models.chosen_generator() is model
    monkeypatch.setenv("RVF_LLM", "someone/model")
    monkeypatch.setenv("RVF_EMBEDDER", "someone/embedder")
    assert models.chosen_generator() == "someone/model"
    assert models.chosen_embedder() == "someone/embedder"


def test_a_model_is_loaded_from_its_entry_in_the_cache_a_folder_or_the_name(pip, monkeypatch, tmp_path):
    (tmp_path / "mine").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert models.location(TINY) == str(fetch(TINY))
    assert models.location("~/mine") == models.location(str(tmp_path / "mine")) == str(tmp_path / "mine")
    assert models.location("someone/model") == "someone/model"


def test_a_model_of_the_series_is_known_by_its_publishers_file():
    assert models.identity(SMALL) == "small@b179c9523d0e"
    assert len({models.identity(model) for model in (*LADDER.values(), EMBEDDER)}) == 4


@pytest.fixture
def folder(tmp_path):
    """A local model, in two files."""
    (tmp_path / "mine" / "1_Pooling").mkdir(parents=True)
    (tmp_path / "mine" / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "mine" / "1_Pooling" / "config.json").write_text("{}")
    return tmp_path / "mine"


def test_a_folder_is_known_by_its_content_wherever_it_lies(folder, tmp_path, monkeypatch):
    known = models.identity(str(folder))
    assert known.startswith("mine@")
    assert models.identity(str(shutil.copytree(folder, tmp_path / "elsewhere" / "mine"))) == known
    monkeypatch.setattr(models.loading.settings, "ROOT", tmp_path)
    for where in (tmp_path, folder):  # in a kernel or in the repository: a relative folder is the same one
        monkeypatch.chdir(where)
        assert models.identity("./mine") == known
        assert models.location("mine") == str(folder)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert models.identity("~/mine") == known


CHANGES = {
    "other weights of the same size": lambda folder: (folder / "model.safetensors").write_bytes(b"WEIGHTS"),
    "a byte more": lambda folder: (folder / "model.safetensors").write_bytes(b"weights."),
    "a file more": lambda folder: (folder / "tokenizer.json").write_text("{}"),
    "a file less": lambda folder: (folder / "1_Pooling" / "config.json").unlink(),
    "a small file deep inside": lambda folder: (folder / "1_Pooling" / "config.json").write_text("[]"),
    "another name for a file": lambda folder: (folder / "model.safetensors").rename(folder / "model.bin"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_folder_whose_content_changes_is_another_model(folder, change):
    known = models.identity(str(folder))
    change(folder)
    later = time.time() + 1  # a file system's clock may be coarse
    for path in folder.rglob("*.*"):
        os.utime(path, (later, later))
    assert models.identity(str(folder)) != known
    assert models.identity(str(folder)).startswith("mine@")


def test_a_folder_that_did_not_change_is_not_read_again(folder, monkeypatch):
    known = models.identity(str(folder))
    monkeypatch.setattr(folders, "sha256", lambda path: pytest.fail("it is read again"))
    assert models.identity(str(folder)) == known


def test_a_hugging_face_id_is_known_by_the_commit_in_use(monkeypatch, tmp_path):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    assert models.identity("someone/model") == "someone/model@unknown"
    repository = tmp_path / "models--someone--model"
    for commit in ("0123456789abcdef" * 2 + "01234567", "fedcba9876543210" * 2 + "01234567"):
        (repository / "snapshots" / commit).mkdir(parents=True)
        (repository / "snapshots" / commit / "config.json").write_text("{}")
        (repository / "refs").mkdir(exist_ok=True)
        (repository / "refs" / "main").write_text(commit)
        loading._commit.cache_clear()
        assert models.identity("someone/model") == f"someone/model@{commit[:12]}"


@pytest.mark.parametrize("name", ["not a name!", "./no-such-folder", "a/b/c"])
def test_what_is_no_model_at_all_has_an_identity_that_nothing_is_computed_with(name):
    assert models.identity(name) == f"{name}@unknown"
