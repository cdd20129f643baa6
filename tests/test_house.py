"""The order of the house: a module imports from its own package and from those below it, and nothing goes in a circle.

``utils.ORDER`` names the packages from bottom to top. Modules are parsed and not run; imports inside functions count.
"""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import utils

HOUSE = Path(utils.__file__).parent


def module_files(root: Path) -> dict[str, Path]:
    """Dotted name -> file of every module under ``root``; a package goes by its own name."""
    files = {".".join([root.name, *path.relative_to(root).with_suffix("").parts]): path for path in root.rglob("*.py")}
    return {name.removesuffix(".__init__"): path for name, path in sorted(files.items())}


def imported(name: str, path: Path, modules: dict[str, Path]) -> set[str]:
    """What a module imports from the house, wherever in its text the import stands.

    ``from utils.corpus import chunks`` is the module ``utils.corpus.chunks``; a name that is no module, as in ``from
    utils.corpus import Chunk``, is its package.
    """
    root, found = name.split(".")[0], set()
    here = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = here[: len(here) + 1 - node.level] if node.level else []
            source = ".".join([*above, *filter(None, [node.module])])
            below = {alias.name: f"{source}.{alias.name}" for alias in node.names}
            found |= {full if full in modules else source for full in below.values()}
    return {target for target in found if target.split(".")[0] == root}


def imports(root: Path) -> dict[str, set[str]]:
    """For every module under ``root`` what it imports from the house."""
    modules = module_files(root)
    return {name: imported(name, path, modules) for name, path in modules.items()}


def package(name: str) -> str:
    """The package, or the single module, directly under the root that a module is in; "" for the root itself."""
    return name.split(".")[1] if "." in name else ""


def wrong_imports(root: Path, order: tuple[str, ...]) -> list[str]:
    """The imports that lead up, to the root, or to what the order does not name."""
    wrong = []
    for name, targets in imports(root).items():
        below = order[: order.index(package(name))] if package(name) in order else ()
        allowed = {package(name), *below} - {""}
        wrong += [f"{name} imports {target}" for target in sorted(targets) if package(target) not in allowed]
    return wrong


def circle(root: Path) -> list[str]:
    """The modules of one circle of imports, the first one again at the end; nothing if there is none."""
    try:
        TopologicalSorter(imports(root)).prepare()
    except CycleError as problem:
        return problem.args[1]
    return []


def not_in_order(root: Path, order: tuple[str, ...]) -> set[str]:
    """What stands in only one of the two: the order, or the folder."""
    return {package(name) for name in module_files(root)} - {""} ^ set(order)


def undescribed(root: Path) -> list[str]:
    """The packages without an ``__init__.py`` that says what belongs there."""
    folders = sorted({path.parent for path in root.rglob("*.py")})
    files = [folder / "__init__.py" for folder in folders]
    return [
        file.parent.name for file in files if not file.is_file() or not ast.get_docstring(ast.parse(file.read_text()))
    ]


def test_every_import_leads_down():
    assert not wrong_imports(HOUSE, utils.ORDER), "move what is needed down, or the module up: see utils.ORDER"


def test_no_imports_go_in_a_circle():
    assert not circle(HOUSE), "put what both need into a third module below them"


def test_the_order_names_every_package_once_and_nothing_else():
    assert not_in_order(HOUSE, utils.ORDER) == set()
    assert len(set(utils.ORDER)) == len(utils.ORDER)


def test_every_package_says_what_belongs_there():
    assert undescribed(HOUSE) == []


def test_the_imports_of_the_house_are_found():
    found = imports(HOUSE)
    assert {"utils.models", "utils.models.files", "utils.models.__main__", "utils.settings"} <= set(found)
    assert found["utils.models.batching"] == {"utils.settings"}
    assert sum(map(len, found.values())) > 100


ORDER = ("ground", "walls", "roof")
SOUND = {
    "__init__.py": '"""A house."""\nimport os',
    "ground.py": "import sys",
    "walls/__init__.py": '"""Walls."""\nfrom house.walls.brick import lay',
    "walls/brick.py": "from house import ground\nfrom house.ground import dig\nimport house.ground as below",
    "walls/door.py": "from house.walls import brick\nfrom . import window\nfrom .brick import x\nfrom .. import ground",
    "walls/window.py": "import housekeeping",
    "roof/__init__.py": '"""Roof."""',
    "roof/tiles.py": "def tile():\n    from house.walls import lay\n    import house.walls.door",
}


@pytest.fixture
def house(tmp_path):
    """Writes a small house with some of its files replaced, and gives its folder."""

    def build(files=()):
        for name, text in (SOUND | dict(files)).items():
            path = tmp_path / "house" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path / "house"

    return build


def test_a_sound_house_passes_and_all_its_imports_are_seen(house):
    root = house()
    assert imports(root) == {
        "house": set(),
        "house.ground": set(),
        "house.roof": set(),
        "house.roof.tiles": {"house.walls", "house.walls.door"},
        "house.walls": {"house.walls.brick"},
        "house.walls.brick": {"house.ground"},
        "house.walls.door": {"house.walls.brick", "house.walls.window", "house.ground"},
        "house.walls.window": set(),
    }
    assert wrong_imports(root, ORDER) == circle(root) == undescribed(root) == []
    assert not_in_order(root, ORDER) == set()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("from house.roof.tiles import tile", "house.roof.tiles"),
        ("from house.roof import tiles", "house.roof.tiles"),
        ("from house import roof", "house.roof"),
        ("from ..roof import tiles", "house.roof.tiles"),
        ("import house.roof", "house.roof"),
        ("def late():\n    from house.roof import tiles", "house.roof.tiles"),
        ("if False:\n    import house.roof.tiles as above", "house.roof.tiles"),
        ("import house", "house"),
        ("from house import nothing", "house"),
        ("from house.cellar import wine", "house.cellar"),
    ],
)
def test_an_import_that_does_not_lead_down_is_told(house, text, told):
    assert wrong_imports(house({"walls/window.py": text}), ORDER) == [f"house.walls.window imports {told}"]


@pytest.mark.parametrize(
    ("changed", "modules"),
    [
        ({"walls/window.py": "from house.walls import door"}, {"house.walls.door", "house.walls.window"}),
        ({"walls/window.py": "def late():\n    from .door import x"}, {"house.walls.door", "house.walls.window"}),
        ({"walls/brick.py": "from house.walls import lay"}, {"house.walls", "house.walls.brick"}),
        (
            {"walls/window.py": "import house.roof.tiles"},
            {"house.walls.window", "house.walls.door", "house.roof.tiles"},
        ),
    ],
    ids=["two modules", "inside a function", "a module and its package", "two packages"],
)
def test_a_circle_is_told(house, changed, modules):
    found = circle(house(changed))
    assert found[0] == found[-1]
    assert set(found) == modules


def test_an_order_that_is_not_that_of_the_folder_is_told(house):
    root = house({"attic.py": "", "shed/tools.py": ""})
    assert not_in_order(root, (*ORDER, "cellar")) == {"attic", "shed", "cellar"}


def test_a_package_that_does_not_say_what_belongs_there_is_told(house):
    root = house({"roof/__init__.py": "x = 1", "shed/tools.py": ""})
    assert undescribed(root) == ["roof", "shed"]
