"""Cells run twice, or out of order: either nothing changes, or Python or the library says so. Nothing changes silently.

After a restart a cell that needs an earlier one ends with a NameError, so what is left to rule out is a cell that goes
on from its own result: one that adds to what an earlier cell made. ``|=`` on sets and mappings, and a new binding of
what was cut or selected, give the same the second time. ``Retriever.add`` and ``remove`` refuse to be repeated.
"""

import ast
from collections.abc import Iterator

import nbformat
import pytest

from utils import settings
from utils.setup.stamp import parsed

PATHS = sorted((settings.ROOT / "notebooks").glob("*.ipynb"))
GROWING = {"append", "extend", "insert", "pop", "popleft", "appendleft", "sort", "reverse", "setdefault"}
ONCE = {"sys"}  # sys.path, in the set-up cell, which asks first


def not_repeatable(source: str) -> Iterator[str]:
    """The steps of a code cell, outside its functions, that make something else of an earlier cell's when run again."""
    made: set[str] = set(ONCE)
    for statement in parsed(source).body:
        made |= _bound(statement)
        for node in _outside_functions(statement):
            if (
                isinstance(node, ast.AugAssign)
                and not isinstance(node.op, ast.BitOr)
                and _owner(node.target) not in made
            ):
                yield ast.unparse(node)
            grows = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in GROWING
            if grows and _owner(node.func) not in made:
                yield ast.unparse(node)


def _bound(statement: ast.stmt) -> set[str]:
    """The names that a statement binds anew."""
    changed = {id(node.target) for node in ast.walk(statement) if isinstance(node, ast.AugAssign)}
    names = (node for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    return {node.id for node in names if id(node) not in changed}


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda):
        yield node
        for child in ast.iter_child_nodes(node):
            yield from _outside_functions(child)


def _owner(node: ast.AST) -> str | None:
    """The name that an attribute or an item belongs to in the end."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_cell_that_is_run_again_makes_the_same(path):
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [step for source in cells for step in not_repeatable(source)] == []


@pytest.mark.parametrize(
    ("source", "steps"),
    [
        ("rows.append(1)", ["rows.append(1)"]),
        ("for x in xs:\n    table['a'].extend(x)", ["table['a'].extend(x)"]),
        ("total += 1", ["total += 1"]),
        ("scores['a'] *= 2", ["scores['a'] *= 2"]),
        ("rows = []\nrows.append(1)\nrows.sort()\nn = 0\nn += 1", []),
        ("lines |= {'a': 1}\nscores['a'] = 2\nrows = rows[:3]", []),
        ("for x in xs:\n    clock = [x]\n    clock.append(x)", []),
        ("def f(rows):\n    rows.append(1)\n    global n\n    n += 1", []),
        ("import sys\n\nsys.path.insert(0, 'x')", []),
    ],
)
def test_a_cell_that_goes_on_from_its_own_result_is_told(source, steps):
    assert list(not_repeatable(source)) == steps
