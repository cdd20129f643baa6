"""Rules applied to a case: points, vetoes, the ranking, what the cost model says, and which single answers flip it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from utils.deciding import costs
from utils.deciding.rules import APPROACHES, CHEAPER, Rule, Rulebook, load_rules
from utils.deciding.scenario import FIELDS, Choice, Scenario

UPDATES_PER_MONTH = {"daily": costs.DAYS, "weekly": costs.DAYS / 7, "monthly": 1.0, "yearly": 1 / 12, "never": 0.0}
COST_MODEL = {  # what the rulebook's example of a workload holds
    "loads",
    "documents",
    "facts_per_document",
    "training_seconds_per_fact",
    "training_tokens_per_fact",
    "index_seconds_per_document",
    "index_tokens_per_document",
    "storage_gb_per_document",
}
LADDERS = {  # the values tried for a number when one answer at a time is varied
    "labelled_examples": (0, 300, 3000),
    "documents": (0, 20, 500, 50_000),
    "tenants": (1, 20),
    "answers_per_day": (2, 100, 1000, 50_000),
    "latency_limit_seconds": (0.3, 3, 30),
}


@dataclass(frozen=True)
class Score:
    """What the rules say of a case: those that hold, points by approach, which rules veto an approach, and the
    ranking of the approaches that are left, best first."""

    fired: tuple[Rule, ...]
    points: Mapping[str, int]
    vetoed: Mapping[str, tuple[str, ...]]
    ranking: tuple[str, ...]


@dataclass(frozen=True)
class Flip:
    """One answer that, given differently, changes the decision to ``becomes``."""

    field: str
    value: object
    becomes: str


def score(scenario: Scenario, book: Rulebook | None = None, workload: costs.Workload | None = None) -> Score:
    """Apply the rules to a case: add up points, drop what is vetoed, rank; between equals the simpler one first.

    ``workload``: as in ``bill``. ValueError if the rules rule out every approach.
    """
    book = book or load_rules()
    facts = scenario.inputs() | {CHEAPER: cheaper_to_run(scenario, book, workload)}
    fired = tuple(rule for rule in book.rules if rule.holds(facts))
    points = {approach: sum(rule.effect.get(approach, 0) for rule in fired) for approach in APPROACHES}
    vetoed = {a: tuple(rule.id for rule in fired if a in rule.veto) for a in APPROACHES}
    ranking = tuple(sorted((a for a in APPROACHES if not vetoed[a]), key=lambda a: -points[a]))
    if not ranking:
        raise ValueError("The rules veto every approach: take a veto out of data/rules.yaml.")
    return Score(fired, points, {a: rules for a, rules in vetoed.items() if rules}, ranking)


def bill(scenario: Scenario, book: Rulebook, workload: costs.Workload | None = None) -> costs.Workload | None:
    """The workload of a case; None where its volume or how often it changes is not known.

    Without ``workload`` the rulebook's measured example is scaled to the number of documents, in proportion. Answers
    a day and updates a month are always those of the scenario. ValueError without loads for RAG and fine-tuning.
    """
    if scenario.answers_per_day is None or scenario.change_frequency == "unknown":
        return None
    updates = UPDATES_PER_MONTH[scenario.change_frequency]
    workload = workload or _example(book, scenario.documents)
    costs.check_both(workload)
    return replace(workload, answers_per_day=scenario.answers_per_day, updates_per_month=updates)


def _example(book: Rulebook, documents: int | None) -> costs.Workload:
    numbers = book.cost_model
    odd = sorted(set(numbers) ^ COST_MODEL)
    if odd:
        raise ValueError(f"cost_model of the rules must hold {', '.join(sorted(COST_MODEL))}: see to {', '.join(odd)}.")
    documents = numbers["documents"] if documents is None else documents
    facts = documents * numbers["facts_per_document"]
    return costs.Workload(
        answers_per_day=0,
        updates_per_month=0,
        loads={approach: _load(approach, load) for approach, load in numbers["loads"].items()},
        training_seconds=facts * numbers["training_seconds_per_fact"],
        training_tokens=facts * numbers["training_tokens_per_fact"],
        index_seconds=documents * numbers["index_seconds_per_document"],
        index_tokens=documents * numbers["index_tokens_per_document"],
        storage_gb=documents * numbers["storage_gb_per_document"],
    )


def _load(approach: str, load: Mapping) -> costs.Load:
    try:
        return costs.Load(**load)
    except TypeError as problem:
        raise ValueError(f"cost_model of the rules: the load of {approach} cannot be read ({problem}).") from None


def cheaper_to_run(scenario: Scenario, book: Rulebook, workload: costs.Workload | None = None) -> str:
    """Which costs less a month on the own machine: "rag" or "fine_tuning"; "unknown" where ``bill`` has no answer."""
    known = bill(scenario, book, workload)
    if known is None:
        return "unknown"
    month = costs.per_month(known, prices())
    return "rag" if month["rag"] <= month["fine_tuning"] else "fine_tuning"


@lru_cache(maxsize=1)
def prices() -> Mapping[str, float]:
    """The prices of the series, read once."""
    return costs.load_prices()


def flips(scenario: Scenario, book: Rulebook | None = None, workload: costs.Workload | None = None) -> tuple[Flip, ...]:
    """Every single answer that, changed alone, changes the decision: each field is set to each of its values in turn
    (numbers to those of ``LADDERS``), and the rules are applied again. Contradictory answers are left out."""
    before = score(scenario, book, workload).ranking[0]
    found = []
    for name in FIELDS:
        for value in alternatives(scenario, name):
            try:
                other = replace(scenario, **{name: value})
            except ValueError:
                continue
            after = score(other, book, workload).ranking[0]
            if after != before:
                found.append(Flip(name, value, after))
    return tuple(found)


def alternatives(scenario: Scenario, name: str) -> list:
    """The values that a field could have instead of the one it has."""
    kind, now = FIELDS[name].kind, getattr(scenario, name)
    if issubclass(kind, Choice):
        return [value.value for value in kind if value not in ("unknown", now)]
    return [value for value in ((True, False) if kind is bool else LADDERS[name]) if value != now]
