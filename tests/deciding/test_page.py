"""The page: what who has to agree needs to know, and not more than a page of it."""

from dataclasses import replace

import pytest
import yaml

from utils.deciding import APPROACHES, Scenario, load_rules, page, recommend
from utils.settings import DATA

CASES = yaml.safe_load((DATA / "scenarios.yaml").read_text(encoding="utf-8"))
DESK = next(Scenario.from_mapping(case["inputs"]) for case in CASES if case["id"] == "it-help-desk")


def test_the_page_says_what_who_has_to_agree_needs_to_know():
    told = recommend(DESK)
    written = told.markdown()
    names = load_rules().name
    assert written.startswith(f"# Recommendation: {names(told.approach)}\n")
    runner_up = f"**Runner-up: {names(told.runner_up)}.**"
    for part in ("**First step, next week.**", "**Why**", "**Look out**", runner_up, "**Cost.**"):
        assert written.count(part) == 1, part
    assert "Answers given (17 of 18)" in written
    assert "answers_per_day: 900" in written
    weightiest = told.reasons[told.approach][: page.MOST_REASONS]
    assert all(f"rule {reason.rule}, claim {reason.claim}" in written for reason in weightiest)
    assert all(f"| {reason.claim} |" in written for reason in weightiest)
    assert "- and, with less weight: " in written
    assert all(f"| {names(approach)} | {page.signed(told.points[approach])} |" in written for approach in APPROACHES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_it_is_a_page(case):
    written = recommend(Scenario.from_mapping(case["inputs"])).markdown()
    assert len(written.split()) < 750, "words, and the lines of the tables"
    assert "None" not in written
    assert "  " not in written.replace("|  |", "")
    assert "\n\n\n" not in written


def test_a_claim_without_a_committed_verdict_is_said_to_be_unmeasured(publish):
    told = recommend(DESK)
    written, weightiest = told.markdown(), told.reasons[told.approach][: page.MOST_REASONS]
    assert all(f"claim {reason.claim}: not yet measured here" in written for reason in weightiest)
    assert all(f"({r.points:+d}, opinion, not measured, rule {r.rule}," in written for r in weightiest)


def test_only_what_no_verdict_bears_out_is_called_an_opinion(publish):
    publish("R1", "supported")
    written = recommend(Scenario(knowledge="dynamic", citations="required")).markdown()
    assert "(+3, rule moving-knowledge, claim R1: supported (06))" in written
    assert "(+1, opinion, not measured, rule must-cite, claim W8: not yet measured here)" in written


def test_where_all_else_is_ruled_out_no_runner_up_is_named():
    book = load_rules()
    strict = replace(book, rules=(replace(book.rules[0], veto=APPROACHES[1:]),))
    assert "None: everything else is ruled out." in recommend(Scenario(), book=strict).markdown()


@pytest.mark.parametrize(("points", "told"), [(2, "+2"), (-1, "-1"), (0, "0")])
def test_points_stand_with_their_sign(points, told):
    assert page.signed(points) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [(True, "yes"), (False, "no"), (1500, "1,500"), (0.3, "0.3"), (1e9, "1,000,000,000"), ("critical", "critical")],
)
def test_a_value_stands_as_people_write_it(value, told):
    assert page.plain(value) == told
