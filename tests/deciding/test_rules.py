"""The rules: each holds where it says and nowhere else, and a rulebook that cannot be applied is refused."""

from dataclasses import replace

import pytest
import yaml

from utils import settings
from utils.deciding import APPROACHES, CHEAPER, FIELDS, Choice, Scenario, evidence, load_rules, score
from utils.deciding.rules import Rule, weighed
from utils.evaluation import claims

BOOK = load_rules()
PATH = settings.DATA / "rules.yaml"
UNKNOWN = {**dict.fromkeys(FIELDS), CHEAPER: "unknown"}
CONDITIONS = [(rule, name) for rule in BOOK.rules for name in rule.when]


def values(name, condition):
    """Values of a field for which a condition is true, and values for which it is not; unknown is never true."""
    if name == CHEAPER:
        return [condition], [other for other in ("rag", "fine_tuning", "unknown") if other != condition]
    if isinstance(condition, dict):
        low, high = condition.get("at_least"), condition.get("below")
        inside = [low] if low is not None else [high - 0.1]
        outside = ([low - 1] if low else []) + ([high] if high is not None else [])
        return inside, [*outside, None]
    wanted = condition if isinstance(condition, list) else [condition]
    kind = FIELDS[name].kind
    every = [value.value for value in kind] if issubclass(kind, Choice) else [True, False, None]
    return wanted, [value for value in every if value not in wanted]


def facts_of(rule):
    """Facts in which a rule holds, and nothing else is known."""
    return UNKNOWN | {name: values(name, condition)[0][0] for name, condition in rule.when.items()}


@pytest.mark.parametrize("rule", BOOK.rules, ids=lambda rule: rule.id)
def test_a_rule_holds_in_its_case_for_every_value_that_it_names(rule):
    assert rule.holds(facts_of(rule))
    for name, condition in rule.when.items():
        assert all(rule.holds(facts_of(rule) | {name: value}) for value in values(name, condition)[0])


@pytest.mark.parametrize(("rule", "name"), CONDITIONS, ids=[f"{rule.id}-{name}" for rule, name in CONDITIONS])
def test_a_rule_does_not_hold_in_its_negation(rule, name):
    others = values(name, rule.when[name])[1]
    assert others
    assert not any(rule.holds(facts_of(rule) | {name: value}) for value in others)


@pytest.mark.parametrize("rule", [rule for rule in BOOK.rules if rule.unless], ids=lambda rule: rule.id)
def test_an_exception_stops_a_rule(rule):
    for name, condition in rule.unless.items():
        inside, outside = values(name, condition)
        assert not any(rule.holds(facts_of(rule) | {name: value}) for value in inside)
        assert all(rule.holds(facts_of(rule) | {name: value}) for value in outside)


@pytest.mark.parametrize("rule", BOOK.rules, ids=lambda rule: rule.id)
def test_a_rule_is_found_in_a_scenario_of_its_own(rule):
    inputs = {name: value for name, value in facts_of(rule).items() if name in FIELDS}
    if CHEAPER in rule.when:
        often = "weekly" if rule.when[CHEAPER] == "rag" else "yearly"
        inputs |= {"answers_per_day": 200, "change_frequency": often}
    if isinstance(inputs["documents"], float):
        inputs["documents"] = int(inputs["documents"])
    if isinstance(inputs["labelled_examples"], float):
        inputs["labelled_examples"] = int(inputs["labelled_examples"])
    assert rule in score(Scenario(**inputs)).fired
    assert rule not in score(Scenario()).fired or not rule.when


@pytest.mark.parametrize("rule", BOOK.rules, ids=lambda rule: rule.id)
def test_a_rule_can_be_read_and_does_something(rule):
    assert rule.effect or rule.veto or rule.caution
    assert 0 not in rule.effect.values()
    assert rule.reason.endswith(".")
    assert 6 <= len(rule.reason.split()) <= 30
    assert rule.claim in claims.ledger().index


def test_no_two_rules_share_a_reason_and_most_claims_are_used():
    assert len({rule.reason for rule in BOOK.rules}) == len(BOOK.rules)
    assert len({rule.claim for rule in BOOK.rules}) >= 20
    assert {approach for rule in BOOK.rules for approach in rule.effect} == set(APPROACHES)


def test_every_approach_has_a_name_what_it_is_and_a_first_step():
    for approach in APPROACHES:
        assert set(BOOK.approaches[approach]) == {"name", "what", "first_step"}
    assert len({BOOK.name(approach) for approach in APPROACHES}) == 6


@pytest.fixture
def spoilt(tmp_path):
    """Writes the rulebook after a change to its data, and reads it."""

    def read(change):
        book = yaml.safe_load(PATH.read_text(encoding="utf-8"))
        change(book)
        path = tmp_path / "rules.yaml"
        path.write_text(yaml.safe_dump(book, sort_keys=False), encoding="utf-8")
        return load_rules(path)

    return read


def put(**entries):
    """The change that gives the second rule other lines."""
    return lambda book: book["rules"][1].update(entries)


