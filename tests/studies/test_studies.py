"""Studies are run by name: which there are, what is kept of one, and that an unknown one is refused."""

import pytest

from utils import settings, studies
from utils.evaluation import outputs, results


def test_every_committed_result_is_of_a_study_that_is_there_by_name():
    committed = {path.stem for path in (settings.DATA / "results").glob("*.json")} - {"claims", "pairs_read"}
    assert committed == set(studies.STUDIES)
    for name in committed:
        assert results.load(name)["command"] == f"python -m utils.studies {name}"


def test_a_study_is_run_by_its_name_and_its_rows_are_kept(monkeypatch, tmp_path):
    monkeypatch.setattr(results.settings, "DATA", tmp_path)
    monkeypatch.setattr(studies, "STUDIES", {"small": lambda: [{"examples": 30, "valid": 0.5}]})
    monkeypatch.setenv("RVF_LLM", "small")
    (tmp_path / "results").mkdir()
    assert studies.main(["small", "--size", "medium"]) == 0
    result = results.load("small")
    assert result["rows"] == [{"examples": 30, "valid": 0.5}]
    assert result["command"] == "python -m utils.studies small --size medium"
    assert result["model"] == "medium"


def test_a_study_of_a_size_runs_with_that_model(monkeypatch):
    monkeypatch.setenv("RVF_LLM", "medium")
    seen = []
    monkeypatch.setattr(studies, "SIZED", {"reading": lambda size: seen.append((size, settings.llm_name()))})
    assert studies.main(["reading", "--size", "large"]) == 0
    assert seen == [("large", "large")]


def test_raw_outputs_that_are_committed_are_of_a_study_and_a_size_that_are_there():
    for path in (settings.DATA / "results" / "raw").glob("*.jsonl"):
        study, _, size = path.stem.rpartition("-")
        assert study in studies.SIZED
        assert size in settings.SIZES
        for system, rows in outputs.load(study, size).items():
            header = outputs.made(study, size)[system]
            assert header["command"] == f"python -m utils.studies {study} --size {size}"
            assert len(rows) == header["n"] > 0
            assert all(isinstance(row["text"], str) for row in rows)


def test_a_study_that_could_not_be_kept_is_not_begun(monkeypatch, capsys):
    monkeypatch.setenv("RVF_LLM", "small")
    monkeypatch.setattr(studies, "STUDIES", {"long": lambda: pytest.fail("hours are spent for nothing")})
    monkeypatch.setattr(settings.os, "access", lambda path, mode: False)
    assert settings.status(studies.main, ["long"]) == 1
    told = f"The folder {settings.DATA / 'results'} is read-only: copy the repository to a folder you can write to.\n"
    assert capsys.readouterr() == ("", told)


@pytest.mark.parametrize("arguments", [[], ["nothing"], ["ticket_systems", "twice"], ["reading", "--size", "tiny"]])
def test_an_unknown_study_is_refused_with_those_that_are_there(capsys, arguments):
    with pytest.raises(SystemExit) as refused:
        studies.main(arguments)
    assert refused.value.code == 2
    assert capsys.readouterr().err.startswith("usage: python -m utils.studies")
