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


def test_rows_are_saved_with_their_command_and_circumstances_and_read_back(data, monkeypatch):
    monkeypatch.setenv("RVF_LLM", "large")
    rows = [{"examples": 30, "valid": 0.5}]
    results.save("small", rows, "python -m utils.studies small")
    found = results.load("small")
    about = {"command": "python -m utils.studies small", "model": "large"}
    assert found == results.circumstances() | about | {"rows": rows}
    text = (data / "results" / "small.json").read_text(encoding="utf-8")
    assert json.loads(text) == found
    assert text.endswith("}\n")
    assert [path.name for path in (data / "results").iterdir()] == ["small.json"]


def test_each_size_has_a_result_of_its_own(data):
    for size in ("small", "medium"):
        results.save("grid", [{"size": size}], "a command", size)
    assert sorted(path.name for path in (data / "results").iterdir()) == ["grid-medium.json", "grid-small.json"]
    assert [results.load("grid", size)["model"] for size in ("small", "medium")] == ["small", "medium"]
    assert results.load("grid", "medium")["rows"] == [{"size": "medium"}]
    with pytest.raises(ValueError, match=r"There is no result 'grid-large': run `.* grid --size large`\."):
        results.load("grid", "large")
    with pytest.raises(ValueError, match="There is no result 'grid': run"):
        results.load("grid")


def test_a_result_that_is_not_there_is_told_with_what_makes_it():
    with pytest.raises(ValueError, match=r"There is no result 'small': run `python -m utils.studies small`"):
        results.load("small")


def test_the_circumstances_are_the_day_the_machine_and_the_versions():
    found = results.circumstances()
    assert set(found) == {"date", "hardware", "python", "versions"}
    assert "CPU cores" in found["hardware"]
    assert set(found["versions"]) == {"torch", "transformers", "peft", "sentence-transformers", "faiss-cpu"}
    assert all(version[0].isdigit() and "+" not in version for version in found["versions"].values())
