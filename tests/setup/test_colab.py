"""Making a Colab runtime ready: only what is missing is installed, torch and numpy never."""

import ast
import sys
from importlib import metadata
from types import SimpleNamespace

import pytest

from utils.setup import colab

STANDARD = set(sys.stdlib_module_names)


@pytest.fixture
def runtime(monkeypatch):
    """A runtime with the packages that a test puts into it; commands are kept and not run."""
    there, commands = {}, []

    def version(name):
        if name not in there:
            raise metadata.PackageNotFoundError(name)
        return there[name]

    monkeypatch.setattr(colab, "metadata", SimpleNamespace(version=version, PackageNotFoundError=LookupError))
    monkeypatch.setattr(metadata, "PackageNotFoundError", LookupError)
    monkeypatch.setattr(colab, "subprocess", SimpleNamespace(run=lambda command, check: commands.append(command)))
    return SimpleNamespace(there=there, commands=commands)


def test_missing_is_what_has_no_version_at_all(runtime):
    runtime.there.update({"peft": "0.1", "pyyaml": "6.0"})
    lines = ["# comment", "", "peft>=0.17", "faiss-cpu>=1.10  # vectors", "PyYAML>=6.0", "gguf", "bm25s[core]==0.2"]
    assert colab.missing(lines) == ["faiss-cpu>=1.10", "gguf", "bm25s[core]==0.2"]


@pytest.mark.parametrize("line", ["torch>=2.6", "numpy>=1.26", "Torch", "numpy ; python_version > '3'"])
def test_torch_and_numpy_are_never_installed(runtime, line):
    assert colab.missing([line]) == []


@pytest.mark.parametrize(
    ("version", "old"), [("0.10.0", True), ("0.15.9+cu128", True), ("0.16.0", False), ("1.0.0", False), (None, False)]
)
def test_a_torchao_that_peft_refuses_is_found(runtime, version, old):
    if version:
        runtime.there["torchao"] = version
    assert colab.old_torchao() is old


def test_a_complete_runtime_is_left_alone(runtime, capsys):
    names = [line.split(">")[0].lower() for line in colab.REQUIREMENTS.read_text().splitlines() if ">" in line]
    runtime.there.update(dict.fromkeys(names, "1.0"))
    colab.main()
    assert runtime.commands == []
    assert capsys.readouterr().out == ""


def test_a_bare_runtime_gets_what_the_requirements_name(runtime, capsys):
    runtime.there["torchao"] = "0.10.0"
    colab.main()
    install, uninstall = runtime.commands
    assert install[:5] == [sys.executable, "-m", "pip", "install", "--quiet"]
    assert any(line.startswith("peft>=") for line in install)
    assert not any(line.startswith(("torch>", "numpy>")) for line in install)
    assert uninstall == [sys.executable, "-m", "pip", "uninstall", "--quiet", "--yes", "torchao"]
    assert capsys.readouterr().out.startswith("Installing ")


def test_the_script_needs_the_standard_library_alone():
    tree = ast.parse((colab.REQUIREMENTS.parent / "utils" / "setup" / "colab.py").read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = {name for node in imports for name in [getattr(node, "module", None) or node.names[0].name]}
    assert {name.split(".")[0] for name in names} <= STANDARD
