"""What this series measured on the claims that rules rest on: the committed verdicts, claim by claim."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from utils import settings
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
    """The committed results (notebook, verdict, model, finding, n) by claim; a claim without one is not in it.

    Where a notebook measured several sizes, the decision rests on the default one, or else on the largest.
    """
    chosen: dict[tuple[str, str], dict] = {}
    for entry in claims.published()["claims"]:  # small before medium before large
        key = entry["claim"], entry["notebook"]
        if chosen.get(key, {}).get("model") != settings.DEFAULT_SIZE:
            chosen[key] = entry
    verdicts: dict[str, list[dict]] = {}
    for (claim, _), entry in chosen.items():
        verdicts.setdefault(claim, []).append(entry)
    return verdicts


def verdict(claim: str, verdicts: Mapping[str, list[dict]]) -> str:
    """The verdicts on a claim with their notebooks, such as "supported (06), mixed (07)"; else ``UNMEASURED``."""
    return ", ".join(f"{entry['verdict']} ({entry['notebook']})" for entry in verdicts.get(claim, ())) or UNMEASURED


def overall(claim: str, verdicts: Mapping[str, list[dict]]) -> str:
    """One verdict on a claim: what all notebooks that measured it agree on (``claims.agreed``); or UNMEASURED."""
    found = [entry["verdict"] for entry in verdicts.get(claim, ())]
    return claims.agreed(found) if found else UNMEASURED


def evidence(wanted: Iterable[str], verdicts: Mapping[str, list[dict]]) -> tuple[Evidence, ...]:
    """What is known on each claim."""
    ledger, made = claims.ledger()["claim"], []
    for claim in wanted:
        entries = sorted(verdicts.get(claim, ()), key=lambda entry: -entry["n"])
        findings = tuple(entry["finding"] for entry in entries)
        made.append(Evidence(claim, ledger[claim], verdict(claim, verdicts), findings))
    return tuple(made)
