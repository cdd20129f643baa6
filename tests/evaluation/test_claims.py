"""The ledger of claims: what may be recorded, what is read back, what is published."""

import json
import multiprocessing
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
from killing import killed_everywhere

from utils import settings
from utils.evaluation import claims
from utils.evaluation.claims import judge, ledger, published, readme_table, record, recorded
from utils.settings import SetupError

LEDGER = """
- {id: F1, claim: Weights remember., notebooks: ["03"], measure: Accuracy., family: fine-tuning}
- {id: R1, claim: "Stores can be edited.", notebooks: ["06", "07"], measure: Seconds., family: rag}
"""


@pytest.fixture(autouse=True)
def folders(monkeypatch, tmp_path):
    monkeypatch.setenv("RVF_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("RVF_LLM", "large")
    monkeypatch.delenv("RVF_PACE", raising=False)
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
        (-0.1, 0.1, 0.0, "undecided"),
        (0.0, 0.2, 0.0, "undecided"),  # nothing is greater than itself
        (0.04, 0.2, 0.05, "undecided"),
        (0.06, 0.2, 0.05, "supported"),
        (0.01, 0.04, 0.05, "contradicted"),
    ],
)
def test_a_verdict_follows_from_where_the_interval_lies(low, high, margin, verdict):
    assert judge(low, high, margin) == verdict


@pytest.mark.parametrize(
    ("several", "one"),
    [
        (["supported", "supported"], "supported"),
        (iter(["contradicted"]), "contradicted"),
        (["mixed", "mixed"], "mixed"),
        (["supported", "contradicted"], "mixed"),
        (["contradicted", "undecided", "supported"], "mixed"),
        (["supported", "undecided"], "undecided"),
        (["contradicted", "undecided"], "undecided"),
        (["mixed", "supported"], "undecided"),
        ([], "undecided"),
    ],
    ids=str,
)
def test_several_verdicts_are_one(several, one):
    assert claims.agreed(several) == one


def test_a_record_is_read_back():
    record("F1", "03", "supported", "86 % (81–90 %) after four passes.", 60)
    table = recorded()
    assert table.loc["F1"].to_dict() == {
        "notebook": "03",
        "verdict": "supported",
        "model": "large",
        "finding": "86 % (81–90 %) after four passes.",
        "n": 60,
    }


def test_a_later_record_of_the_same_notebook_replaces_the_earlier():
    record("R1", "06", "undecided", "First.", 5)
    record("R1", "07", "supported", "Another notebook.", 6)
    record("R1", "06", "supported", "Second.", 7)
    assert list(recorded("06")["finding"]) == ["Second."]
    assert list(recorded()["finding"]) == ["Second.", "Another notebook."]
    assert {path.suffix for path in (settings.runs_dir() / "claims").iterdir()} == {".json"}


def test_nothing_recorded_is_an_empty_table():
    assert recorded().empty
    assert list(recorded("03").reset_index().columns) == ["claim", "notebook", "verdict", "model", "finding", "n"]


def test_a_quick_run_says_that_it_records_nothing(monkeypatch, capsys):
    monkeypatch.setenv("RVF_PACE", "quick")
    record("F1", "03", "supported", "86 %.", 60)
    assert capsys.readouterr().out == "A quick run records no verdict.\n"
    assert recorded().empty
    with pytest.raises(ValueError, match="There is no claim"):
        record("X9", "03", "supported", "86 %.", 60)


def test_what_an_older_version_left_is_not_taken_up():
    record("R1", "06", "supported", "New.", 7)
    old = {"claim": "F1", "notebook": "03", "verdict": "depends", "finding": "Old.", "n": 5}
    folder = settings.runs_dir() / "claims"
    for name, entry in (("03-F1", old), ("07-R1", old | {"claim": "R1", "notebook": "07", "verdict": "supported"})):
        (folder / f"{name}.json").write_text(json.dumps(entry))
    assert list(recorded()["finding"]) == ["New."]


def test_processes_that_record_the_same_claim_at_once_do_not_collide():
    findings = [f"{'a long finding ' * 500}{n}" for n in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda finding: record("F1", "03", "supported", finding, 60), findings))
    assert recorded().loc["F1", "finding"] in findings
    assert [path.name for path in (settings.runs_dir() / "claims").iterdir()] == ["03-F1-large.json"]


