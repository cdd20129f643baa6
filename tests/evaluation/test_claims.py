"""The ledger of claims: what may be recorded, what is read back, what is published."""

import json

import pandas as pd
import pytest

from utils import settings
from utils.evaluation import claims
from utils.evaluation.claims import judge, ledger, published, readme_table, record, recorded

LEDGER = """
- {id: F1, claim: Weights remember., notebooks: ["03"], measure: Accuracy., family: fine-tuning}
- {id: R1, claim: "Stores can be edited.", notebooks: ["06", "07"], measure: Seconds., family: rag}
"""


@pytest.fixture(autouse=True)
def folders(monkeypatch, tmp_path):
    monkeypatch.setenv("RVF_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(settings, "DATA", tmp_path)
    (tmp_path / "claims.yaml").write_text(LEDGER, encoding="utf-8")


def test_the_ledger_has_a_row_a_claim():
    table = ledger()
    assert list(table.index) == ["F1", "R1"]
    assert table.loc["R1", "notebooks"] == ["06", "07"]
    assert list(table.columns) == ["claim", "notebooks", "measure", "family"]


@pytest.mark.parametrize(
    ("low", "high", "margin", "verdict"),
    [
        (0.01, 0.2, 0.0, "supported"),
        (-0.2, -0.01, 0.0, "contradicted"),
        (-0.1, 0.1, 0.0, "depends"),
        (0.0, 0.2, 0.0, "depends"),  # nothing is greater than itself
        (0.04, 0.2, 0.05, "depends"),
        (0.06, 0.2, 0.05, "supported"),
        (0.01, 0.04, 0.05, "contradicted"),
    ],
)
def test_a_verdict_follows_from_where_the_interval_lies(low, high, margin, verdict):
    assert judge(low, high, margin) == verdict


def test_several_verdicts_are_one_if_they_agree():
    assert claims.agreed(["supported", "supported"]) == "supported"
    assert claims.agreed(iter(["contradicted"])) == "contradicted"
    assert claims.agreed(["supported", "contradicted"]) == "depends"


def test_a_record_is_read_back():
    record("F1", "03", "supported", "86 % (81–90 %) after four passes.", 60)
    table = recorded()
    assert table.loc["F1"].to_dict() == {
        "notebook": "03",
        "verdict": "supported",
        "finding": "86 % (81–90 %) after four passes.",
        "n": 60,
    }


def test_a_later_record_of_the_same_notebook_replaces_the_earlier():
    record("R1", "06", "depends", "First.", 5)
    record("R1", "07", "supported", "Another notebook.", 6)
    record("R1", "06", "supported", "Second.", 7)
    assert list(recorded("06")["finding"]) == ["Second."]
    assert list(recorded()["finding"]) == ["Second.", "Another notebook."]
    assert {path.suffix for path in (settings.runs_dir() / "claims").iterdir()} == {".json"}


def test_nothing_recorded_is_an_empty_table():
    assert recorded().empty
    assert list(recorded("03").columns) == ["notebook", "verdict", "finding", "n"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"claim_id": "X9"}, "There is no claim 'X9'"),
        ({"verdict": "proved"}, "A verdict is one of supported, contradicted, depends, not 'proved'"),
        ({"notebook": "04"}, "does not name notebook 04 for claim F1"),
        ({"finding": " \n"}, "a finding in words"),
        ({"n": 0}, "the number of cases"),
    ],
    ids=str,
)
def test_a_record_that_says_too_little_or_too_much_is_refused(change, message):
    right = {"claim_id": "F1", "notebook": "03", "verdict": "supported", "finding": "86 %.", "n": 60}
    with pytest.raises(ValueError, match=message):
        record(**right | change)
    assert recorded().empty


def test_what_was_recorded_is_published_with_its_circumstances():
    record("F1", "03", "contradicted", "Żółć: 3 of 60.", 60)
    claims.publish()
    told = published()
    assert told["claims"] == [
        {"claim": "F1", "notebook": "03", "verdict": "contradicted", "finding": "Żółć: 3 of 60.", "n": 60}
    ]
    assert set(told) == {"date", "hardware", "python", "versions", "claims"}
    assert pd.Timestamp(told["date"]) <= pd.Timestamp.now()
    assert "CPU cores" in told["hardware"]
    assert set(told["versions"]) == {"torch", "transformers", "peft", "sentence-transformers", "faiss-cpu"}
    text = (settings.DATA / "results" / "claims.json").read_text(encoding="utf-8")
    assert "Żółć" in text
    assert text.endswith("}\n")


def test_the_table_of_the_readme_has_a_row_a_record():
    findings = [
        {"claim": "R1", "notebook": "06", "verdict": "supported", "finding": "In 3 ms.", "n": 9},
        {"claim": "F1", "notebook": "03", "verdict": "depends", "finding": "5 | 6.", "n": 60},
    ]
    (settings.DATA / "results").mkdir()
    (settings.DATA / "results" / "claims.json").write_text(json.dumps({"claims": findings}), encoding="utf-8")
    assert readme_table().splitlines() == [
        "| id | claim | verdict | what was measured | n | notebook |",
        "|---|---|---|---|---|---|",
        "| R1 | Stores can be edited. | **supported** | In 3 ms. | 9 | 06 |",
        r"| F1 | Weights remember. | **depends** | 5 \| 6. | 60 | 03 |",
    ]


def test_gathered_prefers_this_run_and_names_what_is_missing():
    committed = [
        {"claim": "R1", "notebook": "06", "verdict": "supported", "finding": "Old.", "n": 9},
        {"claim": "R1", "notebook": "07", "verdict": "depends", "finding": "Kept.", "n": 8},
    ]
    (settings.DATA / "results").mkdir()
    (settings.DATA / "results" / "claims.json").write_text(json.dumps({"claims": committed}), encoding="utf-8")
    record("R1", "06", "contradicted", "New.", 10)
    found = claims.gathered()
    assert found[["claim", "notebook", "verdict", "finding", "n", "source"]].to_numpy().tolist() == [
        ["F1", "03", "", "", 0, "missing"],
        ["R1", "06", "contradicted", "New.", 10, "this run"],
        ["R1", "07", "depends", "Kept.", 8, "committed"],
    ]
    assert list(found["text"]) == ["Weights remember.", "Stores can be edited.", "Stores can be edited."]
