"""Results of long experiments: kept with what they were measured with, and read back."""

import json

import pytest

from utils.evaluation import results


@pytest.fixture(autouse=True)
def data(monkeypatch, tmp_path):
    """An empty data folder."""
    (tmp_path / "results").mkdir()
    monkeypatch.setattr(results.settings, "DATA", tmp_path)
    return tmp_path


def test_rows_are_saved_with_their_command_and_circumstances_and_read_back(data):
    rows = [{"examples": 30, "valid": 0.5}]
    results.save("small", rows, "python -m utils.studies small")
    found = results.load("small")
    assert found == results.circumstances() | {"command": "python -m utils.studies small", "rows": rows}
    text = (data / "results" / "small.json").read_text(encoding="utf-8")
    assert json.loads(text) == found
    assert text.endswith("}\n")


def test_a_result_that_is_not_there_is_told_with_what_makes_it():
    with pytest.raises(ValueError, match=r"There is no result 'small': run `python -m utils.studies small`"):
        results.load("small")


def test_the_circumstances_are_the_day_the_machine_and_the_versions():
    found = results.circumstances()
    assert set(found) == {"date", "hardware", "python", "versions"}
    assert "CPU cores" in found["hardware"]
    assert set(found["versions"]) == {"torch", "transformers", "peft", "sentence-transformers", "faiss-cpu"}
    assert all(version[0].isdigit() and "+" not in version for version in found["versions"].values())
