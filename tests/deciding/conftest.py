"""Stands where committed results stood: verdicts that a test writes itself, and small results of the studies."""

import pytest

from utils.deciding import load_rules, measured_costs, showdown
from utils.evaluation import claims, results
from utils.studies import response_times

SYSTEMS = showdown.SYSTEMS.values()
TIMED = {system.timed for system in SYSTEMS} | set(measured_costs.LOADS.values()) | {"RAG, k = 3"}


def requests(name, first, decode):
    nothing = [0.0] * 3
    parts = {"embed": nothing, "search": nothing, "prefill": [first] * 3, "decode": [decode] * 3}
    return {"system": name, **parts, "prompt_tokens": [200, 200, 203], "shared_tokens": 150, "new_tokens": 16}


def ticket_lines(name, right):
    return {"system": name, "valid": [1.0, 1.0, 1.0, 0.0], "all fields": [1.0] * right + [0.0] * (4 - right)}


SMALL = {
    "response_times": [requests(name, 0.5, 1.5) for name in sorted(TIMED - {response_times.MERGED})]
    + [requests(response_times.MERGED, 0.1, 0.7)],
    "ticket_systems": [ticket_lines(system.tickets, number % 4) for number, system in enumerate(SYSTEMS)],
    "growth": [{"chunks": 700, "documents": 100, "seconds": 15.0}, {"chunks": 900, "documents": 120, "seconds": 2.0}],
    "wordings": [{"seed": seed, "wordings": w, "tokens": 60_000 // (7 - w)} for seed in (1, 2) for w in (1, 6)],
    "update": [
        {"seed": seed, "way": way, "seconds": seconds}
        for seed, way, seconds in ((1, "before", 120.0), (1, "go on from the adapter", 999.0), (2, "before", 180.0))
    ],
}


@pytest.fixture
def small_results(monkeypatch):
    """Small results in the place of the committed ones, but for the grid, which is what it is."""
    load = results.load
    monkeypatch.setattr(results, "load", lambda name: {"rows": SMALL[name]} if name in SMALL else load(name))


@pytest.fixture
def publish(monkeypatch):
    """Adds a verdict to those that stand in the place of the committed ones: none at first. Returns its entry.

    The rules are weighed by these verdicts as long as the test lasts.
    """
    entries = []
    monkeypatch.setattr(claims, "published", lambda: {"claims": entries})
    load_rules.cache_clear()

    def add(claim, verdict, notebook="06", n=9):
        load_rules.cache_clear()
        finding = f"{claim} was {verdict}."
        entries.append({"claim": claim, "notebook": notebook, "verdict": verdict, "finding": finding, "n": n})
        return entries[-1]

    yield add
    load_rules.cache_clear()
