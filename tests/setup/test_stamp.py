"""The stamp of a notebook: which changes it sees, and which it doesn't."""

import pytest
from nbformat import v4

from utils import settings
from utils.setup import stamp

CODE = ["import os\n\nx = {'a': None, **{}}", "%time f'{x!r:>{3}} b'\n", "print(x)"]


def notebook(*sources):
    return v4.new_notebook(cells=[v4.new_markdown_cell("Words."), *map(v4.new_code_cell, sources or CODE)])


@pytest.mark.parametrize(
    "same",
    [
        ["import os\nx = {\n    'a': None,\n    **{},\n}  # all of it", *CODE[1:]],
        [CODE[0], "# nothing but a comment", *CODE[1:]],
        [CODE[0].replace("'", '"'), *CODE[1:]],
    ],
)
def test_comments_and_formatting_do_not_count(same):
    assert stamp.code_hash(notebook(*same)) == stamp.code_hash(notebook())


@pytest.mark.parametrize(
    "other",
    [
        [CODE[0].replace("None", "0"), *CODE[1:]],
        [CODE[0].replace("None", "'None'"), *CODE[1:]],
        [CODE[0].replace(", **{}", ""), *CODE[1:]],
        [CODE[0], CODE[1].replace("%time", "%timeit"), CODE[2]],
        [CODE[0], CODE[1].replace("3", "4"), CODE[2]],
        [CODE[0], CODE[2], CODE[1]],
        CODE[:2],
        [*CODE, "print(x)"],
    ],
)
def test_what_the_code_says_counts(other):
    assert stamp.code_hash(notebook(*other)) != stamp.code_hash(notebook())


def test_prose_does_not_count():
    changed = notebook()
    changed.cells[0].source = "Other words."
    assert stamp.code_hash(changed) == stamp.code_hash(notebook())


@pytest.fixture
def data(monkeypatch, tmp_path):
    """A small data folder, and a cache beside it."""
    monkeypatch.setenv("RVF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(settings, "DATA", tmp_path / "data")
    for name in ("a.jsonl", "b.yaml", "claims.yaml", "results/claims.json", "results/grid.json", "pages/hr/one.md"):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "data"


@pytest.fixture
def stamped(data, tmp_path):
    """A notebook with its stamp: it read everything but b.yaml, and used the small model."""
    read = [path for path in data.rglob("*.*") if path.name != "b.yaml"]
    models = settings.cache_dir() / "models"
    small = stamp.cached(stamp.LADDER["small"]).name
    used = [models / small / "config.json", models / f"{small}.download" / "wheels" / "x.whl"]
    used.append(models / stamp.cached(stamp.EMBEDDER).name / "ready.json")
    (tmp_path / "trace").write_text("\n".join(map(str, [*read, *used, data / "deleted.jsonl"])))
    made = notebook()
    made.metadata["stamp"] = stamp.made(made, tmp_path / "trace")
    return made


def test_the_stamp_names_what_was_read_and_used(stamped):
    assert stamped.metadata.stamp.pace == "full"
    assert list(stamped.metadata.stamp.data) == ["a.jsonl", "pages", "results/grid.json"]
    assert stamped.metadata.stamp.models == ["small-b179c9523d0e"]
    assert list(stamp.problems(stamped)) == []


def test_a_run_that_read_nothing_leaves_no_trace(data, tmp_path):
    assert stamp.made(notebook(), tmp_path / "none")["data"] == {}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("a.jsonl", ["data/a.jsonl has changed since its outputs were stored"]),
        ("pages/hr/one.md", ["data/pages has changed since its outputs were stored"]),
        ("pages/hr/two.md", ["data/pages has changed since its outputs were stored"]),
        ("results/grid.json", ["data/results/grid.json has changed since its outputs were stored"]),
        ("b.yaml", []),
        ("claims.yaml", []),
        ("results/claims.json", []),
    ],
)
def test_only_a_change_of_what_was_read_is_told(stamped, data, name, told):
    (data / name).write_text("other")
    assert list(stamp.problems(stamped)) == told


def test_a_file_that_is_gone_is_told(stamped, data):
    (data / "a.jsonl").unlink()
    assert list(stamp.problems(stamped)) == ["data/a.jsonl has changed since its outputs were stored"]
