"""The ticket task: the form of a line, its score, and the chats; and the studies that are run by name."""

import json

import nbformat
import pytest

from utils import corpus, settings, studies, tickets
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


def test_the_rules_in_words_are_those_of_notebook_01():
    (path,) = (settings.ROOT / "notebooks").glob("01_*.ipynb")
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if "RULES = (" in cell.source]
    names = {}
    exec(cells[0].partition("def ")[0], names)
    assert names["RULES"] == tickets.RULES


def test_worked_examples_stand_between_the_system_prompt_and_the_message():
    shown = {"complaint": "11111: no.", "ticket": RIGHT.replace("48213", "11111")}
    for chat, opening in ((tickets.prompted, tickets.RULES), (tickets.with_examples, tickets.chat("")[0]["content"])):
        made = chat("48213: charged twice.", [shown])
        assert [message["role"] for message in made] == ["system", "user", "assistant", "user"]
        assert [message["content"] for message in made] == [opening, *shown.values(), "48213: charged twice."]
    assert len(tickets.prompted("x")) == 2


def test_examples_are_the_first_of_each_category_or_the_most_alike_with_the_best_last():
    train = corpus.load_jsonl("tickets")[:60]
    five = tickets.one_a_category(train)
    assert len(five) == len({record["category"] for record in train}) == 5
    assert five[0] == train[0]
    (near,) = tickets.nearest([train[7]["complaint"]], train)
    assert len(near) == 3
    assert near[-1] == train[7]


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
