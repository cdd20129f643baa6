"""Folders, device, threads, and what the environment variables may say."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from utils import settings
from utils.settings import SetupError

HUGGING_FACE_SETTINGS = """
import os, utils.settings
print(os.environ.get("HF_HUB_OFFLINE", "online"), utils.settings.HUB_ALLOWED)
"""


def test_the_cache_is_where_rvf_cache_says_and_is_made(monkeypatch, tmp_path):
    monkeypatch.setenv("RVF_CACHE", str(tmp_path / "deep" / "cache"))
    assert settings.cache_dir() == tmp_path / "deep" / "cache"
    assert (tmp_path / "deep" / "cache").is_dir()


def test_the_home_folder_may_be_abbreviated(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("RVF_CACHE", str(Path("~") / "models"))
    assert settings.cache_dir() == tmp_path / "models"


def test_without_rvf_cache_the_cache_is_the_users(monkeypatch):
    monkeypatch.setenv("RVF_CACHE", "")
    monkeypatch.setattr(settings, "_made", lambda folder, variable: folder)
    assert settings.cache_dir().name == "rag-vs-finetuning"
    assert settings.cache_dir().is_absolute()


def test_runs_are_where_rvf_runs_says_else_inside_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("RVF_CACHE", str(tmp_path))
    monkeypatch.setenv("RVF_RUNS", str(tmp_path / "mine"))
    assert settings.runs_dir() == tmp_path / "mine"
    monkeypatch.delenv("RVF_RUNS")
    assert settings.runs_dir() == tmp_path / "runs"
    assert (tmp_path / "runs").is_dir()


@pytest.mark.parametrize(
    ("variable", "folder"), [("RVF_CACHE", settings.cache_dir), ("RVF_RUNS", settings.runs_dir)], ids=str
)
def test_a_folder_that_cannot_be_made_is_told_with_the_variable_to_change(monkeypatch, tmp_path, variable, folder):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(variable, str(tmp_path / "file" / "below"))
    with pytest.raises(SetupError) as told:
        folder()
    assert str(tmp_path / "file") in str(told.value)
    assert f"set {variable} to a folder" in str(told.value)
    assert "\n" not in str(told.value)


def test_without_a_name_the_models_are_small_and_the_embedder_of_the_series(monkeypatch):
    for unset in (lambda name: monkeypatch.setenv(name, ""), monkeypatch.delenv):
        for variable in ("RVF_LLM", "RVF_EMBEDDER"):
            monkeypatch.setenv(variable, "anything")
            unset(variable)
        assert settings.llm_name() == "small"
        assert settings.embedder_name() is None


def test_other_models_go_by_the_name_that_was_given(monkeypatch):
    for name in ("medium", "someone/model", "~/folder"):
        monkeypatch.setenv("RVF_LLM", name)
        monkeypatch.setenv("RVF_EMBEDDER", name)
        assert settings.llm_name() == settings.embedder_name() == name


@pytest.mark.parametrize(("has_cuda", "expected"), [(True, "cuda"), (False, "cpu")])
def test_the_device_is_the_gpu_if_there_is_one(monkeypatch, has_cuda, expected):
    monkeypatch.delenv("RVF_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_cuda)
    assert settings.device() == expected


def test_the_device_may_be_chosen(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    for wanted in ("cpu", "cuda", "cuda:1"):
        monkeypatch.setenv("RVF_DEVICE", wanted)
        assert settings.device() == wanted


@pytest.mark.parametrize("wrong", ["tpu", "CPU", "cuda"])
def test_a_device_that_is_not_there_is_told(monkeypatch, wrong):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("RVF_DEVICE", wrong)
    with pytest.raises(SetupError) as told:
        settings.device()
    message = str(told.value)
    assert "\n" not in message
    assert message.endswith("set it to cpu or leave it out.")
    assert "RVF_DEVICE" in message
    assert repr(wrong) in message


@pytest.mark.parametrize("wrong", ["0", "-1", "two", "1.5", "²"])
def test_a_wrong_number_of_threads_is_refused(monkeypatch, wrong):
    monkeypatch.setenv("RVF_THREADS", wrong)
    with pytest.raises(SetupError, match="no number of threads: set it to 1 or more"):
        settings.prepare_torch()


def test_the_number_of_threads_is_set_or_left_alone(monkeypatch):
    before = torch.get_num_threads()
    try:
        monkeypatch.setenv("RVF_THREADS", "3")
        settings.prepare_torch()
        assert torch.get_num_threads() == 3
        monkeypatch.delenv("RVF_THREADS")
        settings.prepare_torch()
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_progress_goes_to_standard_output(capsys):
    with settings.progress(2, "training", "step") as bar:
        bar.update(2)
    out, err = capsys.readouterr()
    assert "training: 100%" in out
    assert "2/2" in out
    assert err == ""


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "1 True"),  # the libraries are kept offline, and the models of the series may still come from the Hub
        ({"RVF_LLM": "large"}, "1 True"),
        ({"RVF_LLM": "someone/model"}, "online True"),
        ({"RVF_EMBEDDER": "someone/model"}, "online True"),
        ({"RVF_LLM": "utils"}, "1 True"),  # a folder that is there
        ({"HF_HUB_OFFLINE": "0"}, "0 True"),  # the reader's own choice stands
        ({"HF_HUB_OFFLINE": "1"}, "1 False"),
        ({"HF_HUB_OFFLINE": "yes", "RVF_LLM": "someone/model"}, "yes False"),
        ({"TRANSFORMERS_OFFLINE": "1"}, "1 False"),
    ],
    ids=str,
)
def test_the_hub_is_asked_only_for_models_that_come_from_there(environment, expected):
    mine = ("RVF_LLM", "RVF_EMBEDDER", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    clean = {name: value for name, value in os.environ.items() if name not in mine}
    command = [sys.executable, "-c", HUGGING_FACE_SETTINGS]
    done = subprocess.run(
        command, env=clean | environment, cwd=settings.ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == expected


def test_the_tests_themselves_reach_no_network():
    assert not settings.HUB_ALLOWED
    assert os.environ["HF_ENDPOINT"] == "http://127.0.0.1:9"
    assert os.environ["PIP_NO_INDEX"] == "1"
