"""Run the notebooks in order and store their outputs in a form that is the same everywhere: ``make notebooks``.

``python -m utils.setup.notebooks 01 06`` runs only those. A notebook that fails is left as it was. Only a run at full
pace is stored, and with a stamp of what it was made from.
"""

import base64
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat.reader import NotJSONError

from utils import settings
from utils.evaluation import claims
from utils.evaluation.results import replace_file
from utils.settings import ROOT, SetupError
from utils.setup import stamp

CELL_SECONDS = 3600
OFFLINE = Path(__file__).parent / "offline"  # once it is set up, the series needs no network: the kernels have none
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def normalise(notebook) -> None:
    """Drop what differs between machines and what breaks previews, in place: widget state, timings, ids of runs,
    standard error, all but the last state of a progress bar; number the code cells 1, 2, 3, ... The stamp stays."""
    kept = {key: value for key, value in notebook.metadata.items() if key == "stamp"}
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}} | kept
    count = 0
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02}"
        cell.metadata = {key: value for key, value in cell.metadata.items() if key == "tags" and value}
        if cell.cell_type != "code":
            continue
        count += 1
        cell.execution_count = count
        cell.outputs = _joined([out for out in cell.outputs if out.get("name") != "stderr"])
        for out in cell.outputs:
            if out.output_type == "execute_result":
                out.execution_count = count
            if out.output_type == "stream":
                out.text = _last_states(out.text)


def _joined(outputs: list) -> list:
    """Outputs with neighbouring pieces of standard output in one."""
    joined = []
    for out in outputs:
        if joined and out.output_type == "stream" and joined[-1].output_type == "stream":
            joined[-1].text += out.text
        else:
            joined.append(out)
    return joined


def _last_states(text: str) -> str:
    """Every line as a terminal would show it after its carriage returns."""
    lines = (re.split(r"\r(?!\n)", line.rstrip("\r"))[-1] for line in text.split("\n"))
    return "\n".join(lines)


def run(path: Path) -> float:
    """Execute a notebook on a fresh kernel, store it normalised and with its stamp, and return the seconds it took."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=CELL_SECONDS, kernel_name="python3", resources={"metadata": {"path": path.parent}}
    )
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "trace"
        path_of_kernel = os.pathsep.join(filter(None, [str(OFFLINE), os.environ.get("PYTHONPATH")]))
        client.execute(env=os.environ | {"RVF_TRACE": str(trace), "PYTHONPATH": path_of_kernel})
        notebook.metadata["stamp"] = stamp.made(notebook, trace)
    normalise(notebook)
    nbformat.validate(notebook)
    replace_file(path, nbformat.writes(notebook) + "\n")
    store_pictures(notebook)
    return time.perf_counter() - start


def store_pictures(notebook) -> None:
    """Write the picture of every cell tagged ``picture-NAME`` to ``docs/NAME.png``, for the README."""
    for cell in notebook.cells:
        for tag in cell.metadata.get("tags", []):
            if tag.startswith("picture-"):
                found = [out.data["image/png"] for out in cell.outputs if "image/png" in out.get("data", {})]
                target = ROOT / "docs" / f"{tag.removeprefix('picture-')}.png"
                target.parent.mkdir(exist_ok=True)
                replace_file(target, base64.b64decode(found[0]))


def main(wanted: list[str]) -> int:
    """Run the notebooks whose numbers are given, or all; 1 if one fails, 2 for what cannot be run at all."""
    paths = {path.name[:2]: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
    unknown = [name for name in wanted if name.zfill(2) not in paths]
    if unknown:
        return _refused(f"There is no notebook {unknown[0]!r}: choose from {', '.join(paths)}.")
    try:
        if settings.pace() != "full":
            return _refused("Only a run at full pace is stored: set RVF_PACE to full, or leave it out.")
        for folder in (".", "notebooks", "data/results"):  # hours before anything is written there
            settings.writable(ROOT / folder)
        settings.runs_dir()
    except SetupError as problem:
        return _refused(str(problem))
    for number in sorted(name.zfill(2) for name in wanted) or paths:
        if not _ran(paths[number]):
            return 1
    if not wanted:
        claims.publish()
    return 0


def _refused(why: str) -> int:
    print(why, file=sys.stderr)
    return 2


def _ran(path: Path) -> bool:
    """Run a notebook and say how long it took, or else why it failed."""
    print(f"{path.name} ...", end=" ", flush=True)
    try:
        print(f"{run(path):.0f} s", flush=True)
        return True
    except CellExecutionError as problem:
        why = f"one of its cells failed:\n{problem}"
    except CellTimeoutError:
        why = f"one of its cells took more than {CELL_SECONDS} s."
    except NotJSONError:
        why = "it is no notebook: restore it from the repository."
    except NoSuchKernel:
        why = "Jupyter finds no kernel for Python: run `make lab` to set it up."
    except SetupError as problem:
        why = str(problem)
    except KeyboardInterrupt:
        why = "you stopped it."
    except RuntimeError:  # which nbclient raises for a kernel that dies, or never starts
        why = "its kernel died: perhaps it needs more memory."
    print(f"was left as it was, because {why}", file=sys.stderr)
    return False


if __name__ == "__main__":
    sys.exit(settings.status(main, sys.argv[1:]))
