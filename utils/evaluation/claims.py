"""The ledger: claims stated beforehand (``data/claims.yaml``), verdicts recorded by the notebooks that measure them.

A verdict is "supported", "contradicted", "mixed" (clear evidence on both sides; the finding names the condition) or
"undecided" (the interval includes both).
"""

import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import yaml

from utils import settings
from utils.evaluation.results import circumstances, replace_file, sole_writer
from utils.settings import SetupError

VERDICTS = ("supported", "contradicted", "mixed", "undecided")
COLUMNS = ("claim", "notebook", "verdict", "model", "finding", "n")


def ledger() -> pd.DataFrame:
    """Every claim under test: one row a claim id, with claim, notebooks, measure, family."""
    entries = yaml.safe_load((settings.DATA / "claims.yaml").read_text(encoding="utf-8"))
    return pd.DataFrame(entries).set_index("id")


def judge(low: float, high: float, margin: float = 0.0) -> str:
    """The verdict on "this is greater by more than ``margin``" from the interval of a difference."""
    if low > margin:
        return "supported"
    return "contradicted" if high < margin else "undecided"


def agreed(verdicts: Iterable[str]) -> str:
    """One verdict of several: theirs if all say the same, "mixed" if some support and some contradict, else
    "undecided"."""
    found = set(verdicts)
    if len(found) == 1:
        return found.pop()
    return "mixed" if {"supported", "contradicted"} <= found else "undecided"


def record(claim_id: str, notebook: str, verdict: str, finding: str, n: int, model: str | None = None) -> None:
    """Store what a notebook found on a claim: the verdict, the finding in a sentence with its numbers, and n.

    The date is stored with it, and the model: the one in use, or ``model``, for the finding of a stored study. A later
    record of the same notebook on the same claim and model replaces it. At quick pace nothing is stored. Raises
    ValueError for an unknown claim or verdict, an empty finding, or a notebook that the ledger does not name for this
    claim, and SetupError where it can't be stored.
    """
    claims = ledger()
    if claim_id not in claims.index:
        raise ValueError(f"There is no claim {claim_id!r} in data/claims.yaml.")
    if verdict not in VERDICTS:
        raise ValueError(f"A verdict is one of {', '.join(VERDICTS)}, not {verdict!r}.")
    if notebook not in claims.loc[claim_id, "notebooks"]:
        raise ValueError(f"The ledger does not name notebook {notebook} for claim {claim_id}.")
    if not finding.strip() or n < 1:
        raise ValueError("A record needs a finding in words and the number of cases it rests on.")
    if settings.pace() == "quick":
        print("A quick run records no verdict.")
        return
    model = model or settings.llm_name()
    entry = dict(zip(COLUMNS, (claim_id, notebook, verdict, model, finding, int(n)), strict=True))
    entry["date"] = dt.date.today().isoformat()
    folder = settings.runs_dir() / "claims"
    folder.mkdir(exist_ok=True)
    name = f"{notebook}-{claim_id}-{quote(model, safe='')}.json"  # two models may end in the same name
    replace_file(folder / name, json.dumps(entry, ensure_ascii=False))


def recorded(notebook: str | None = None) -> pd.DataFrame:
    """What was recorded in this run, of one notebook or all, by claim: notebook, verdict, model, finding, n."""
    return pd.DataFrame(_records(notebook or ""), columns=COLUMNS).set_index("claim")


def _records(notebook: str = "") -> list[dict]:
    """The records of this run, without those that an older version left, which had other verdicts and no model."""
    files = sorted((settings.runs_dir() / "claims").glob(f"{notebook}*.json"))
    entries = [_read(file, f"delete it and run notebook {file.name[:2]} again") for file in files]
    return [entry for entry in entries if "model" in entry and entry["verdict"] in VERDICTS]


