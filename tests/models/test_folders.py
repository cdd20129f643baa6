"""Folders made once: whole or not there, whoever is killed, whatever the disk does; and damage is never trusted."""

import errno
import os
import subprocess
import sys
import time

import pytest
from killing import killed_everywhere

from utils import settings
from utils.models import folders
from utils.models.folders import MANIFEST, hashes, intact, make_once
from utils.settings import SetupError

FILES = {"weights.bin": bytes(range(256)), "deep/config.json": b'{"layers": 2}'}


def make(made):
    for name, content in FILES.items():
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def once(folder, make=make):
    return make_once(folder, lambda: (folder / "weights.bin").is_file() and intact(folder), make)


def never(made):
    pytest.fail("it is made again")


def left_in(home):
    return {path.name for path in home.iterdir() if path.suffix != ".lock"}


def test_a_folder_is_made_once_and_then_found(tmp_path):
    folder = once(tmp_path / "home" / "thing")
    assert {name: (folder / name).read_bytes() for name in FILES} == FILES
    assert once(folder, never) == folder
    assert left_in(folder.parent) == {"thing"}


def test_a_process_killed_at_any_point_leaves_the_whole_folder_or_none_and_nothing_for_ever(tmp_path):
    folder = tmp_path / "thing"
    for _ in killed_everywhere(lambda: once(folder), tmp_path):
        assert not folder.exists() or (intact(folder) and set(hashes(folder)) == {*FILES, MANIFEST})
        once(tmp_path / "another", make)
        assert left_in(tmp_path) <= {"thing", "another"}, "the next that is made clears up, whatever it is"
        for name in left_in(tmp_path):
            folders.shutil.rmtree(tmp_path / name)
    assert left_in(tmp_path) == {"thing"}


def test_what_another_process_is_making_is_not_cleared_away(tmp_path):
    def while_it_is_made(made):
        make(made)
        once(tmp_path / "another")

    once(tmp_path / "thing", while_it_is_made)
    assert left_in(tmp_path) == {"thing", "another"}


TWO = """
import sys, time
from pathlib import Path
from utils.models.folders import intact, make_once

def make(made):
    print("made")
    time.sleep(1)
    made.mkdir()
    (made / "weights.bin").write_text("x")

folder = Path(sys.argv[1])
make_once(folder, lambda: folder.is_dir() and intact(folder), make)
"""


def test_of_two_processes_at_once_one_makes_it(tmp_path):
    command = [sys.executable, "-c", TWO, str(tmp_path / "thing")]
    both = [subprocess.Popen(command, cwd=settings.ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert sorted(process.communicate(timeout=60)[0] for process in both) == ["", "made\n"]
    assert [process.returncode for process in both] == [0, 0]


def cut(content):
    return content[: len(content) // 2]


def flip(content):
    """One bit of the last byte."""
    return content[:-1] + bytes([content[-1] ^ 1])


DAMAGES = {
    "cut off": cut,
    "empty": lambda content: b"",
    "a bit flipped": flip,
    "a byte more": lambda content: content + b"x",
}


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_folder_is_made_again_and_it_is_said(tmp_path, capsys, name, damage):
    folder = once(tmp_path / "thing")
    damaged = folder / name
    damaged.write_bytes(damage(damaged.read_bytes()))
    later = time.time() + 1  # a file system's clock may be coarse
    os.utime(damaged, (later, later))
    assert not intact(folder)
    once(folder)
    assert {name: (folder / name).read_bytes() for name in FILES} == FILES
    assert capsys.readouterr().out == "thing is damaged, so it is made again.\n"


def test_a_missing_file_is_damage_and_a_further_one_is_not(tmp_path):
    folder = once(tmp_path / "thing")
    (folder / "notes.txt").write_text("mine")
    assert intact(folder)
    (folder / "deep" / "config.json").unlink()
    assert not intact(folder)


def test_files_without_a_manifest_are_checked_against_what_is_known(tmp_path):
    make(tmp_path)
    assert intact(tmp_path)
    assert intact(tmp_path, {"weights.bin": folders.sha256(tmp_path / "weights.bin")})
    assert not intact(tmp_path, {"weights.bin": "0" * 64})


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "is full: free some space or set RVF_RUNS to a folder on"),
        (RuntimeError("I/O error: No space left on device (os error 28)"), "is full: free some space or set RVF_RUNS"),
        ("read-only", "(Read-only file system): set RVF_RUNS to a folder you can write to."),
    ],
    ids=["full disk", "full disk by safetensors", "read-only"],
)
def test_what_the_disk_refuses_is_a_sentence_and_leaves_nothing(tmp_path, failure, told):
    def fails(made):
        make(made)
        raise OSError(errno.EROFS, "Read-only file system", str(made)) if failure == "read-only" else failure

    with pytest.raises(SetupError) as raised:
        once(tmp_path / "thing", fails)
    assert told in str(raised.value)
    assert str(raised.value).startswith(("The disk with", "Nothing can be kept in"))
    assert "\n" not in str(raised.value)
    assert left_in(tmp_path) == set()


@pytest.mark.parametrize("failure", [FileNotFoundError(2, "No such file", "/elsewhere/data.jsonl"), ValueError("bad")])
def test_what_is_no_fault_of_the_disk_comes_through(tmp_path, failure):
    def fails(made):
        raise failure

    with pytest.raises(type(failure)) as raised:
        once(tmp_path / "thing", fails)
    assert raised.value is failure
