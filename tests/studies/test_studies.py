"""Studies are run by name: which there are, what is kept of one, and that an unknown one is refused."""

import pytest

from utils import settings, studies
from utils.evaluation import results


def test_every_committed_result_is_of_a_study_that_is_there_by_name():
    committed = {path.stem for path in (settings.DATA / "results").glob("*.json")} - {"claims"}
    assert committed == set(studies.STUDIES)
    for name in committed:
        assert results.load(name)["command"] == f"python -m utils.studies {name}"


def test_a_study_is_run_by_its_name_and_its_rows_are_kept(monkeypatch, tmp_path):
    monkeypatch.setattr(results.settings, "DATA", tmp_path)
    monkeypatch.setattr(studies, "STUDIES", {"small": lambda: [{"examples": 30, "valid": 0.5}]})
    (tmp_path / "results").mkdir()
    assert studies.main(["small"]) == 0
    result = results.load("small")
    assert result["rows"] == [{"examples": 30, "valid": 0.5}]
    assert result["command"] == "python -m utils.studies small"


@pytest.mark.parametrize("arguments", [[], ["nothing"], ["learning_curve", "twice"]])
def test_an_unknown_study_is_refused_with_those_that_are_there(capsys, arguments):
    assert studies.main(arguments) == 2
    assert capsys.readouterr().err == f"Name one study: {', '.join(studies.STUDIES)}\n"