def _read(file: Path, remedy: str) -> dict:
    """What a file of records holds; SetupError, with what to do, if it is damaged."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as problem:
        raise SetupError(f"{file} is damaged ({problem}): {remedy}.") from None


def publish() -> None:
    """Put what this run recorded into ``data/results/claims.json``, and print what changed.

    What a notebook recorded in this run on a claim and a model replaces what was committed of these three. Everything
    else stays as it was committed, but for what the ledger no longer names. Raises SetupError, and changes nothing, if
    the records or the file can't be read or written.
    """
    fresh = {_key(entry): entry for entry in _records()}
    if not fresh:
        print("Nothing was recorded in this run, so data/results/claims.json stays as it is.")
        return
    named = {(claim, notebook) for claim, notebooks in ledger()["notebooks"].items() for notebook in notebooks}
    target = _committed()
    target.parent.mkdir(exist_ok=True)
    with sole_writer(target):
        before = {_key(entry): entry for entry in published()["claims"]} if target.is_file() else {}
        after = {key: entry for key, entry in (before | fresh).items() if key[:2] in named}
        entries = sorted(after.values(), key=lambda entry: (entry["notebook"], entry["claim"], _size_order(entry)))
        text = json.dumps(circumstances() | {"claims": entries}, indent=1, ensure_ascii=False)
        replace_file(target, text + "\n")
    _print_changes(before, after)
    for key in sorted(after.keys() - fresh.keys()):
        if any(key[:2] == other[:2] for other in fresh):
            print(f"kept: {_named(key)}, which this run measured with another model")


def _key(entry: dict) -> tuple[str, str, str]:
    return entry["claim"], entry["notebook"], entry["model"]


def _size_order(entry: dict) -> tuple[int, str]:
    """The sizes of the ladder in order, then other models by name."""
    model = entry["model"]
    return settings.SIZES.index(model) if model in settings.SIZES else len(settings.SIZES), model


def _print_changes(before: dict[tuple, dict], after: dict[tuple, dict]) -> None:
    """Print a line for each entry that was added, dropped or has another verdict, and how many there are of each."""
    added, dropped = sorted(after.keys() - before.keys()), sorted(before.keys() - after.keys())
    both = sorted(after.keys() & before.keys())
    turned = [key for key in both if before[key]["verdict"] != after[key]["verdict"]]
    same = sum(before[key] == after[key] for key in both)
    for key in added:
        print(f"added: {_named(key)} {after[key]['verdict']}")
    for key in dropped:
        print(f"dropped: {_named(key)}, which no notebook records any more")
    for key in turned:
        print(f"another verdict: {_named(key)} {before[key]['verdict']} -> {after[key]['verdict']}")
    measured = len(both) - len(turned) - same
    print(f"{len(added)} added, {len(turned)} with another verdict, {measured} measured again, {same} unchanged.")


def _named(key: tuple[str, str, str]) -> str:
    claim, notebook, model = key
    return f"{claim} ({notebook}, {model})"


def published() -> dict:
    """The committed results: date, hardware, python, versions of the last run, and a list of claims."""
    return _read(_committed(), "restore it from the repository")


def _committed() -> Path:
    return settings.DATA / "results" / "claims.json"


def gathered() -> pd.DataFrame:
    """A row for every claim, every notebook that the ledger names for it and every model it was measured with.

    Columns: claim (its id), text, notebook, verdict, model, finding, n, source.

    ``source``: "this run" if it was recorded in it, else "committed", else "missing", with an empty verdict.
    """
    known: dict[tuple[str, str, str], dict] = {}
    for source, entries in (("committed", published()["claims"]), ("this run", _records())):
        known |= {_key(entry): entry | {"source": source} for entry in entries}
    nothing = {"verdict": "", "model": "", "finding": "", "n": 0, "source": "missing"}
    rows = []
    for claim, line in ledger().iterrows():
        for notebook in line["notebooks"]:
            found = sorted((known[key] for key in known if key[:2] == (claim, notebook)), key=_size_order) or [nothing]
            rows += [{"claim": claim, "text": line["claim"], "notebook": notebook} | entry for entry in found]
    return pd.DataFrame(rows)[["claim", "text", *COLUMNS[1:], "source"]]


def readme_table() -> str:
    """The committed verdicts as the Markdown table that stands in README.md."""
    claims = ledger()["claim"]
    rows = [
        f"| {entry['claim']} | {_cell(claims[entry['claim']])} | **{entry['verdict']}** | {entry['model']} "
        f"| {_cell(entry['finding'])} | {entry['n']} | {entry['notebook']} |"
        for entry in published()["claims"]
    ]
    return "\n".join(
        ["| id | claim | verdict | model | what was measured | n | notebook |", "|---|---|---|---|---|---|---|", *rows]
    )


def _cell(text: str) -> str:
    """A text as it must stand in a cell of a Markdown table."""
    return text.replace("|", "\\|")
