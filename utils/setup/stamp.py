"""What the stored outputs of a notebook were made from, so that a test can tell when they no longer belong to it.

A stamp holds the pace, a hash of the code, a hash of each file of ``data`` that was read, and the models that were
used, as their folders are named. What was read is traced (see ``settings``), not guessed. The ledger of claims and its
verdicts are left out: each notebook reads the one to check what it records, and writes the other.
"""

import ast
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from utils import settings
from utils.models.files import cached
from utils.models.folders import sha256
from utils.models.ladder import EMBEDDER, LADDER

LEFT_OUT = ("claims.yaml", "results/claims.json")
SHORT = 16  # hexadecimal digits of a data file's hash


def made(notebook: NotebookNode, trace: Path) -> dict:
    """The stamp of a notebook that was just run, from the paths that its kernel wrote to ``trace``."""
    paths = [Path(line) for line in trace.read_text(encoding="utf-8").splitlines()] if trace.is_file() else []
    names = {_data_name(path) for path in paths if path.is_relative_to(settings.DATA) and path.is_file()}
    return {
        "pace": settings.pace(),
        "code": code_hash(notebook),
        "data": {name: data_hash(name) for name in sorted(names - {*LEFT_OUT})},
        "models": sorted({name for path in paths if (name := _model_name(path))}),
    }


def problems(notebook: NotebookNode) -> Iterator[str]:
    """What a stored notebook no longer agrees with, in words."""
    stamp = notebook.metadata.get("stamp")
    if not stamp:
        yield "its outputs have no stamp"
        return
    if stamp["pace"] != "full":
        yield f"its outputs are of a run at {stamp['pace']} pace"
    if stamp["code"] != code_hash(notebook):
        yield "its code has changed since its outputs were stored"
    for name, before in stamp["data"].items():
        if data_hash(name) != before:
            yield f"data/{name} has changed since its outputs were stored"
    there = {cached(model).name for model in (*LADDER.values(), EMBEDDER)}
    for name in sorted({*stamp["models"]} - there):
        yield f"{name}, which it used, is no longer a model of the series"


def parsed(source: str) -> ast.Module:
    """The syntax tree of a code cell, whose magics are read as IPython reads them."""
    return ast.parse(TransformerManager().transform_cell(source))


def code_hash(notebook: NotebookNode) -> str:
    """SHA-256 of what the code cells say, cell by cell: comments and formatting don't count."""
    trees = [parsed(cell.source) for cell in notebook.cells if cell.cell_type == "code"]
    return hashlib.sha256(json.dumps([_form(tree) for tree in trees if tree.body]).encode()).hexdigest()


def _form(node: object) -> object:
    """A syntax tree as lists and strings, the same in every Python: empty fields, which newer ones add, are left out
    (``ast.dump`` writes them in some versions)."""
    if isinstance(node, ast.AST):
        fields = [(name, value) for name, value in ast.iter_fields(node) if value is not None and value != []]
        return [type(node).__name__, *([name, _form(value)] for name, value in sorted(fields, key=lambda f: f[0]))]
    return [_form(part) for part in node] if isinstance(node, list) else repr(node)


def data_hash(name: str) -> str:
    """The hash of a file of ``data``, or of all the files in a folder of it; "" if there is none."""
    path = settings.DATA / name
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        lines = [f"{file.relative_to(path).as_posix()} {sha256(file)}" for file in files]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:SHORT]
    return sha256(path)[:SHORT] if path.is_file() else ""


def _data_name(path: Path) -> str:
    """A file as a stamp names it: the collections, folders of many pages, stand as a whole."""
    relative = path.relative_to(settings.DATA)
    single = len(relative.parts) == 1 or relative.parts[0] == "results"
    return relative.as_posix() if single else relative.parts[0]


def _model_name(path: Path) -> str | None:
    """The folder of the model that a file belongs to, unless it's the note that is read whenever models are listed."""
    home = (settings.cache_dir() / "models").resolve()
    if not path.is_relative_to(home) or path.name == "ready.json":
        return None
    name = path.relative_to(home).parts[0]
    return name if re.fullmatch(r"\w+-[0-9a-f]{12}", name) else None  # not of a download, nor a lock
