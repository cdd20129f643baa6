"""Results of long experiments: kept with what they were measured with, and read back."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from utils import settings
from utils.evaluation import results
from utils.settings import SetupError


@pytest.fixture(autouse=True)
def data(monkeypatch, tmp_path):
    """An empty data folder."""
    (tmp_path / "results").mkdir()
    monkeypatch.setattr(results.settings, "DATA", tmp_path)
    return tmp_path


def test_rows_are_saved_with_their_command_and_circumstances_and_read_back(data, monkeypatch):
    monkeypatch.setenv("RVF_LLM", "large")
    rows = [{"examples": 30, "valid": 0.5}]
    results.save("small", rows, "python -m utils.studies small")
    found = results.load("small")
    about = {"command": "python -m utils.studies small", "model": "large"}
    assert found == results.circumstances() | about | {"rows": rows}
    text = (data / "results" / "small.json").read_text(encoding="utf-8")
    assert json.loads(text) == found
    assert text.endswith("}\n")
    assert [path.name for path in (data / "results").iterdir()] == ["small.json"]


def test_each_size_has_a_result_of_its_own(data):
    for size in ("small", "medium"):
        results.save("grid", [{"size": size}], "a command", size)
    assert sorted(path.name for path in (data / "results").iterdir()) == ["grid-medium.json", "grid-small.json"]
    assert [results.load("grid", size)["model"] for size in ("small", "medium")] == ["small", "medium"]
    assert results.load("grid", "medium")["rows"] == [{"size": "medium"}]
    with pytest.raises(ValueError, match=r"There is no result 'grid-large': run `.* grid --size large`\."):
        results.load("grid", "large")
    with pytest.raises(ValueError, match="There is no result 'grid': run"):
        results.load("grid")


def test_a_result_that_is_not_there_is_told_with_what_makes_it():
    with pytest.raises(ValueError, match=r"There is no result 'small': run `python -m utils.studies small`"):
        results.load("small")


def test_the_circumstances_are_the_day_the_machine_and_the_versions():
    found = results.circumstances()
    assert set(found) == {"date", "hardware", "python", "versions"}
    assert "CPU cores" in found["hardware"]
    assert set(found["versions"]) == {"torch", "transformers", "peft", "sentence-transformers", "faiss-cpu"}
    assert all(version[0].isdigit() and "+" not in version for version in found["versions"].values())


class Killed(BaseException):
    """What nothing in the program expects, at any place."""


def interrupted(monkeypatch, step: str, problem: BaseException):
    """From now on this step of writing a file fails; a file is half written when it does."""
    owner = tempfile if step == "mkdtemp" else Path
    original = getattr(owner, step)

    def failing(*arguments, **options):
        if step == "write_bytes":
            original(arguments[0], arguments[1][:3])
        raise problem

    monkeypatch.setattr(owner, step, failing)


@pytest.mark.parametrize("step", ["mkdtemp", "write_bytes", "replace"])
@pytest.mark.parametrize(
    ("problem", "told"),
    [(OSError(28, "No space left on device"), "No space left"), (Killed(), None)],
    ids=["full disk", "interrupted"],
)
def test_a_file_holds_the_old_text_whenever_writing_fails(data, monkeypatch, step, problem, told):
    target = data / "results" / "kept.json"
    results.replace_file(target, "old")
    with monkeypatch.context() as patch:
        interrupted(patch, step, problem)
        with pytest.raises(SetupError if told else Killed) as raised:
            results.replace_file(target, "new")
    if told:
        assert str(raised.value) == f"{target} cannot be written ({problem.strerror}), and stays as it was."
    assert target.read_text() == "old"
    assert [path.name for path in target.parent.iterdir()] == ["kept.json"]


WRITE_AND_DIE = """
import os, sys
from pathlib import Path
from utils.evaluation.results import replace_file
write = Path.write_bytes
Path.write_bytes = lambda path, content: (write(path, content[:3]), os._exit(9))
replace_file(Path(sys.argv[1]), "new")
"""


def test_what_a_killed_process_left_is_cleared_when_nobody_can_be_using_it(data):
    target = data / "results" / "kept.json"
    results.replace_file(target, "old")
    command = [sys.executable, "-c", WRITE_AND_DIE, str(target)]
    assert subprocess.run(command, cwd=settings.ROOT, check=False).returncode == 9
    (left,) = (path for path in target.parent.iterdir() if path != target)
    assert target.read_text() == "old"
    results.replace_file(target, "newer")
    assert left.exists(), "another process may still be writing it"
    os.utime(left, (0, 0))
    results.replace_file(target, "newest")
    assert [path.name for path in target.parent.iterdir()] == ["kept.json"]


def test_a_file_is_as_readable_as_any_other(data):
    target, other = data / "results" / "kept.json", data / "other"
    results.replace_file(target, "text")
    other.write_text("text")
    assert target.stat().st_mode == other.stat().st_mode
