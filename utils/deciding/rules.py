"""The rules of the decision framework (``data/rules.yaml``): read, checked, weighed by what was measured, applied."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import yaml

from utils.deciding.evidence import overall, verdicts_by_claim
from utils.deciding.scenario import FIELDS, checked
from utils.evaluation import claims
from utils.settings import DATA

APPROACHES = ("prompting", "cached_prompt", "rag", "staged_hybrid", "fine_tuning", "fine_tuned_rag")  # simplest first
CHEAPER = "cheaper_to_run"  # what the cost model says: "rag", "fine_tuning" or "unknown"
LIMITS = {"at_least", "below"}


@dataclass(frozen=True)
class Rule:
    """One rule: where it holds, the points it gives, what it puts out of the question, why, and on what evidence.

    ``denies``: it rests on the opposite of its claim. ``opinion``: the measured verdict neither bears it out nor
    refutes it, so it gives at most one point either way.
    """

    id: str
    when: Mapping
    effect: Mapping[str, int]
    reason: str
    claim: str
    unless: Mapping = field(default_factory=dict)
    veto: tuple[str, ...] = ()
    caution: str = ""
    denies: bool = False
    opinion: bool = False

    def holds(self, facts: Mapping) -> bool:
        """Whether the rule holds for the facts of a case, by field; what is unknown makes no condition true."""
        stopped = any(_true(condition, facts[name]) for name, condition in self.unless.items())
        return not stopped and all(_true(condition, facts[name]) for name, condition in self.when.items())


@dataclass(frozen=True)
class Rulebook:
    """All rules, with what is said about each approach and the numbers of the cost model."""

    approaches: Mapping[str, Mapping[str, str]]
    rules: tuple[Rule, ...]
    cost_model: Mapping

    def name(self, approach: str) -> str:
        """An approach in plain words."""
        return self.approaches[approach]["name"]


@lru_cache(maxsize=8)
def load_rules(path: Path = DATA / "rules.yaml") -> Rulebook:
    """The rules of a file, weighed by the committed verdicts; ValueError, naming the rule, if one cannot be applied."""
    book = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    if list(book["approaches"]) != list(APPROACHES):
        raise ValueError(f"The approaches must be {', '.join(APPROACHES)}, in this order.")
    known = set(claims.ledger().index)
    rules = tuple(_rule(entry, known) for entry in book["rules"])
    twice = {rule.id for rule in rules if [other.id for other in rules].count(rule.id) > 1}
    if twice:
        raise ValueError(f"Each rule needs an id of its own: {', '.join(sorted(twice))} stands there twice.")
    verdicts = verdicts_by_claim()
    rules = tuple(weighed(rule, overall(rule.claim, verdicts)) for rule in rules)
    return Rulebook(book["approaches"], rules, book["cost_model"])


def weighed(rule: Rule, verdict: str) -> Rule:
    """A rule with the points that the verdict on its claim leaves it: all of them if it bears the rule out, none if it
    refutes it, else at most one either way, as an opinion. Vetoes stay: they say what can't be done."""
    borne_out, refuted = ("contradicted", "supported") if rule.denies else ("supported", "contradicted")
    if verdict == borne_out:
        return rule
    if verdict == refuted:
        return replace(rule, effect={})
    limited = {approach: max(-1, min(1, points)) for approach, points in rule.effect.items()}
    return replace(rule, effect=limited, opinion=bool(limited))


def _rule(entry: Mapping, known_claims: set[str]) -> Rule:
    try:
        rule = Rule(**entry | {"veto": tuple(entry.get("veto", ()))})
    except TypeError as problem:
        raise ValueError(f"Rule {entry.get('id', '?')!r} has a line too many or too few: {problem}.") from None
    strangers = {*rule.effect, *rule.veto} - set(APPROACHES)
    if strangers:
        raise ValueError(f"Rule {rule.id!r} names {', '.join(sorted(strangers))}, which is no approach.")
    if rule.claim not in known_claims:
        raise ValueError(f"Rule {rule.id!r} rests on the claim {rule.claim!r}, which the ledger does not have.")
    if not all(type(points) is int and -3 <= points <= 3 for points in rule.effect.values()):
        raise ValueError(f"Rule {rule.id!r} must give whole points from -3 to 3.")
    for name, condition in (*rule.when.items(), *rule.unless.items()):
        _check_condition(rule.id, name, condition)
    return rule


def _check_condition(rule: str, name: str, condition) -> None:
    """ValueError, naming the rule, for a condition that no case could meet."""
    if name not in FIELDS and name != CHEAPER:
        raise ValueError(f"Rule {rule!r} asks for {name!r}, which is no field of a scenario.")
    if isinstance(condition, Mapping):
        number = name != CHEAPER and FIELDS[name].kind in (int, float)
        limits = [limit for limit in condition.values() if isinstance(limit, int | float)]
        if not number or not limits or len(limits) < len(condition) or set(condition) - LIMITS:
            raise ValueError(
                f"Rule {rule!r}: {name} may have at_least and below, with numbers, only if it is a number."
            )
        return
    for value in condition if isinstance(condition, list) else [condition]:
        if value in (None, "unknown"):
            raise ValueError(f"Rule {rule!r}: {name} can never be {value!r} for a rule, because nothing is known then.")
        try:
            _check_value(name, value)
        except ValueError as problem:
            raise ValueError(f"Rule {rule!r}: {problem}") from None


def _check_value(name: str, value) -> None:
    if name != CHEAPER:
        checked(name, value)
    elif value not in ("rag", "fine_tuning"):
        raise ValueError(f"{name} is {value!r}: it must be rag or fine_tuning.")


def _true(condition, value) -> bool:
    """Whether a condition is true of a value: a word, one of a list of words, or a number within limits."""
    if value is None or value == "unknown":
        return False
    if isinstance(condition, Mapping):
        return condition.get("at_least", float("-inf")) <= value < condition.get("below", float("inf"))
    return value in condition if isinstance(condition, list) else value == condition
