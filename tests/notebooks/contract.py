"""The contract of a notebook, read from its file without running it. A check takes a ``Book`` and yields what to do."""

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import nbformat

from utils import settings
from utils.evaluation import claims
from utils.exercises import EXERCISES
from utils.setup import stamp

REPOSITORY = tomllib.loads((settings.ROOT / "pyproject.toml").read_text("utf-8"))["project"]["urls"]["repository"]
COLAB = "https://colab.research.google.com"
FOLDER = REPOSITORY.replace("https://github.com", f"{COLAB}/github") + "/blob/main/notebooks"
FIRST_CELL = {  # what it needs, as words and as an expression
    "a title that begins with its number": r"\A# {number} · \S",
    "the Colab badge of this file and of the repository in pyproject.toml": r"{badge}",
    "the one question, after a bold label": r"\*\*[^*\n]*question[^*\n]*\*\*[^\n]*\?",
    "what the reader will learn, after **You will**": r"\*\*You will\*\* \S",
    "what to have read, after **Before this:**": r"\*\*Before this:\*\* \S",
    "the minutes on 2 CPU cores, after **Time:**": r"\*\*Time:\*\*[^\n]*\d (minute|second)[^\n]*2 CPU cores",
}
ENDING = {
    "**Threats to validity.**": r"\*\*Threats to validity",
    "**Recap.**": r"\*\*Recap",
    "**Next:** with a link to a notebook": r"\*\*Next[^\n]*\]\([^)\n]*\.ipynb",
}
SETUP_ENDING = "\n\nfrom utils import settings\n\nsettings.announce()"
LEFTOVER = re.compile(r"TODO|FIXME|TBD|XXX|CHANGE_\w+|TEXT_\w+|^[A-Z][A-Z0-9_]{3,}$", re.MULTILINE)
MACHINE_PATH = re.compile(r"/(root|home|tmp|work|Users)/\w|[A-Z]:\\+Users")
WIDGET = "application/vnd.jupyter.widget-view+json"
TAG = "nbval-check-output"

# Notebooks whose cells changed since their outputs were stored, by number. Their first cell says so. Running them
# (`python -m utils.setup.notebooks NN`) and taking them off this list is one step.
OUTDATED: tuple[str, ...] = ()
OUTDATED_LINE = "*The outputs stored here come from an earlier version of the code and the scorer: run it.*"
LITERATURE = "literature"  # tag of a cell whose percentages others measured
PERCENT = re.compile(r"(?<![\d.,])(\d+(?:\.\d+)?) ?%")
NOT_MEASURED = {0, 50, 95, 100}  # nothing, half, all, and the level of an interval


@dataclass(frozen=True)
class Book:
    """A stored notebook, where it lies, and the set-up cell that all notebooks share."""

    path: Path
    nb: nbformat.NotebookNode
    setup: str

    @property
    def number(self) -> str:
        return self.path.name[:2]

    def cells(self, kind: str) -> list:
        return [cell for cell in self.nb.cells if cell.cell_type == kind]

    def outputs(self) -> list[tuple[int, dict]]:
        return [(n, out) for n, cell in enumerate(self.nb.cells) for out in cell.get("outputs", [])]

    def calls(self, name: str) -> list[list]:
        """The first two arguments of every call of ``name``; None for one that is absent or no literal."""
        trees = (stamp.parsed(cell.source) for cell in self.cells("code"))
        calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
        first = [[*call.args, None, None][:2] for call in calls if ast.unparse(call.func) == name]
        return [[a.value if isinstance(a, ast.Constant) else None for a in arguments] for arguments in first]