BREAKS = [
    (put(effect={"magic": 1}), "Rule 'changes' names magic, which is no approach"),
    (put(veto=["magic"]), "names magic"),
    (put(effect={"rag": 4}), "whole points from -3 to 3"),
    (put(effect={"rag": 0.5}), "whole points from -3 to 3"),
    (put(effect={"rag": True}), "whole points from -3 to 3"),
    (put(claim="Z1"), "rests on the claim 'Z1', which the ledger does not have"),
    (put(when={"weather": "fine"}), "asks for 'weather', which is no field"),
    (put(when={"style": "criticl"}), "Rule 'changes': style is 'criticl'"),
    (put(unless={"style": ["useful", "criticl"]}), "style is 'criticl'"),
    (put(when={"style": {"below": 3}}), "style may have at_least and below, with numbers, only if it is a number"),
    (put(when={"tenants": {"more_than": 3}}), "tenants may have at_least and below, with numbers, only"),
    (put(when={"tenants": {}}), "tenants may have at_least and below, with numbers, only"),
    (put(when={"tenants": {"below": "ten"}}), "tenants may have at_least and below, with numbers"),
    (put(when={"style": "unknown"}), "style can never be 'unknown' for a rule"),
    (put(when={"offline": None}), "offline can never be None for a rule"),
    (put(when={CHEAPER: "magic"}), "cheaper_to_run is 'magic'"),
    (put(colour="blue"), "Rule 'changes' has a line too many or too few"),
    (lambda book: book["rules"][1].pop("reason"), "has a line too many or too few"),
    (lambda book: book["rules"].append(book["rules"][0]), "start-simple stands there twice"),
    (lambda book: book["approaches"].pop("rag"), "The approaches must be prompting, "),
]


@pytest.mark.parametrize(("change", "message"), BREAKS, ids=[message for _, message in BREAKS])
def test_a_rule_that_cannot_be_applied_is_refused_by_name(spoilt, change, message):
    with pytest.raises(ValueError, match=message):
        spoilt(change)


def test_an_unspoilt_copy_is_the_same_book(spoilt):
    assert spoilt(lambda book: None) == BOOK


# What each claim praises, by its words in claims.yaml; claims that praise no approach are left out.
PRAISED = {
    "F1": "fine_tuning", "F3": "fine_tuning", "F5": "fine_tuning", "H1": "fine_tuned_rag", "H2": "staged_hybrid",
    "N1": "prompting", "N2": "cached_prompt", "R1": "rag", "R2": "rag", "R4": "rag", "R5": "rag", "R6": "rag",
    "W1": "fine_tuning", "W2": "fine_tuning", "W3": "fine_tuning", "W4": "fine_tuning", "W5": "rag", "W6": "rag",
    "W7": "rag", "W8": "rag",
}  # fmt: skip
WEIGHED = Rule("x", {}, {"rag": 3, "prompting": -2}, "Because.", "R1", veto=("fine_tuning",))


def test_no_rule_rewards_what_its_claim_contradicted():
    verdicts = evidence.verdicts_by_claim()
    contradicted = {claim for claim in verdicts if evidence.overall(claim, verdicts) == "contradicted"}
    written = yaml.safe_load(PATH.read_text(encoding="utf-8"))["rules"]
    for rule in (*BOOK.rules, *(Rule(**entry) for entry in written)):
        if rule.claim in contradicted & PRAISED.keys():
            assert rule.effect.get(PRAISED[rule.claim], 0) <= 0, rule.id


@pytest.mark.parametrize("claim", PRAISED)
def test_a_claim_that_is_contradicted_rewards_nothing(publish, claim):
    publish(claim, "contradicted")
    for rule in load_rules().rules:
        if rule.claim == claim:
            assert rule.effect == {} or (rule.denies and rule.effect.get(PRAISED[claim], 0) <= 0), rule.id


def test_what_is_not_borne_out_gives_a_point_at_most_and_is_called_an_opinion():
    verdicts = evidence.verdicts_by_claim()
    for rule in BOOK.rules:
        borne_out = evidence.overall(rule.claim, verdicts) == ("contradicted" if rule.denies else "supported")
        assert borne_out or all(abs(points) == 1 for points in rule.effect.values()), rule.id
        assert rule.opinion == (bool(rule.effect) and not borne_out), rule.id


@pytest.mark.parametrize(
    ("verdict", "denies", "effect", "opinion"),
    [
        ("supported", False, {"rag": 3, "prompting": -2}, False),
        ("contradicted", False, {}, False),
        ("mixed", False, {"rag": 1, "prompting": -1}, True),
        ("undecided", False, {"rag": 1, "prompting": -1}, True),
        (evidence.UNMEASURED, False, {"rag": 1, "prompting": -1}, True),
        ("supported", True, {}, False),
        ("contradicted", True, {"rag": 3, "prompting": -2}, False),
        ("mixed", True, {"rag": 1, "prompting": -1}, True),
    ],
)
def test_a_verdict_weighs_a_rule_and_leaves_its_veto(verdict, denies, effect, opinion):
    rule = weighed(replace(WEIGHED, denies=denies), verdict)
    assert (rule.effect, rule.opinion, rule.veto) == (effect, opinion, ("fine_tuning",))