def test_models_whose_names_end_alike_have_a_record_each():
    for model in ("one/model", "two/model", "/folders/of/model"):
        record("F1", "03", "supported", f"Of {model}.", 60, model)
    assert sorted(recorded()["model"]) == ["/folders/of/model", "one/model", "two/model"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"claim_id": "X9"}, "There is no claim 'X9'"),
        ({"verdict": "proved"}, "A verdict is one of supported, contradicted, mixed, undecided, not 'proved'"),
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


def commit(*entries):
    """Put entries (claim, notebook, verdict) where the committed ones are."""
    keys = ("claim", "notebook", "verdict")
    rest = {"model": "large", "finding": "Old.", "n": 9, "date": "2026-01-01"}
    made = [dict(zip(keys, entry, strict=True)) | rest for entry in entries]
    (settings.DATA / "results").mkdir(exist_ok=True)
    (settings.DATA / "results" / "claims.json").write_text(json.dumps({"claims": made}), encoding="utf-8")
    return made


def test_what_was_recorded_is_published_with_its_circumstances():
    record("F1", "03", "contradicted", "Żółć: 3 of 60.", 60)
    claims.publish()
    told = published()
    (entry,) = told["claims"]
    assert pd.Timestamp(entry.pop("date")) <= pd.Timestamp.now()
    assert entry == {
        "claim": "F1",
        "notebook": "03",
        "verdict": "contradicted",
        "model": "large",
        "finding": "Żółć: 3 of 60.",
        "n": 60,
    }
    assert set(told) == {"date", "hardware", "python", "versions", "claims"}
    assert pd.Timestamp(told["date"]) <= pd.Timestamp.now()
    assert "CPU cores" in told["hardware"]
    assert set(told["versions"]) == {"torch", "transformers", "peft", "sentence-transformers", "faiss-cpu"}
    text = (settings.DATA / "results" / "claims.json").read_text(encoding="utf-8")
    assert "Żółć" in text
    assert text.endswith("}\n")


def test_publishing_keeps_what_this_run_did_not_record_and_says_what_changed(capsys):
    _, kept, _ = commit(("R1", "06", "supported"), ("R1", "07", "undecided"), ("Z9", "06", "mixed"))
    record("R1", "06", "contradicted", "New.", 10)
    record("F1", "03", "supported", "New.", 11)
    claims.publish()
    entries = published()["claims"]
    assert [(e["claim"], e["notebook"], e["verdict"]) for e in entries] == [
        ("F1", "03", "supported"),
        ("R1", "06", "contradicted"),
        ("R1", "07", "undecided"),
    ]
    assert entries[2] == kept
    assert capsys.readouterr().out.splitlines() == [
        "added: F1 (03, large) supported",
        "dropped: Z9 (06, large), which no notebook records any more",
        "another verdict: R1 (06, large) supported -> contradicted",
        "1 added, 1 with another verdict, 0 measured again, 1 unchanged.",
    ]
    claims.publish()
    assert capsys.readouterr().out == "0 added, 0 with another verdict, 0 measured again, 3 unchanged.\n"
    assert published()["claims"] == entries


def test_publishing_nothing_changes_nothing(capsys):
    commit(("R1", "06", "supported"))
    target = settings.DATA / "results" / "claims.json"
    before = target.read_text()
    claims.publish()
    assert target.read_text() == before
    assert "stays as it is" in capsys.readouterr().out


@pytest.mark.parametrize(
    "content", ["", '{"claims": [', "<<<<<<< ours\n{}", b"\xff\xfe"], ids=["empty", "cut", "merged", "binary"]
)
@pytest.mark.parametrize("which", ["committed", "recorded"])
def test_a_damaged_file_is_named_and_nothing_is_published(content, which):
    commit(("R1", "06", "supported"))
    record("F1", "03", "supported", "New.", 11)
    target = settings.DATA / "results" / "claims.json"
    damaged = target if which == "committed" else next((settings.runs_dir() / "claims").glob("*.json"))
    damaged.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = target.read_bytes()
    with pytest.raises(SetupError, match="is damaged") as told:
        claims.publish()
    assert str(damaged) in str(told.value)
    assert str(told.value).count("\n") == 0
    assert target.read_bytes() == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_two_runs_that_publish_at_once_lose_nothing(monkeypatch, tmp_path):
    commit(("R1", "07", "undecided"))
    for number, claim, notebook in ((0, "F1", "03"), (1, "R1", "06")):
        monkeypatch.setenv("RVF_RUNS", str(tmp_path / f"runs{number}"))
        record(claim, notebook, "supported", "New.", 11)
    read = claims.published
    monkeypatch.setattr(claims, "published", lambda: (read(), time.sleep(0.2))[0])  # time for the other to read as well

    def publish(number):
        os.environ["RVF_RUNS"] = str(tmp_path / f"runs{number}")
        claims.publish()

    both = [multiprocessing.get_context("fork").Process(target=publish, args=[number]) for number in (0, 1)]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    assert [(e["claim"], e["notebook"]) for e in published()["claims"]] == [("F1", "03"), ("R1", "06"), ("R1", "07")]