def broken_links(text: str, folder: Path) -> list[str]:
    """The relative links of a Markdown text that lead to no file, or to no heading of a notebook."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    targets = ("".join(found) for found in re.findall(r'\]\(<?([^)\s>]+)|(?:src|href)="([^"]+)"', text))
    return [t for t in targets if not re.match(r"[a-z][a-z0-9+.-]*:|#", t) and not _leads_somewhere(t, folder)]


def _leads_somewhere(target: str, folder: Path) -> bool:
    name, _, anchor = unquote(target).partition("#")
    path = folder / name
    if not anchor or path.suffix != ".ipynb" or not path.exists():
        return path.exists()
    prose = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown")
    return anchor in {heading.replace(" ", "-") for heading in re.findall(r"^#+ +(.+?) *$", prose, re.MULTILINE)}


def check_first_cell(book):
    badge = f"[![Open in Colab]({COLAB}/assets/colab-badge.svg)]({FOLDER}/{book.path.name})"
    for part, form in FIRST_CELL.items():
        if not re.search(form.format(number=book.number, badge=re.escape(badge)), book.nb.cells[0].source):
            yield f"the first cell needs {part}" + (f": {badge}" if "badge" in part else "")


def check_setup(book):
    second = book.nb.cells[1]
    if second.cell_type != "code" or second.source != book.setup:
        yield "the second cell must be the set-up cell, letter for letter: copy it from the first notebook"
    if f'REPOSITORY = "{REPOSITORY}"\n' not in second.source:
        yield f"REPOSITORY in the set-up cell must be {REPOSITORY}, as in pyproject.toml"
    if not second.source.endswith(SETUP_ENDING):
        yield "the set-up cell must end with settings.announce(), which tells the pace"


def check_prediction(book):
    third = book.nb.cells[2]
    if third.cell_type != "markdown" or not third.source.startswith("## Predict before you run\n"):
        yield 'the third cell must be the section "## Predict before you run"'
    if any("my_guess" in cell.source for cell in book.cells("code")) and not book.calls("exercises.reveal"):
        yield "my_guess is never shown beside the result: call exercises.reveal(my_guess, measured) at the end"


def check_counts(book):
    counts = [cell.execution_count for cell in book.cells("code")]
    if counts != list(range(1, len(counts) + 1)):
        yield "execution counts are not 1, 2, 3, ...: store one run of a fresh kernel with make notebooks"


def check_outputs(book):
    for number, out in book.outputs():
        data = [value for mime, value in out.get("data", {}).items() if not mime.startswith("image/")]
        text = "\n".join(map(str, [out.get("text"), *data, out.get("metadata")]))
        faults = {
            "standard error": out.get("name") == "stderr",
            "an error": out.output_type == "error",
            "a path of one machine": MACHINE_PATH.search(text),
            "a warning": "Warning" in text,
        }
        yield from (f"cell {number} stores {fault}: mend its cause, then run it" for fault in faults if faults[fault])


def check_stamp(book):
    for problem in stamp.problems(book.nb):
        yield f"{problem}: run `python -m utils.setup.notebooks {book.number}`"


def check_percentages(book):
    known = [*_shares_in_outputs(book), *_shares_in_results(book)]
    for number, cell in enumerate(book.nb.cells):
        if cell.cell_type != "markdown" or LITERATURE in cell.metadata.get("tags", []):
            continue
        told = [*known, *_shares_in_findings(cell.source)]
        for quoted in PERCENT.findall(cell.source):
            half = 0.5 * 10 ** -len(quoted.partition(".")[2]) + 1e-9  # of the last digit
            if float(quoted) not in NOT_MEASURED and not any(abs(value - float(quoted)) <= half for value in told):
                yield f"cell {number} says {quoted}%, which is in no output or result: write what was measured"


def _shares_in_outputs(book) -> Iterator[float]:
    """What the outputs print in percent, or as a number from 0 to 1; alternative texts and tables count."""
    for _, out in book.outputs():
        written = {mime: text for mime, text in out.get("data", {}).items() if mime.startswith("text/")}
        text = "\n".join(map(str, [out.get("text", ""), *written.values(), out.get("metadata", "")]))
        yield from map(float, PERCENT.findall(text))
        yield from (100 * float(share) for share in re.findall(r"(?<![\d.,])[01]?\.\d+\b", text))


def _shares_in_results(book) -> Iterator[float]:
    """In percent, the numbers from 0 to 1 of the results that a notebook reads, and the means of their lists."""
    for name in book.nb.metadata.get("stamp", {}).get("data", {}):
        path = settings.DATA / name
        if path.parent.name == "results" and path.suffix == ".json" and path.is_file():
            yield from _shares(json.loads(path.read_text(encoding="utf-8"))["rows"])


def _shares(value) -> Iterator[float]:
    if isinstance(value, list) and value and all(isinstance(part, int | float) for part in value):
        value = sum(value) / len(value)
    if isinstance(value, int | float):
        yield from [100 * value] if 0 <= value <= 1 else []
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _shares(part)


def _shares_in_findings(text: str) -> Iterator[float]:
    """The percentages of the committed findings of the notebooks that a text names."""
    named = set(re.findall(r"\b(?:0\d|1[0-2])\b", text))
    for entry in claims.published()["claims"]:
        if entry["notebook"] in named:
            yield from map(float, PERCENT.findall(entry["finding"]))


def check_widgets(book):
    if "widgets" in book.nb.metadata:
        yield "widget state is stored in the metadata and breaks previews: drop it with make notebooks"
    for number, out in book.outputs():
        if WIDGET in out.get("data", {}):
            yield f"cell {number} stores the view of a widget, an error message without its state: drop that output"


def check_tags(book):
    tagged = [n for n, cell in enumerate(book.nb.cells) if TAG in cell.metadata.get("tags", [])]
    if len(tagged) < 3:
        yield f"{len(tagged)} cells have the tag {TAG}: tag at least 3 whose output is the same on any machine"
    for number in (n for n in tagged if not book.nb.cells[n].get("outputs")):
        yield f"cell {number} has the tag {TAG} but no stored output to compare with: run it, or drop the tag"


def check_exercises(book):
    ids = {str(exercise) for exercise, _ in book.calls("exercises.check")}
    if len(ids) < 2:
        yield f"{len(ids)} exercises: call exercises.check for at least 2"
    for wrong in ids - {exercise for exercise in EXERCISES if exercise.startswith(f"{book.number}.")}:
        yield f"exercise {wrong}: write an id of this notebook that is in utils.exercises.EXERCISES"


def check_pictures(book):
    for number, cell in enumerate(book.nb.cells):
        pictures = [out for out in cell.get("outputs", []) if "image/png" in out.get("data", {})]
        silent = [out for out in pictures if not out.metadata.get("image/png", {}).get("alt")]
        text = "\n".join(out.get("text", "") for out in cell.get("outputs", []))
        if len(silent) > len(re.findall(r"^Figure: \S", text, re.MULTILINE)):
            yield f"cell {number} stores a picture without alternative text: show it with figures.show(figure, alt)"


def check_links(book):
    for cell in book.cells("markdown"):
        yield from (f"the link {link} leads nowhere: mend it" for link in broken_links(cell.source, book.path.parent))


def check_ending(book):
    if not any(cell.source.startswith("## What was measured") for cell in book.nb.cells[-6:]):
        yield 'one of the last 6 cells must begin the section "## What was measured"'
    text = "\n".join(cell.source for cell in book.nb.cells[-6:] if cell.cell_type == "markdown")
    yield from (f"the last cells need {part}" for part, form in ENDING.items() if not re.search(form, text))


def check_claims(book):
    ledger = claims.ledger()["notebooks"]
    for claim, notebook in book.calls("claims.record"):
        if notebook != book.number:
            yield f'claims.record({claim!r}, {notebook!r}, ...): write "{book.number}", the number of this notebook'
        if claim not in ledger or book.number not in ledger[claim]:
            yield f"data/claims.yaml does not name notebook {book.number} for claim {claim}: record it where it says"


def check_outdated(book):
    stale, says = bool(list(check_stamp(book))), OUTDATED_LINE in book.nb.cells[0].source
    if book.number in OUTDATED and not stale:
        yield f"the outputs are those of the committed cells: take {book.number} off OUTDATED in contract.py"
    if says != (book.number in OUTDATED):
        yield f'"{OUTDATED_LINE}" stands in the first cell if, and only if, OUTDATED in contract.py names the notebook'


def check_kernel(book):
    nbformat.validate(book.nb)
    if book.nb.metadata.get("kernelspec", {}).get("name") != "python3":
        yield "the kernel must be python3, which every reader has: store it with make notebooks"


def check_finished(book):
    for number, cell in enumerate(book.nb.cells):
        yield from (f"cell {number} still says {words!r}: write it" for words in LEFTOVER.findall(cell.source))


OF_STORED_OUTPUTS = (check_counts, check_tags, check_stamp, check_percentages)  # not held by an outdated notebook
CHECKS = [check for name, check in list(globals().items()) if name.startswith("check_")]
