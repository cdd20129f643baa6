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
    monkeypatch.setattr(settings, "_made", lambda folder, variable: Path(folder))
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


def test_a_relative_folder_lies_in_the_repository_wherever_one_stands(monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "ROOT", tmp_path)
    for variable, folder in (("RVF_CACHE", settings.cache_dir), ("RVF_RUNS", settings.runs_dir)):
        monkeypatch.setenv(variable, f"mine/{variable}")
        for where in (tmp_path, Path(__file__).parent):
            monkeypatch.chdir(where)
            assert folder() == tmp_path / "mine" / variable


@pytest.mark.parametrize(
    ("variable", "folder"), [("RVF_CACHE", settings.cache_dir), ("RVF_RUNS", settings.runs_dir)], ids=str
)
def test_a_home_folder_that_nobody_knows_is_told_with_the_variable_to_change(monkeypatch, variable, folder):
    monkeypatch.setenv(variable, "~nobody-of-this-name/models")
    with pytest.raises(
        SetupError, match=rf"there is no such home folder\): set {variable} to a folder you can write to"
    ):
        folder()
    assert settings.local_model("~nobody-of-this-name/models") is None


def test_without_any_home_folder_everything_can_be_imported_and_the_cache_is_asked_for(monkeypatch):
    ask = "import os, utils.models, utils.deciding, utils.setup; from utils import settings; settings.cache_dir()"
    blank = "import os, pwd\ndel os.environ['HOME']\ndef getpwuid(uid): raise KeyError(uid)\npwd.getpwuid = getpwuid\n"
    env = {name: value for name, value in os.environ.items() if name not in ("RVF_CACHE", "XDG_CACHE_HOME")}
    done = subprocess.run(
        [sys.executable, "-c", blank + ask], cwd=settings.ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-1].endswith("set RVF_CACHE to a folder you can write to.")


def test_runs_that_cannot_be_written_are_told_and_a_cache_that_cannot_is_read(monkeypatch, tmp_path):
    monkeypatch.setenv("RVF_CACHE", str(tmp_path))
    monkeypatch.setattr(settings.os, "access", lambda path, mode: False)
    assert settings.cache_dir() == tmp_path
    with pytest.raises(SetupError, match=r"read-only: set RVF_RUNS to a folder you can write to\.$"):
        settings.runs_dir()


@pytest.fixture
def unchosen(monkeypatch):
    """Neither the reader nor a notebook has chosen a model; what ``use_model`` sets is undone."""
    monkeypatch.setenv("RVF_LLM", "")
    monkeypatch.setattr(settings, "_used", None)


def test_a_notebook_chooses_its_model_for_itself_and_its_child_processes(unchosen):
    for size in ("small", "large"):  # a later choice replaces the earlier
        settings.use_model(size)
        assert settings.llm_name() == size
        child = [sys.executable, "-c", "from utils import settings; print(settings.llm_name())"]
        done = subprocess.run(child, cwd=settings.ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == size


@pytest.mark.parametrize("chosen", ["medium", "someone/model"])
def test_the_model_that_the_reader_chose_stands(unchosen, monkeypatch, chosen):
    monkeypatch.setenv("RVF_LLM", chosen)
    settings.use_model("small")
    assert settings.llm_name() == chosen


def test_a_notebook_uses_models_of_the_ladder(unchosen):
    with pytest.raises(ValueError, match="no model 'tiny': choose from small, medium, large"):
        settings.use_model("tiny")
    assert settings.llm_name() == settings.DEFAULT_SIZE


@pytest.mark.parametrize(("chosen", "pace"), [(None, "full"), ("", "full"), ("full", "full"), ("quick", "quick")])
def test_the_pace_is_full_or_what_was_chosen(monkeypatch, capsys, chosen, pace):
    monkeypatch.setenv("RVF_PACE", chosen or "")
    if chosen is None:
        monkeypatch.delenv("RVF_PACE")
    assert settings.pace() == pace
    assert settings.at_pace("full", "quick") == pace
    settings.announce()
    told = capsys.readouterr().out
    assert told.lower().startswith(f"{pace} pace: ")
    assert told.count("\n") == 1


@pytest.mark.parametrize("wrong", ["slow", "Full", "1"])
def test_a_pace_that_does_not_exist_is_told_in_a_sentence(monkeypatch, wrong):
    monkeypatch.setenv("RVF_PACE", wrong)
    for ask in (settings.pace, settings.announce, lambda: settings.at_pace(1, 2)):
        with pytest.raises(SetupError, match=rf"^RVF_PACE is '{wrong}': set it to full or quick, or leave it out\.$"):
            ask()


TRACED = """
import os
from pathlib import Path
from utils.settings import DATA, cache_dir
model = cache_dir() / "models" / "tiny-0123456789ab"
model.mkdir(parents=True)
(model / "config.json").write_text("{}")       # written, not read
(model / "config.json").read_text()
os.chdir(DATA)
for name in ("questions.jsonl", "../data/questions.jsonl", "../pyproject.toml", "results/grid.json"):
    open(name).close()
os.close(os.open(DATA / "tickets.jsonl", os.O_RDONLY))
try:
    open("none.jsonl")
except FileNotFoundError as problem:
    print(problem.strerror)
"""


def test_what_is_read_of_data_and_models_is_traced_once_and_nothing_else(tmp_path):
    env = os.environ | {"RVF_TRACE": str(tmp_path / "trace"), "RVF_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", TRACED], env=env, cwd=settings.ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "No such file or directory\n", "a file that is not there fails as it always does"
    names = ("questions.jsonl", "results/grid.json", "tickets.jsonl", "none.jsonl")
    model = tmp_path.resolve() / "cache" / "models" / "tiny-0123456789ab" / "config.json"
    assert (tmp_path / "trace").read_text().splitlines() == [str(model), *(str(settings.DATA / n) for n in names)]


def test_without_a_name_the_models_are_medium_and_the_embedder_of_the_series(monkeypatch):
    for unset in (lambda name: monkeypatch.setenv(name, ""), monkeypatch.delenv):
        for variable in ("RVF_LLM", "RVF_EMBEDDER"):
            monkeypatch.setenv(variable, "anything")
            unset(variable)
        assert settings.llm_name() == "medium"
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


def test_a_notebook_on_a_named_model_answers_with_the_engine_of_its_studies(unchosen, monkeypatch):
    monkeypatch.delenv("RVF_ENGINE", raising=False)
    assert settings.engine() == "auto"
    settings.use_model("small")
    assert settings.engine() == "transformers"
    monkeypatch.setenv("RVF_ENGINE", "ctranslate2")
    settings.use_model("small")
    assert settings.engine() == "ctranslate2"