@pytest.mark.parametrize("step", ["record", "publish"])
def test_a_process_killed_at_any_point_leaves_what_was_there_or_what_is_new(step, tmp_path):
    commit(("R1", "07", "undecided"))
    record("F1", "03", "supported", "First.", 11)
    act = {"record": lambda: record("F1", "03", "mixed", "Second.", 12), "publish": claims.publish}[step]
    for _ in killed_everywhere(act, tmp_path):
        assert recorded().loc["F1", "finding"] in ("First.", "Second.")
        kept = [(entry["claim"], entry["verdict"]) for entry in published()["claims"]]
        assert kept in ([("R1", "undecided")], [("F1", "supported"), ("R1", "undecided")])
        record("F1", "03", "supported", "First.", 11)
        commit(("R1", "07", "undecided"))


def test_the_table_of_the_readme_has_a_row_a_record():
    findings = [
        {"claim": "R1", "notebook": "06", "verdict": "supported", "model": "small", "finding": "In 3 ms.", "n": 9},
        {"claim": "F1", "notebook": "03", "verdict": "mixed", "model": "large", "finding": "5 | 6.", "n": 60},
    ]
    (settings.DATA / "results").mkdir()
    (settings.DATA / "results" / "claims.json").write_text(json.dumps({"claims": findings}), encoding="utf-8")
    assert readme_table().splitlines() == [
        "| id | claim | verdict | model | what was measured | n | notebook |",
        "|---|---|---|---|---|---|---|",
        "| R1 | Stores can be edited. | **supported** | small | In 3 ms. | 9 | 06 |",
        r"| F1 | Weights remember. | **mixed** | large | 5 \| 6. | 60 | 03 |",
    ]


def test_gathered_prefers_this_run_and_names_what_is_missing():
    commit(("R1", "06", "supported"), ("R1", "07", "undecided"))
    record("R1", "06", "contradicted", "New.", 10)
    found = claims.gathered()
    assert list(found.columns) == ["claim", "text", "notebook", "verdict", "model", "finding", "n", "source"]
    assert found.drop(columns="text").to_numpy().tolist() == [
        ["F1", "03", "", "", "", 0, "missing"],
        ["R1", "06", "contradicted", "large", "New.", 10, "this run"],
        ["R1", "07", "undecided", "large", "Old.", 9, "committed"],
    ]
    assert list(found["text"]) == ["Weights remember.", "Stores can be edited.", "Stores can be edited."]


def test_sizes_stand_side_by_side_and_a_run_of_one_forgets_none_of_the_others(capsys):
    record("R1", "06", "supported", "Large.", 9)
    record("R1", "06", "mixed", "Small.", 9, "small")
    claims.publish()
    assert [(e["model"], e["verdict"]) for e in published()["claims"]] == [("small", "mixed"), ("large", "supported")]
    assert list(claims.gathered().query("notebook == '06'")["finding"]) == ["Small.", "Large."]
    for file in (settings.runs_dir() / "claims").iterdir():
        file.unlink()
    record("R1", "06", "undecided", "Medium.", 9, "medium")
    assert list(claims.gathered().query("notebook == '06'")["finding"]) == ["Small.", "Medium.", "Large."]
    capsys.readouterr()
    claims.publish()
    assert [entry["finding"] for entry in published()["claims"]] == ["Small.", "Medium.", "Large."]
    assert capsys.readouterr().out.splitlines() == [
        "added: R1 (06, medium) undecided",
        "1 added, 0 with another verdict, 0 measured again, 2 unchanged.",
        "kept: R1 (06, large), which this run measured with another model",
        "kept: R1 (06, small), which this run measured with another model",
    ]
