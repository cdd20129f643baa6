"""Raw outputs scored again: parity of the engines as committed, and the command that prints every table."""

import pytest

from utils.evaluation import outputs
from utils.studies import engines, scores

SHARES = ("right", "float32", "int8", "all fields", "all items", "usable")  # what the tables call it


def test_int8_answers_as_well_as_float32_within_five_points():
    rows = engines.scores("medium")
    assert [row["model"] for row in rows] == ["untrained", "fine-tuned on facts"]
    for row in rows:
        assert row["n"] >= 500
        assert -0.05 < row["low"] <= row["difference"] <= row["high"] < 0.05


def test_parity_compares_question_by_question(monkeypatch):
    asked = engines.parity_questions()[:4]
    texts = {"float32": [asked[0].answers[0], "?", "?", "?"], "int8": [q.answers[0] for q in asked]}
    kept = {
        f"untrained, {name}": [{"id": q.id, "text": text} for q, text in zip(asked, said, strict=True)]
        for name, said in texts.items()
    }
    monkeypatch.setattr(outputs, "load", lambda study, size: kept)
    (row,) = engines.scores("small")
    assert (row["float32"], row["int8"], row["difference"]) == (0.25, 1.0, 0.75)


def test_the_command_prints_the_tables_of_the_sizes_asked_for(monkeypatch, capsys):
    monkeypatch.setattr(outputs, "load", lambda study, size: {"a": []} if study == "one" else {})
    monkeypatch.setattr(scores, "TABLES", dict.fromkeys(("one", "two"), lambda size: [{"system": size, "right": 0.5}]))
    assert scores.main(["large"]) == 0
    assert capsys.readouterr().out.split() == ["one,", "large", "system", "right", "large", "0.5"]
    assert scores.main([]) == 0
    assert capsys.readouterr().out.count("one, ") == 3


def test_an_unknown_size_is_told(capsys):
    assert scores.main(["huge"]) == 2
    assert capsys.readouterr().out == "There is no size 'huge': choose from small, medium, large.\n"


@pytest.mark.parametrize("study", scores.TABLES)
def test_every_kept_system_can_be_scored(study, monkeypatch):
    def first_outputs(*place):  # all of them take minutes
        return {system: rows[:6] for system, rows in load(*place).items()}

    load = outputs.load
    monkeypatch.setattr(outputs, "load", first_outputs)
    for size in ("small", "medium", "large"):
        for row in scores.TABLES[study](size) if outputs.load(study, size) else ():
            shares = [value for name, value in row.items() if name in SHARES]
            assert shares
            assert all(0 <= share <= 1 for share in shares)
