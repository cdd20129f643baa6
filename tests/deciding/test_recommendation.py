"""The recommendation: its reasons, its cautions, what would change it, and that it can be told as JSON."""

import json
from dataclasses import replace

import yaml

from utils.deciding import APPROACHES, Scenario, bill, flips, load_rules, recommend
from utils.settings import DATA

CASES = {case["id"]: case["inputs"] for case in yaml.safe_load((DATA / "scenarios.yaml").read_text(encoding="utf-8"))}
DESK, LETTERS = (Scenario.from_mapping(CASES[name]) for name in ("it-help-desk", "plain-language-letters"))


def test_the_same_case_always_gets_the_same_page():
    assert recommend(DESK).markdown() == recommend(Scenario.from_mapping(DESK.inputs())).markdown()


def test_a_recommendation_carries_what_would_change_it():
    assert recommend(DESK).flips == flips(DESK)


def test_without_a_volume_the_cost_model_is_said_to_be_mute():
    told = recommend(Scenario(primary_constraint="cost", change_frequency="monthly"))
    assert any("the cost model is mute" in caution for caution in told.cautions)
    assert told.cost == ""


def test_reasons_name_their_rule_its_points_and_the_verdict_on_its_claim():
    told = recommend(DESK)
    assert set(told.reasons) == set(APPROACHES)
    for approach, reasons in told.reasons.items():
        assert sum(reason.points for reason in reasons) == told.points[approach]
        for reason in reasons:
            rule = next(rule for rule in load_rules().rules if rule.id == reason.rule)
            assert (reason.text, reason.claim) == (rule.reason, rule.claim)
            assert reason.points or reason.veto
    assert {reason.claim for reason in told.reasons[told.approach]} == {entry.claim for entry in told.evidence}
    assert [reason.rule for reason in told.reasons["cached_prompt"] if reason.veto] == ["too-long-for-a-prompt"]


def test_without_a_committed_verdict_all_evidence_is_unmeasured(publish):
    told = recommend(DESK)
    assert {entry.verdict for entry in told.evidence} == {"not yet measured here"}
    assert all(reason.opinion for reason in told.reasons[told.approach])
    assert set(map(abs, (reason.points for some in told.reasons.values() for reason in some if not reason.veto))) == {1}
    assert all(entry.findings == () for entry in told.evidence)


def test_verdicts_are_told_by_notebook_and_weigh_the_points(publish):
    moving = Scenario(knowledge="dynamic")
    publish("R1", "supported")
    strong = recommend(moving).points["rag"]
    publish("R1", "contradicted", "07")
    told = recommend(moving)
    entry = next(entry for entry in told.evidence if entry.claim == "R1")
    assert entry.verdict == "supported (06), contradicted (07)"
    assert entry.findings == ("R1 was supported.", "R1 was contradicted.")
    assert told.points["rag"] == 1 < strong


def test_an_answer_that_opinions_tip_says_what_it_would_be_without_them(publish):
    publish("R1", "mixed")
    told = recommend(Scenario(knowledge="dynamic"))
    assert told.approach == "rag"
    warning = "Opinions tip the scale: by the rules that were measured alone, the answer would be prompting alone."
    assert warning in told.cautions


def test_an_answer_that_measured_rules_give_alone_does_not_speak_of_opinions(publish):
    publish("R1", "supported")
    told = recommend(Scenario(knowledge="dynamic"))
    assert told.approach == "rag"
    assert not any("Opinions" in caution for caution in told.cautions)


def test_cautions_name_what_is_close_what_is_missing_and_what_is_ruled_out():
    both = recommend(Scenario(factual_accuracy="high", style="critical"))
    for told in map(recommend, (both.scenario, DESK, LETTERS, Scenario(citations="required"))):
        close = told.points[told.approach] - told.points[told.runner_up] <= 1
        said = f"It is close: {told.book.name(told.runner_up)} is at most one point behind."
        assert any(caution.startswith(said) for caution in told.cautions) == close
    missing = next(caution for caution in both.cautions if "able to change the answer" in caution)
    assert "labelled_examples" in missing
    assert "style" not in missing
    ruled_out = recommend(Scenario(style="critical", knowledge="static", training_budget="none"))
    assert any(c == "fine-tuning would have more points, but is ruled out: no-training." for c in ruled_out.cautions)
    assert any("Apply the filter inside the search" in caution for caution in recommend(Scenario(tenants=9)).cautions)


def test_ones_own_measurements_move_the_cost_model():
    case = Scenario(primary_constraint="cost", change_frequency="monthly", answers_per_day=1000, documents=149)
    assert recommend(case).approach == "fine_tuning"
    slow = replace(bill(case, load_rules()), training_seconds=1e6)
    told = recommend(case, workload=slow)
    assert told.approach == "rag"
    assert "at 1,000 answers a day" in told.cost


def test_with_other_rules_the_answer_and_its_page_are_theirs():
    book = load_rules()
    kept = replace(book, rules=tuple(rule for rule in book.rules if rule.id != "start-simple"))
    told = recommend(Scenario(citations="required"), book=kept)
    assert told.points["prompting"] == recommend(Scenario(citations="required")).points["prompting"] - 1
    assert "start-simple" not in told.markdown()


def test_where_all_else_is_ruled_out_there_is_no_runner_up():
    book = load_rules()
    strict = replace(book, rules=(replace(book.rules[0], veto=APPROACHES[1:]),))
    assert recommend(Scenario(), book=strict).runner_up is None


def test_everything_can_be_written_as_json():
    told = recommend(DESK).to_dict()
    read = json.loads(json.dumps(told))
    assert read["approach"] == recommend(DESK).approach
    assert read["scenario"] == DESK.inputs()
    assert read["flips"][0].keys() == {"field", "value", "becomes"}
    assert set(read) == {
        "scenario", "approach", "points", "vetoed", "reasons", "cautions", "evidence", "runner_up", "flips",
        "first_step", "cost",
    }  # fmt: skip
