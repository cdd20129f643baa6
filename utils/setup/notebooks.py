"""Run the notebooks in order and store their outputs in a form that is the same everywhere: ``make notebooks``.

``python -m utils.setup.notebooks 01 06`` runs only those. A notebook that fails is left as it was.
"""

import base64
import re
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from utils.evaluation import claims
from utils.settings import ROOT

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def normalise(notebook) -> None:
    """Drop what differs between machines and what breaks previews, in place: widget state, timings, ids of runs,
    standard error, all but the last state of a progress bar; number the code cells 1, 2, 3, ..."""
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
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
    """Execute one notebook on a fresh kernel, store it normalised, and return the seconds it took."""
    notebook = nbformat.read(path, as_version=4)
    start = time.perf_counter()
    client = NotebookClient(
        notebook, timeout=1800, kernel_name="python3", resources={"metadata": {"path": path.parent}}
    )
    client.execute()
    normalise(notebook)
    nbformat.validate(notebook)
    part = path.with_suffix(".part")
    nbformat.write(notebook, part)
    part.replace(path)
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
                target.write_bytes(base64.b64decode(found[0]))


def main(wanted: list[str]) -> int:
    """Run the notebooks whose numbers are given, or all; 1 if one fails."""
    paths = sorted((ROOT / "notebooks").glob("*.ipynb"))
    for path in paths:
        if wanted and path.name[:2] not in wanted:
            continue
        print(f"{path.name} ...", end=" ", flush=True)
        try:
            print(f"{run(path):.0f} s", flush=True)
        except CellExecutionError as problem:
            print(f"failed, and was left as it was:\n{problem}", file=sys.stderr)
            return 1
    if not wanted:
        claims.publish()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
