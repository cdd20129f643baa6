"""Every notebook keeps the contract, and every check of the contract is shown to fail on a small broken notebook."""

import functools
import json
import shutil

import contract
import nbformat
import pytest
from nbformat import v4

from utils import settings
from utils.setup import stamp

COMMITTED = settings.DATA
PATHS = sorted((settings.ROOT / "notebooks").glob("*.ipynb"))
NAME = "06_example.ipynb"
BADGE = f"[![Open in Colab]({contract.COLAB}/assets/colab-badge.svg)]({contract.FOLDER}/{NAME})"
SETUP = f'import sys\n\nREPOSITORY = "{contract.REPOSITORY}"\nassert sys.path{contract.SETUP_ENDING}'
FIRST = f"""# 06 · An example

{BADGE}

**The question of this notebook:** does it hold?

**You will** see. **Before this:** nothing. **Time:** about 2 minutes on 2 CPU cores."""
LAST = """**Threats to validity.** Small.

**Recap.** It holds.

**Next:** [07](07_next.ipynb#A-heading), and [a page](https://example.org)."""


@functools.cache
def stored(path):
    setup = nbformat.read(PATHS[0], as_version=4).cells[1].source
    return contract.Book(path, nbformat.read(path, as_version=4), setup)


@pytest.mark.parametrize("check", contract.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_notebook_keeps_the_contract(path, check):
    book = stored(path)
    if book.number in contract.OUTDATED and check in contract.OF_STORED_OUTPUTS:
        pytest.skip("its outputs are those of an earlier version, and its first cell says so")
    problems = list(check(book))
    assert not problems, "\n- ".join([path.name, *problems])


def printed(text):
    return v4.new_output("stream", name="stdout", text=text)


def picture(alt):
    metadata = {"image/png": {"alt": alt}} if alt else {}
    return v4.new_output("display_data", {"image/png": "aGk=", "text/plain": "<Image>"}, metadata=metadata)


@pytest.fixture
def book(monkeypatch, tmp_path):
    """A small notebook that keeps the contract: five code cells (1, 3, 4, 6, 8) and six of prose.

    It printed 12.3% and 0.414, and read the results of a study, which hold the shares 1/4 and 2/3.
    """
    monkeypatch.setattr(settings, "DATA", tmp_path / "data")
    shutil.copytree(COMMITTED / "results", tmp_path / "data" / "results")
    shutil.copy(COMMITTED / "claims.yaml", tmp_path / "data")
    rows = [{"system": "RAG", "share": 0.25, "right": [True, True, False]}]
    (tmp_path / "data" / "results" / "study.json").write_text(json.dumps({"rows": rows}))
    (tmp_path / "07_next.ipynb").write_text(
        nbformat.writes(v4.new_notebook(cells=[v4.new_markdown_cell("# A heading")]))
    )
    sources = {
        0: FIRST,
        1: SETUP,
        2: "## Predict before you run\n\nHow many?",
        3: 'my_guess = {"share": None}  # and a figure\nprint(1)',
        4: 'exercises.check("06.1", None)',
        5: "In words: 12%, 41.4 %, 25%, 67% (95% interval 50% to 100%).",
        6: 'exercises.check("06.2", None)\nexercises.reveal(my_guess, {"share": 0.4})',
        7: "## What was measured",
        8: 'claims.record("R4", "06", "mixed", "something", 1)',
        9: LAST,
        10: "## Glossary",
    }
    outputs = {
        3: [picture("One, 12.3%."), picture(""), printed("Figure: Two.")],
        4: [v4.new_output("display_data", {"text/html": "<td>0.414</td>"})],
        8: [printed("ok")],
    }
    nb = v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    for number, source in sources.items():
        cell = v4.new_code_cell(source) if number in (1, 3, 4, 6, 8) else v4.new_markdown_cell(source)
        nb.cells.append(cell)
        if number in outputs:
            cell.outputs = outputs[number]
            cell.metadata["tags"] = [contract.TAG]
    for count, cell in enumerate((cell for cell in nb.cells if cell.cell_type == "code"), 1):
        cell.execution_count = count
    (tmp_path / "trace").write_text(str(tmp_path / "data" / "results" / "study.json"))
    nb.metadata["stamp"] = stamp.made(nb, tmp_path / "trace")
    return contract.Book(tmp_path / NAME, nb, SETUP)


@pytest.mark.parametrize("check", contract.CHECKS, ids=lambda check: check.__name__)
def test_good_notebook_passes(book, check):
    assert list(check(book)) == []


def swap(cell, old, new):
    """The mutation that writes ``new`` for ``old`` in the source of a cell."""

    def mutate(nb):
        assert old in nb.cells[cell].source
        nb.cells[cell].source = nb.cells[cell].source.replace(old, new)

    return mutate


def store(cell, *outputs):
    """The mutation that gives a cell other outputs."""
    return lambda nb: nb.cells[cell].update(outputs=list(outputs))


def change_study(nb):
    (settings.DATA / "results" / "study.json").write_text('{"rows": []}')


WIDGET = v4.new_output("display_data", {contract.WIDGET: {"model_id": "1"}, "text/plain": "Box()"})
ERROR = v4.new_output("error", ename="ValueError", evalue="no", traceback=[])
STDERR = v4.new_output("stream", name="stderr", text="careful")
HTML = v4.new_output("display_data", {"text/html": "<td>/home/me/x</td>"})
# check, a word of its message, what breaks the good notebook
BREAKS = [
    ("first_cell", "title", swap(0, "# 06", "# 07")),
    ("first_cell", "badge", swap(0, "06_example", "07_example")),
    ("first_cell", "badge", swap(0, "/github/", "/github/somebody-")),
    ("first_cell", "question", swap(0, "hold?", "hold.")),
    ("first_cell", "learn", swap(0, "**You will**", "You")),
    ("first_cell", "read", swap(0, "**Before this:**", "")),
    ("first_cell", "minutes", swap(0, "2 minutes", "some minutes")),
    ("setup", "announce", swap(1, "announce", "pace")),
    ("setup", "letter for letter", swap(1, "sys.path", "sys.path  # mine")),
    ("setup", "REPOSITORY", swap(1, "https://", "http://")),
    ("prediction", "Predict", swap(2, "Predict", "Guess")),
    ("prediction", "reveal", swap(6, "exercises.reveal", "print")),
    ("stamp", "no stamp: run `python -m utils.setup.notebooks 06`", lambda nb: nb.metadata.pop("stamp")),
    ("stamp", "quick pace: run", lambda nb: nb.metadata.stamp.update(pace="quick")),
    ("stamp", "code has changed", swap(3, "print(1)", "print(2)")),
    ("stamp", "data/results/study.json has changed", change_study),
    ("stamp", "no longer a model", lambda nb: nb.metadata.stamp.update(models=["small-0123456789ab"])),
    ("percentages", "13%", swap(5, "12%", "13%")),
    ("percentages", "41.5%", swap(5, "41.4 %", "41.5 %")),
    ("percentages", "26%", swap(5, "25%", "26%")),
    ("percentages", "66%", swap(5, "67%", "66%")),
    ("percentages", "12%", store(3)),
    ("percentages", "25%", lambda nb: nb.metadata.pop("stamp")),
    ("percentages", "59%", swap(5, "In words", "It was 59%")),
    ("counts", "1, 2, 3", lambda nb: nb.cells[4].update(execution_count=9)),
    ("counts", "1, 2, 3", lambda nb: nb.cells[4].update(execution_count=None)),
    ("outputs", "standard error", store(4, STDERR)),
    ("outputs", "an error", store(4, ERROR)),
    ("outputs", "a path", store(4, printed("see\n/tmp/x"))),
    ("outputs", "a path", store(4, printed(r"see C:\Users\me"))),
    ("outputs", "a path", store(4, HTML)),
    ("outputs", "a path", store(4, picture("A figure of /Users/me."))),
    ("outputs", "a warning", store(4, printed("UserWarning: careful"))),
    ("widgets", "state", lambda nb: nb.metadata.update(widgets={})),
    ("widgets", "view", store(4, WIDGET)),
    ("tags", "at least 3", lambda nb: nb.cells[3].metadata.clear()),
    ("tags", "no stored output", store(4)),
    ("exercises", "at least 2", swap(6, "exercises.check", "print")),
    ("exercises", "an id", swap(6, "06.2", "06.9")),
    ("exercises", "an id", swap(6, "06.2", "00.2")),
    ("exercises", "an id", swap(6, '"06.2"', "name")),
    ("pictures", "alternative", store(3, picture("One."), picture(""), printed("Figure:"))),
    ("pictures", "alternative", store(3, picture(""), picture(""), printed("Figure: Two."))),
    ("links", "99_none.ipynb", swap(5, "In words", "[here](99_none.ipynb)")),
    ("links", "Other", swap(9, "#A-heading", "#Other")),
    ("links", "none.png", swap(5, "In words", '<img src="none.png">')),
    ("ending", "What was measured", swap(7, "measured", "seen")),
    ("ending", "Threats", swap(9, "**Threats", "Threats")),
    ("ending", "Recap", swap(9, "**Recap", "Recap")),
    ("ending", "Next", swap(9, "07_next.ipynb#A-heading", "https://example.org")),
    ("claims", "the number", swap(8, '"06"', '"07"')),
    ("claims", "does not name", swap(8, "R4", "F1")),
    ("claims", "does not name", swap(8, '"R4"', "claim")),
    ("claims", "the number", swap(8, ', "06", "mixed", "something", 1', "")),
    ("outdated", "OUTDATED", swap(0, "**You will**", f"{contract.OUTDATED_LINE} **You will**")),
    ("kernel", "python3", lambda nb: nb.metadata.kernelspec.update(name="mine")),
    ("finished", "TODO", swap(5, "In words", "TODO: words")),
    ("finished", "TEXT_END", swap(5, "In words", "TEXT_END")),
    ("finished", "CHANGE_ME", swap(4, "None", "CHANGE_ME")),
    ("finished", "RECORDS", swap(8, "claims", "RECORDS\nclaims")),
]


@pytest.mark.parametrize(("check", "word", "mutate"), BREAKS)
def test_broken_notebook_fails(book, check, word, mutate):
    mutate(book.nb)
    problems = list(getattr(contract, f"check_{check}")(book))
    assert any(word in problem for problem in problems), problems


def test_a_notebook_that_was_run_leaves_the_list_of_outdated_ones(book, monkeypatch):
    monkeypatch.setattr(contract, "OUTDATED", ("06",))
    assert any("off OUTDATED" in problem for problem in contract.check_outdated(book))
    book.nb.metadata.pop("stamp")
    book.nb.cells[0].source += f"\n\n{contract.OUTDATED_LINE}"
    assert list(contract.check_outdated(book)) == []


def test_every_check_is_shown_to_fail():
    assert PATHS, "there is no notebook in notebooks/"
    assert {f"check_{check}" for check, _, _ in BREAKS} == {check.__name__ for check in contract.CHECKS}


def test_percentages_may_be_those_of_a_notebook_that_the_cell_names(book):
    finding = next(e["finding"] for e in contract.claims.published()["claims"] if e["notebook"] == "03")
    (share, *_) = contract.PERCENT.findall(finding)
    book.nb.cells[5].source += f" It was {share}%."
    assert [problem for problem in contract.check_percentages(book) if f"{share}%" in problem]
    book.nb.cells[5].source += " So says notebook 03."
    assert list(contract.check_percentages(book)) == []


def test_percentages_of_the_literature_are_not_ours(book):
    book.nb.cells[5].source += " They found 88%."
    assert list(contract.check_percentages(book)) != []
    book.nb.cells[5].metadata["tags"] = [contract.LITERATURE]
    assert list(contract.check_percentages(book)) == []
