"""The ticket task: the form of a line, its score, and the chats; and the studies that are run by name."""

import json

import pytest

from utils import corpus, studies, tickets
from utils.tickets import score

RECORD = {"number": "48213", "category": "BILLING", "priority": "HIGH", "assignee": "Sarah M."}
RIGHT = "Ticket #48213 - BILLING - HIGH - Assigned to Sarah M."


def row(valid, number, category, priority, assignee, everything):
    values = {"number": number, "category": category, "priority": priority, "assignee": assignee}
    return {"valid": valid, **values, "all fields": everything}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (RIGHT, row(1, 1, 1, 1, 1, 1)),
        (RIGHT.replace("48213", "48214"), row(1, 0, 1, 1, 1, 0)),
        (RIGHT.replace("HIGH", "LOW").replace("Sarah M.", "Tom K."), row(1, 1, 1, 0, 0, 0)),
        (RIGHT.replace("BILLING", "COFFEE"), row(0, 0, 0, 0, 0, 0)),
        (f"Sure! {RIGHT}", row(0, 0, 0, 0, 0, 0)),
        (f"{RIGHT}\n", row(0, 0, 0, 0, 0, 0)),
        ("", row(0, 0, 0, 0, 0, 0)),
    ],
)
def test_a_line_is_scored_field_by_field(line, expected):
    assert score(line, RECORD) == expected


def test_every_ticket_of_the_house_is_valid_and_right():
    for record in corpus.load_jsonl("tickets"):
        assert min(score(record["ticket"], record).values()) == 1


def test_training_and_asking_share_the_prompt():
    record = {"complaint": "48213: charged twice.", "ticket": RIGHT}
    assert tickets.example(record)[:-1] == tickets.chat("48213: charged twice.")
    assert tickets.example(record)[-1] == {"role": "assistant", "content": RIGHT}
    assert tickets.chat("48213: charged twice.")[-1] == {"role": "user", "content": "48213: charged twice."}


def test_a_study_is_run_by_its_name_and_read_back(monkeypatch, tmp_path):
    monkeypatch.setattr(studies, "DATA", tmp_path)
    monkeypatch.setattr(studies, "STUDIES", {"small": lambda: [{"examples": 30, "valid": 0.5}]})
    with pytest.raises(ValueError, match=r"There is no result 'small': run `python -m utils.studies small`"):
        studies.load("small")
    (tmp_path / "results").mkdir()
    assert studies.main(["small"]) == 0
    result = studies.load("small")
    assert result["rows"] == [{"examples": 30, "valid": 0.5}]
    assert result["command"] == "python -m utils.studies small"
    assert {"date", "hardware", "python", "versions"} <= set(result)
    assert json.loads((tmp_path / "results" / "small.json").read_text()) == result


@pytest.mark.parametrize("arguments", [[], ["nothing"], ["learning_curve", "twice"]])
def test_an_unknown_study_is_refused_with_those_that_are_there(capsys, arguments):
    assert studies.main(arguments) == 2
    assert capsys.readouterr().err == f"Name one study: {', '.join(studies.STUDIES)}\n"
