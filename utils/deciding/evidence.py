"""What this series measured on the claims that rules rest on: the committed verdicts, claim by claim."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from utils.evaluation import claims

UNMEASURED = "not yet measured here"


@dataclass(frozen=True)
class Evidence:
    """A claim behind a decision: its wording, its verdict by notebook, and what was measured, most cases first."""

    claim: str
    text: str
    verdict: str
    findings: tuple[str, ...]


def verdicts_by_claim() -> dict[str, list[dict]]:
    """The committed results (notebook, verdict, finding, n) by claim; a claim without one is not in it."""
    verdicts: dict[str, list[dict]] = {}
    for entry in claims.published()["claims"]:
        verdicts.setdefault(entry["claim"], []).append(entry)
    return verdicts


def verdict(claim: str, verdicts: Mapping[str, list[dict]]) -> str:
    """The verdicts on a claim with their notebooks, such as "supported (06), depends (07)"; else ``UNMEASURED``."""
    return ", ".join(f"{entry['verdict']} ({entry['notebook']})" for entry in verdicts.get(claim, ())) or UNMEASURED


def overall(claim: str, verdicts: Mapping[str, list[dict]]) -> str:
    """One verdict on a claim: that of all notebooks that measured it if they agree, else "depends"; or UNMEASURED."""
    found = [entry["verdict"] for entry in verdicts.get(claim, ())]
    return claims.agreed(found) if found else UNMEASURED


def weak(verdicts: Mapping[str, list[dict]]) -> set[str]:
    """The claims that at least one notebook did not find supported."""
    return {claim for claim, entries in verdicts.items() if any(e["verdict"] != "supported" for e in entries)}


def evidence(wanted: Iterable[str], verdicts: Mapping[str, list[dict]]) -> tuple[Evidence, ...]:
    """What is known on each claim."""
    ledger, made = claims.ledger()["claim"], []
    for claim in wanted:
        entries = sorted(verdicts.get(claim, ()), key=lambda entry: -entry["n"])
        findings = tuple(entry["finding"] for entry in entries)
        made.append(Evidence(claim, ledger[claim], verdict(claim, verdicts), findings))
    return tuple(made)
