"""Setting up the environment: what is wrong with a machine is told in a sentence, before anything is made."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from utils.setup import install


class System:
    """The module ``sys`` with another version and platform."""

    def __init__(self):
        self.version_info, self.platform = (3, 12, 1), "linux"

    def __getattr__(self, name):
        return getattr(sys, name)


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine with Python 3.12, 100 GB free and no environment, whose commands are kept and not run."""
    commands = []

    def call(command, **options):
        commands.append(command)
        return 0

    errors = {"DEVNULL": subprocess.DEVNULL, "CalledProcessError": subprocess.CalledProcessError}
    errors["check_output"] = subprocess.check_output  # what it asks is harmless
    monkeypatch.setattr(install, "sys", System())
    monkeypatch.setattr(install, "shutil", SimpleNamespace(disk_usage=None, which=lambda name: None))
    monkeypatch.setattr(install, "subprocess", SimpleNamespace(call=call, **errors))
    monkeypatch.setattr(install, "VENV", str(tmp_path / ".venv"))
    free(monkeypatch, 100e9)
    return SimpleNamespace(commands=commands)


def free(monkeypatch, size):
    monkeypatch.setattr(install.shutil, "disk_usage", lambda path: SimpleNamespace(free=size))


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 4), (3, 13, 9)])
def test_nothing_is_wrong_with_a_supported_python(machine, version):
    install.sys.version_info = version
    assert install.problem() is None


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 8, 1), (3, 10, 14), (3, 14, 0)])
def test_another_python_is_told_with_the_way_to_choose_one(machine, monkeypatch, version):
    install.sys.version_info = version
    monkeypatch.setattr(install.platform, "python_version", lambda: ".".join(map(str, version)))
    told = install.problem()
    assert told.startswith(f"This is Python {version[0]}.{version[1]}.{version[2]}; use 3.11, 3.12 or 3.13")
    assert "make lab PYTHON=python3.12" in told


def test_a_disk_without_room_is_told_with_what_is_needed(machine, monkeypatch):
    free(monkeypatch, 2.34e9)
    assert install.problem() == "The disk has 2.3 GB free and the series needs 6: free some space, then run again."
    free(monkeypatch, 6.01e9)
    assert install.problem() is None


def test_an_environment_that_is_there_needs_no_more_room(machine, monkeypatch, tmp_path):
    free(monkeypatch, 1e9)
    (tmp_path / ".venv").mkdir()
    assert install.problem() is None


def python_in_venv(text=None, target=None):
    """Puts a file, or a link, where the environment's Python would be."""
    path = Path(install.python())
    path.parent.mkdir(parents=True)
    if target:
        path.symlink_to(target)
    else:
        path.write_text(text)
        path.chmod(0o755)


