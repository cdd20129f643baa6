"""What ``make notebooks`` stores: the same on every machine, with a stamp, and nothing that breaks a preview."""

import copy
from pathlib import Path

import nbformat
import pytest
from jupyter_client.kernelspec import NoSuchKernel
from killing import killed_everywhere
from nbformat import v4
from nbformat.reader import NotJSONError

from utils import settings
from utils.setup import notebooks, stamp


def stream(text, name="stdout"):
    return v4.new_output("stream", name=name, text=text)


def stored(*outputs, **metadata):
    """The only cell of a notebook after it was normalised."""
    cell = v4.new_code_cell("1", outputs=list(outputs), metadata=metadata, execution_count=7)
    notebook = v4.new_notebook(cells=[cell])
    notebooks.normalise(notebook)
    nbformat.validate(notebook)
    return notebook.cells[0]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("plain\nlines\n", "plain\nlines\n"),
        ("\r  0%|   |\r 50%|#  |\r100%|###|\ndone\n", "100%|###|\ndone\n"),
        ("first\n\r 50%\r100%", "first\n100%"),
        (" 50%\r100%\r", "100%"),
        ("from Windows\r\nnext\r\n", "from Windows\nnext\n"),
        ("a\rb\nc\rd\n", "b\nd\n"),
        ("", ""),
    ],
)
def test_progress_bars_keep_their_last_state(written, kept):
    assert [out.text for out in stored(stream(written)).outputs] == [kept]


def test_neighbouring_streams_are_joined_before_a_bar_is_cut():
    cell = stored(stream("label\n 10%"), stream("\r 50%"), stream("\r100%\n"), stream("done\n"))
    assert [out.text for out in cell.outputs] == ["label\n100%\ndone\n"]


def test_streams_around_a_picture_stay_apart():
    picture = v4.new_output("display_data", {"image/png": "aGk="})
    cell = stored(stream("before\n"), picture, stream("Figure: it.\n"))
    assert [out.output_type for out in cell.outputs] == ["stream", "display_data", "stream"]
    assert [out.get("text") for out in cell.outputs] == ["before\n", None, "Figure: it.\n"]


def test_standard_error_is_dropped_and_does_not_part_what_it_stood_between():
    cell = stored(stream("a\n"), stream("a warning\n", name="stderr"), stream("b\n"))
    assert [(out.name, out.text) for out in cell.outputs] == [("stdout", "a\nb\n")]


def test_alternative_text_and_size_of_pictures_are_kept():
    metadata = {"image/png": {"width": 720, "height": 300, "alt": "Two bars."}}
    data = {"image/png": "aGk=", "text/plain": "<Image>"}
    (out,) = stored(v4.new_output("display_data", data, metadata=metadata)).outputs
    assert out.metadata == metadata
    assert out.data == data


def test_only_tags_are_kept_of_the_metadata_of_cells():
    kept = stored(tags=["nbval-check-output"], execution={"iopub.status.busy": "2026-01-01"}, collapsed=True)
    assert kept.metadata == {"tags": ["nbval-check-output"]}
    assert stored(tags=[], scrolled=True).metadata == {}


@pytest.fixture
def notebook():
    """As a kernel leaves it: counts that jump, random cell ids, widget state, the details of one machine."""
    result = v4.new_output("execute_result", {"text/plain": "1"}, execution_count=9)
    cells = [
        v4.new_markdown_cell("# Title", metadata={"editable": True}),
        v4.new_code_cell("1", execution_count=9, outputs=[result]),
        v4.new_markdown_cell("Words."),
        v4.new_code_cell("# only a comment"),
        v4.new_code_cell("print(2)", execution_count=12, outputs=[stream(" 1%\r2\n")]),
    ]
    made = v4.new_notebook(cells=cells)
    made.metadata = nbformat.from_dict(
        {
            "kernelspec": {"name": "my-env", "display_name": "my env", "language": "python"},
            "language_info": {"name": "python", "version": "3.11.7", "file_extension": ".py"},
            "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {}}},
        }
    )
    return made


def test_metadata_of_the_notebook_is_the_same_everywhere(notebook):
    notebooks.normalise(notebook)
    assert notebook.metadata == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }


def test_the_stamp_is_kept(notebook):
    notebook.metadata["stamp"] = {"pace": "full"}
    notebooks.normalise(notebook)
    assert set(notebook.metadata) == {"kernelspec", "language_info", "stamp"}
    assert notebook.metadata.stamp == {"pace": "full"}


def test_code_cells_and_their_results_are_counted(notebook):
    notebooks.normalise(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == [1, 2, 3]
    assert code[0].outputs[0].execution_count == 1
    assert all("execution_count" not in cell for cell in notebook.cells if cell.cell_type == "markdown")


def test_ids_follow_the_order_and_sources_are_untouched(notebook):
    sources = [cell.source for cell in notebook.cells]
    notebooks.normalise(notebook)
    assert [cell.id for cell in notebook.cells] == ["cell-00", "cell-01", "cell-02", "cell-03", "cell-04"]
    assert [cell.source for cell in notebook.cells] == sources


def test_normalising_again_changes_nothing(notebook):
    notebooks.normalise(notebook)
    once = copy.deepcopy(notebook)
    notebooks.normalise(notebook)
    assert notebook == once
    nbformat.validate(notebook)


IMPORT = f"""import sys

sys.path.insert(0, {str(settings.ROOT)!r})
from utils import settings
"""


@pytest.fixture
def shelf(monkeypatch, tmp_path):
    """A repository without notebooks, and a function that puts one into it."""
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)
    monkeypatch.setattr(notebooks.claims, "publish", lambda: print("published"))
    for folder in ("notebooks", "data/results"):
        (tmp_path / folder).mkdir(parents=True)

    def put(name: str, *sources: str) -> Path:
        path = tmp_path / "notebooks" / name
        nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(source) for source in sources]), path)
        return path

    return put


