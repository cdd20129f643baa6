"""The ledger: claims stated beforehand (``data/claims.yaml``), verdicts recorded by the notebooks that measure them."""

import json
from collections.abc import Iterable

import pandas as pd
import yaml

from utils import settings
from utils.evaluation.results import circumstances

VERDICTS = ("supported", "contradicted", "depends")


def ledger() -> pd.DataFrame:
    """Every claim under test: one row a claim id, with claim, notebooks, measure, family."""
    entries = yaml.safe_load((settings.DATA / "claims.yaml").read_text(encoding="utf-8"))
    return pd.DataFrame(entries).set_index("id")


def judge(low: float, high: float, margin: float = 0.0) -> str:
    """The verdict on "this is greater by more than ``margin``" from the interval of a difference."""
    if low > margin:
        return "supported"
    return "contradicted" if high < margin else "depends"


def agreed(verdicts: Iterable[str]) -> str:
    """One verdict of several: theirs if all say the same, else "depends"."""
    found = set(verdicts)
    return found.pop() if len(found) == 1 else "depends"


def record(claim_id: str, notebook: str, verdict: str, finding: str, n: int) -> None:
    """Store what a notebook found on a claim: the verdict, the finding in a sentence with its numbers, and n.

    A later record of the same notebook on the same claim replaces it. Raises ValueError for an unknown claim or
    verdict, an empty finding, or a notebook that the ledger does not name for this claim.
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
    entry = {"claim": claim_id, "notebook": notebook, "verdict": verdict, "finding": finding, "n": int(n)}
    folder = settings.runs_dir() / "claims"
    folder.mkdir(exist_ok=True)
    part = folder / f"{notebook}-{claim_id}.part"
    part.write_text(json.dumps(entry, ensure_ascii=False), encoding="utf-8")
    part.replace(part.with_suffix(".json"))


def recorded(notebook: str | None = None) -> pd.DataFrame:
    """What was recorded in this run, of one notebook or all: claim, notebook, verdict, finding, n."""
    files = sorted((settings.runs_dir() / "claims").glob(f"{notebook or ''}*.json"))
    entries = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    return pd.DataFrame(entries, columns=["claim", "notebook", "verdict", "finding", "n"]).set_index("claim")


def publish() -> None:
    """Write what this run recorded, and what it was measured with, to ``data/results/claims.json``."""
    record = circumstances() | {"claims": _records()}
    target = settings.DATA / "results" / "claims.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def published() -> dict:
    """The committed results: date, hardware, python, versions, and a list of claims."""
    return json.loads((settings.DATA / "results" / "claims.json").read_text(encoding="utf-8"))


def gathered() -> pd.DataFrame:
    """A row for every claim and every notebook that the ledger names for it, in its order.

    Columns: claim (its id), text, notebook, verdict, finding, n, source.

    ``source``: "this run" if it was recorded in it, else "committed", else "missing", with an empty verdict.
    """
    known = {}
    for source, entries in (("committed", published()["claims"]), ("this run", _records())):
        known |= {(entry["claim"], entry["notebook"]): entry | {"source": source} for entry in entries}
    rows = []
    for claim, line in ledger().iterrows():
        for notebook in line["notebooks"]:
            nothing = {"verdict": "", "finding": "", "n": 0, "source": "missing"}
            rows.append({"claim": claim, "text": line["claim"], "notebook": notebook} | nothing)
            rows[-1] |= known.get((claim, notebook), {})
    return pd.DataFrame(rows)


def _records() -> list[dict]:
    return recorded().reset_index().to_dict("records")


def readme_table() -> str:
    """The committed verdicts as the Markdown table that stands in README.md."""
    claims = ledger()["claim"]
    rows = [
        f"| {entry['claim']} | {_cell(claims[entry['claim']])} | **{entry['verdict']}** | {_cell(entry['finding'])} "
        f"| {entry['n']} | {entry['notebook']} |"
        for entry in published()["claims"]
    ]
    return "\n".join(
        ["| id | claim | verdict | what was measured | n | notebook |", "|---|---|---|---|---|---|", *rows]
    )


def _cell(text: str) -> str:
    """A text as it must stand in a cell of a Markdown table."""
    return text.replace("|", "\\|")