ENVIRONMENTS = {
    "none": (None, True, 0),
    "its Python is gone": ({"target": "/opt/python-that-was-removed/bin/python"}, True, 0),
    "its Python is damaged": ({"text": "#!/bin/sh\nexit 127\n"}, True, 0),
    "its Python is no program": ({"text": "\x00"}, True, 0),
    "its Python says nothing": ({"text": "#!/bin/sh\n"}, True, 0),
    "this Python": ({"target": sys.executable}, False, 0),
    "another that will do": ({"text": "#!/bin/sh\necho 3 11\n"}, False, 0),
    "another that won't": ({"text": "#!/bin/sh\necho 3 9\n"}, False, 1),
    "one that is too new": ({"text": "#!/bin/sh\necho 3 14\n"}, False, 1),
}


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands for Python")
@pytest.mark.parametrize(("there", "made", "code"), ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_an_environment_is_made_where_no_python_runs_and_refused_where_another_does(machine, capsys, there, made, code):
    if there:
        python_in_venv(**there)
    assert install.main() == code
    assert any("venv" in command for command in machine.commands) == made
    err = capsys.readouterr().err
    if code:
        assert machine.commands == []
        assert "the series needs 3.11, 3.12 or 3.13: run `make clean`, then run again.\n" in err
    else:
        assert err == ""


@pytest.mark.parametrize("there", ["a file", "a link to nothing"])
def test_what_is_in_the_way_of_the_environment_is_told_and_kept(machine, there):
    path = Path(install.VENV)
    path.write_text("mine") if there == "a file" else path.symlink_to("nowhere")
    assert install.problem() == f"{path} is no folder: move it out of the way, then run again."
    assert path.is_symlink() or path.read_text() == "mine"


def test_a_read_only_checkout_is_told_before_anything_is_made(machine, monkeypatch, capsys):
    monkeypatch.setattr(install.os, "access", lambda path, mode: False)
    assert install.main() == 1
    assert machine.commands == []
    told = f"{install.ROOT} is read-only: copy the repository to a folder you can write to, then run again there.\n"
    assert capsys.readouterr().err == told


def test_make_forgets_that_an_environment_is_ready_when_its_python_is_gone(tmp_path):
    shutil.copy(Path(install.ROOT) / "Makefile", tmp_path)
    for name in ("requirements.txt", "constraints.txt"):
        (tmp_path / name).write_text("")
    bin_folder = tmp_path / ".venv" / "bin"
    bin_folder.mkdir(parents=True)
    (tmp_path / ".venv" / "ready").write_text("")
    for python, ready in ((sys.executable, True), ("/opt/python-that-was-removed", False)):
        (bin_folder / "python").unlink(missing_ok=True)
        (bin_folder / "python").symlink_to(python)
        subprocess.run(["make", "--dry-run", "models"], cwd=tmp_path, capture_output=True, check=True)
        assert (tmp_path / ".venv" / "ready").exists() == ready


def test_a_problem_stops_the_set_up_before_anything_is_made(machine, monkeypatch, capsys):
    free(monkeypatch, 0)
    assert install.main() == 1
    out, err = capsys.readouterr()
    assert machine.commands == []
    assert out == ""
    assert err.count("\n") == 1
    assert "0.0 GB free" in err


def test_a_fresh_machine_gets_the_tested_versions(machine):
    assert install.main() == 0
    venv, *_, packages = machine.commands
    assert venv == [sys.executable, "-m", "venv", "--clear", install.VENV]
    assert packages[0] == install.python()
    arguments = [Path(part).name for part in packages]
    assert arguments[-4:] == ["-r", "requirements.txt", "-c", "constraints.txt"]


@pytest.mark.parametrize(
    ("fails", "sentence"),
    [("venv", "install your system's python3-venv package"), ("requirements.txt", "check the network, then run again")],
)
def test_a_failing_step_is_told_and_ends_the_set_up(machine, monkeypatch, capsys, fails, sentence):
    def call(command, **options):
        machine.commands.append(command)
        return int(any(Path(part).name == fails for part in command))

    monkeypatch.setattr(install.subprocess, "call", call)
    assert install.main() == 1
    assert sentence in capsys.readouterr().err
    assert any(Path(part).name == fails for part in machine.commands[-1])


@pytest.mark.parametrize(
    ("platform", "card", "has_torch", "tried"),
    [
        ("linux", None, False, True),
        ("linux", "/usr/bin/nvidia-smi", False, False),
        ("darwin", None, False, False),
        ("linux", None, True, False),
    ],
    ids=["linux", "linux with a card", "mac", "torch is there"],
)
def test_the_small_torch_is_for_linux_without_a_card(machine, monkeypatch, tmp_path, platform, card, has_torch, tried):
    (tmp_path / "constraints.txt").write_text("tokenizers==0.1\ntorch==2.13.0\n")
    install.sys.platform = platform
    install.shutil.which = lambda name: card
    monkeypatch.setattr(install, "has_torch", lambda: has_torch)
    install.torch_for_cpu(str(tmp_path / "constraints.txt"))
    assert any("torch==2.13.0" in command for command in machine.commands) == tried
    assert all(install.CPU_BUILDS in command for command in machine.commands)


def test_an_old_python_can_read_the_script_and_needs_no_package():
    with open(install.__file__, encoding="utf-8") as file:
        tree = ast.parse(file.read(), feature_version=(3, 4))
    imports = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert imports <= {"os", "platform", "shutil", "subprocess", "sys"}
    assert not any(isinstance(node, (ast.ImportFrom, ast.JoinedStr)) for node in ast.walk(tree))