def test_a_notebook_is_run_and_stored_with_its_stamp(shelf, capsys):
    read = "for name in ('prices.yaml', 'claims.yaml'):\n    (settings.DATA / name).read_bytes()"
    path = shelf("06_one.ipynb", IMPORT, read)
    shelf("07_two.ipynb", "1 / 0")
    assert notebooks.main(["6"]) == 0, "6 means 06"
    stored = nbformat.read(path, as_version=4)
    assert [cell.execution_count for cell in stored.cells] == [1, 2]
    assert stored.metadata.stamp == {
        "pace": "full",
        "code": stamp.code_hash(stored),
        "data": {"prices.yaml": stamp.data_hash("prices.yaml")},
        "models": [],
    }
    assert list(stamp.problems(stored)) == []
    assert [other.name for other in path.parent.iterdir() if other.suffix != ".ipynb"] == []
    assert capsys.readouterr().out.startswith("06_one.ipynb ... ")


@pytest.mark.model
def test_the_stamp_names_the_models_that_were_used_and_no_others(shelf):
    use = "from utils.models.__main__ import main\nfrom utils.models.loading import load_tokenizer\n\n"
    path = shelf("06_one.ipynb", IMPORT, use + "_ = load_tokenizer(), main([])")
    assert notebooks.main([]) == 0
    (name,) = nbformat.read(path, as_version=4).metadata.stamp.models
    assert name == Path(stamp.cached(stamp.LADDER["small"])).name


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import time\n\ntime.sleep(60)", "took more than 1 s"),
        ("import os\n\nos._exit(1)", "its kernel died"),
        (
            "import socket\n\ntry:\n    socket.create_connection(('192.0.2.1', 9), 1)\nexcept Exception:\n    pass",
            "network",
        ),
    ],
    ids=["an error", "too slow", "a dead kernel", "the network"],
)
def test_a_notebook_that_fails_is_left_as_it_was(shelf, capsys, monkeypatch, source, told):
    monkeypatch.setattr(notebooks, "CELL_SECONDS", 1 if "sleep" in source else 60)
    path = shelf("06_one.ipynb", source)
    before = path.read_bytes()
    assert notebooks.main([]) == 1
    out, err = capsys.readouterr()
    assert path.read_bytes() == before
    assert [other.name for other in path.parent.iterdir()] == ["06_one.ipynb"]
    assert "published" not in out
    assert told in err
    assert "left as it was" in err
    if "died" in told or "1 s" in told:
        assert err.count("\n") == 1, "one sentence"


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (NotJSONError("x"), "it is no notebook: restore it from the repository."),
        (NoSuchKernel("python3"), "Jupyter finds no kernel for Python: run `make lab` to set it up."),
        (settings.SetupError("The disk is full."), "The disk is full."),
        (KeyboardInterrupt(), "you stopped it."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_stops_a_run_is_told_in_a_sentence(shelf, capsys, monkeypatch, problem, told):
    def run(path):
        raise problem

    shelf("06_one.ipynb", "1")
    monkeypatch.setattr(notebooks, "run", run)
    assert notebooks.main([]) == 1
    assert capsys.readouterr().err == f"was left as it was, because {told}\n"


def test_a_damaged_notebook_is_told_and_a_notebook_is_not_run_where_it_could_not_be_stored(shelf, capsys, monkeypatch):
    path = shelf("06_one.ipynb", "1")
    path.write_text(path.read_text()[:30])
    assert notebooks.main([]) == 1
    assert "it is no notebook" in capsys.readouterr().err
    monkeypatch.setattr(settings.os, "access", lambda folder, mode: Path(folder).name != "results")
    monkeypatch.setattr(notebooks, "run", lambda path: pytest.fail("it takes hours"))
    assert notebooks.main([]) == 2
    assert capsys.readouterr().err.endswith("results is read-only: copy the repository to a folder you can write to.\n")


def test_a_run_killed_while_it_stores_a_notebook_leaves_the_old_one_or_the_new_one(shelf, tmp_path):
    path = shelf("06_one.ipynb", "1")
    before, after = path.read_text(), "{}"
    for _ in killed_everywhere(lambda: notebooks.replace_file(path, after), tmp_path):
        assert path.read_text() in (before, after)
        path.write_text(before)
    assert path.read_text() == after


@pytest.mark.parametrize(
    ("wanted", "pace", "told"),
    [
        (["13"], "full", "There is no notebook '13': choose from 06."),
        (["06", "rag"], "full", "There is no notebook 'rag': choose from 06."),
        (["06"], "quick", "Only a run at full pace is stored: set RVF_PACE to full, or leave it out."),
        ([], "fast", "RVF_PACE is 'fast': set it to full or quick, or leave it out."),
    ],
)
def test_what_cannot_be_run_is_refused_in_a_sentence(shelf, capsys, monkeypatch, wanted, pace, told):
    monkeypatch.setenv("RVF_PACE", pace)
    shelf("06_one.ipynb", "1 / 0")
    assert notebooks.main(wanted) == 2
    assert capsys.readouterr() == ("", f"{told}\n")
