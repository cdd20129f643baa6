"""Disks as the system makes them: a full one, and a checkout that is read-only. In mounts of their own, on Linux."""

import shutil
import subprocess
import sys

import pytest

from utils import settings

UNSHARE = ["unshare", "--map-root-user", "--mount", "sh", "-c"]


def may_mount() -> bool:
    if not shutil.which("unshare"):
        return False
    return subprocess.run([*UNSHARE, "mount -t tmpfs none /mnt"], capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(not may_mount(), reason="this system lets nobody mount")

FULL = """
import contextlib
from pathlib import Path
from utils.corpus import Document
from utils.evaluation.results import replace_file
from utils.models import make_once
from utils.retrieval import Retriever
from utils.settings import SetupError

disk, big = Path("/mnt"), "word " * 60_000
index = Retriever([Document("a", "A", "Short.", "hr")], "keyword")
index.save(disk / "index")
replace_file(disk / "file", "old")
index.add([Document("b", "B", big, "hr")])
steps = {
    "save": lambda: index.save(disk / "index"),
    "file": lambda: replace_file(disk / "file", big),
    "made": lambda: make_once(disk / "made", lambda: False, lambda made: (made.mkdir(), (made / "x").write_text(big))),
}
for name, step in steps.items():
    try:
        step()
    except SetupError as problem:
        print(problem)
print(sorted(Retriever.load(disk / "index").documents), (disk / "file").read_text())
print(sorted(path.name for path in disk.rglob("*") if not path.name.endswith(".lock")))
"""


def run_in_mount(mount: str, code: str) -> list[str]:
    """The lines that a Python program prints, after a mount that only it sees."""
    command = [*UNSHARE, f'{mount} && exec "$0" -c "$1"', sys.executable, code]
    done = subprocess.run(command, cwd=settings.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_on_a_full_disk_everything_stays_as_it_was_and_is_told():
    lines = run_in_mount("mount -t tmpfs -o size=128k none /mnt", FULL)
    assert lines[:3] == [
        "The index cannot be kept in /mnt/index (No space left on device), where an older one stays as it was: free "
        "some space there or choose another folder.",
        "/mnt/file cannot be written (No space left on device), and stays as it was.",
        "The disk with /mnt is full: free some space or set RVF_RUNS to a folder on another disk.",
    ]
    assert lines[3:] == ["['a'] old", "['file', 'index', 'store.json']"]


READ_ONLY = """
import os, sys
sys.stderr = sys.stdout
os.environ["RVF_LLM"] = "small"
from utils import settings, studies
from utils.evaluation import __main__ as evaluation, claims
from utils.setup import install, notebooks

claims.record("R1", "06", "supported", "It is.", 9)
print(settings.status(evaluation.main))
print(settings.status(studies.main, ["ticket_systems", "--size", "small"]))
print(settings.status(notebooks.main, ["00"]))
print(settings.status(install.main))
"""


def test_a_read_only_checkout_is_told_by_every_command_that_writes_there(tmp_path):
    root, copy = settings.ROOT, tmp_path / "copy"
    for folder in ("utils", "data", "notebooks"):
        shutil.copytree(root / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    code = f"import os, sys\nos.chdir({str(copy)!r})\nsys.path[0] = {str(copy)!r}\n{READ_ONLY}"
    lines = run_in_mount(f"mount --bind {copy} {copy} && mount -o remount,bind,ro {copy}", code)
    told, codes = lines[0::2], lines[1::2]
    assert codes == ["1", "1", "2", "1"]
    target = copy / "data" / "results"
    assert told == [
        f"{target / 'claims.json'} cannot be written (Read-only file system), and stays as it was.",
        f"The folder {target} is read-only: copy the repository to a folder you can write to.",
        f"The folder {copy} is read-only: copy the repository to a folder you can write to.",
        f"{copy} is read-only: copy the repository to a folder you can write to, then run again there.",
    ]
