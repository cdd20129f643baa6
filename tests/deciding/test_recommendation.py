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
    assert {reason.claim for reason in told.reasons["staged_hybrid"]} == {entry.claim for entry in told.evidence}
    assert [reason.rule for reason in told.reasons["cached_prompt"] if reason.veto] == ["too-long-for-a-prompt"]


def test_without_a_committed_verdict_all_evidence_is_unmeasured(publish):
    told = recommend(DESK)
    assert {entry.verdict for entry in told.evidence} == {"not yet measured here"}
    assert all(entry.findings == () for entry in told.evidence)


def test_verdicts_are_told_by_notebook_and_do_not_move_points(publish):
    points = recommend(DESK).points
    publish("W5", "supported")
    publish("W5", "depends", "11")
    told = recommend(DESK)
    entry = next(entry for entry in told.evidence if entry.claim == "W5")
    assert entry.verdict == "supported (06), depends (11)"
    assert entry.findings == ("W5 was supported.", "W5 was depends.")
    assert told.points == points


def test_an_answer_on_weak_ground_says_what_it_would_be_without_it(publish):
    assert recommend(Scenario(style="critical")).approach == "fine_tuning"
    entry = publish("W1", "contradicted")
    told = recommend(Scenario(style="critical"))
    assert told.approach == "fine_tuning"
    warning = "Without the rules whose claims were not plainly supported here, the answer would be prompting alone."
    assert warning in told.cautions
    entry["verdict"] = "supported"
    assert warning not in recommend(Scenario(style="critical")).cautions


def test_cautions_name_what_is_close_what_is_missing_and_what_is_ruled_out():
    both = recommend(Scenario(factual_accuracy="high", style="critical"))
    assert any(caution.startswith("It is close: fine-tuned RAG") for caution in both.cautions)
    assert any("It is close: a long cached prompt" in caution for caution in recommend(LETTERS).cautions)  # one point
    assert not any("It is close" in caution for caution in recommend(DESK).cautions)
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
    assert read["approach"] == "staged_hybrid"
    assert read["scenario"] == DESK.inputs()
    assert read["flips"][0].keys() == {"field", "value", "becomes"}
    assert set(read) == {
        "scenario", "approach", "points", "vetoed", "reasons", "cautions", "evidence", "runner_up", "flips",
        "first_step", "cost",
    }  # fmt: skip
