"""The form: its controls make the same case as code does, mistakes are told in it, and it works in a live kernel."""

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import v4

from utils.deciding import FIELDS, Scenario, form, recommend
from utils.settings import ROOT

MARKDOWN = "text/markdown"


@pytest.fixture
def shown(monkeypatch):
    """What is displayed, in order."""
    pages = []
    monkeypatch.setattr(form, "display", pages.append)
    return pages


def untouched():
    return {name: form.control(name).value for name in FIELDS}


def test_an_untouched_form_knows_nothing():
    assert form.scenario(untouched()) == Scenario()


def test_every_answer_of_a_control_is_one_that_a_case_may_have():
    for name, (kind, question) in FIELDS.items():
        control = form.control(name)
        assert control.description == question
        if kind in (int, float):
            assert control.value == ""
            continue
        assert control.label == "not known"  # and not an empty line
        for label, value in control.options:
            known = Scenario(**{name: value}).inputs()[name]
            assert known == value or (value == "unknown" and known is None), label


def test_what_stands_in_the_controls_is_decided_as_in_code(shown):
    answers = untouched() | {"style": "critical", "labelled_examples": " 2,600", "latency_limit_seconds": "0,5"}
    form.decide(**answers)
    same = Scenario(style="critical", labelled_examples=2600, latency_limit_seconds=0.5)
    assert [page.data for page in shown] == [recommend(same).markdown()]


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"documents": "many"}, "documents: 'many' is not a number, so type a number such as 250 or 0.5, or leave it"),
        ({"answers_per_day": "1,500"}, "answers_per_day: '1,500' may be 1.5 or 1500, so type a number such as"),
        ({"documents": "1.5"}, "documents is 1.5: it must be a whole number."),
        ({"documents": "1,5"}, "documents is 1.5: it must be a whole number."),
        ({"tenants": "0"}, "tenants is 0.0: it must be a number from 1"),
        ({"answers_per_day": "inf"}, "answers_per_day: 'inf' is not a number"),
        ({"knowledge": "static", "change_frequency": "daily"}, "change one of the two"),
    ],
)
def test_a_mistake_is_told_in_place_of_the_page(shown, capsys, answers, told):
    form.decide(**untouched() | answers)
    assert shown == []
    assert told in capsys.readouterr().out


def test_in_a_live_kernel_the_form_decides_again_at_every_change():
    cells = [
        "import sys; sys.path.insert(0, '.')\nfrom utils.deciding.form import form\nlive = form()\nlive",
        "live.children[3].value = 'critical'\npage = live.children[-1]\npage.outputs[0]['data']['text/markdown'][:40]",
        "len(live.children[5].children[0].children) + 5",
    ]
    notebook = v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": ROOT}}).execute()
    first, second, third = (cell.outputs for cell in notebook.cells)
    assert any("application/vnd.jupyter.widget-view+json" in out.data for out in first if "data" in out)
    state = notebook.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"].values()
    pages = [
        out["data"][MARKDOWN]
        for model in state
        for out in model["state"].get("outputs", ())
        if MARKDOWN in out.get("data", {})
    ]
    assert [page.splitlines()[0] for page in pages] == ["# Recommendation: fine-tuning"]
    assert third[0].data["text/plain"] == str(len(FIELDS))
    assert second
    nbformat.validate(notebook)
