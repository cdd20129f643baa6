"""A case in a file: YAML and JSON are read alike, and what is lost, doubled, nested or read otherwise is told."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utils.deciding import Scenario
from utils.deciding.files import read

CASE = {"style": "critical", "documents": 20, "latency_limit_seconds": 0.5, "offline": True, "tenants": None}


@pytest.fixture
def written(tmp_path):
    """A file with a text in it."""

    def write(text, name="case.yaml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


LAYOUTS = {
    "JSON": json.dumps(CASE),
    "JSON, indented by spaces": json.dumps(CASE, indent=4),
    "JSON, indented by tabs": json.dumps(CASE, indent="\t"),
    "JSON after a byte-order mark": "\ufeff" + json.dumps(CASE),
    "YAML": "style: critical\ndocuments: 20\nlatency_limit_seconds: 0.5\noffline: yes\n",
    "YAML after a byte-order mark": "\ufeffstyle: critical\ndocuments: 20\nlatency_limit_seconds: 0.5\noffline: true\n",
    "YAML with tabs": "\tstyle:\tcritical\n\tdocuments:\t20\n\tlatency_limit_seconds:\t5e-1\n\toffline:\ttrue\n",
    "YAML in braces": "{style: critical, documents: 20, latency_limit_seconds: 0.5, offline: true}",
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["case.yaml", "case.txt"])
def test_a_case_is_the_same_in_every_layout(written, layout, name):
    assert read(written(LAYOUTS[layout], name)) == Scenario.from_mapping(CASE)


@pytest.mark.parametrize("layout", [layout for layout in LAYOUTS if layout.startswith("JSON")])
def test_a_file_of_json_is_read_as_json(written, layout):
    assert read(written(LAYOUTS[layout], "case.json")) == Scenario.from_mapping(CASE)


@settings(deadline=None)
@given(number=st.one_of(st.integers(0, 10**12), st.floats(0, 1e12)), capital=st.booleans())
def test_every_number_of_json_is_read_in_yaml_too(tmp_path_factory, number, capital):
    text = json.dumps(number)
    path = tmp_path_factory.mktemp("case") / "case.yaml"
    path.write_text(f"answers_per_day: {text.upper() if capital else text}\n", encoding="utf-8")
    assert read(path).answers_per_day == number


@pytest.mark.parametrize("number", ["1e3", "1E3", "1e+3", "1.0e3", "1000", "+1000", "1000.0"])
@pytest.mark.parametrize("field", ["answers_per_day", "documents"])
def test_a_thousand_is_a_thousand(written, number, field):
    assert getattr(read(written(f"{field}: {number}")), field) == 1000


MISTAKES = [
    ("case.yaml", "documents: 010", "documents is '010'"),  # 8 to PyYAML
    ("case.yaml", "latency_limit_seconds: 1:30", "latency_limit_seconds is '1:30'"),  # 90 to PyYAML
    ("case.yaml", "answers_per_day: 1,500", "answers_per_day is '1,500'"),
    ("case.yaml", "answers_per_day: 0x10", "answers_per_day is '0x10'"),
    ("case.yaml", "answers_per_day: .inf", "answers_per_day is '.inf'"),
    ("case.json", '{"answers_per_day": NaN}', "answers_per_day is nan"),
    ("case.json", '{"answers_per_day": 1e999}', "answers_per_day is inf"),
    ("case.yaml", "style: critical\nstyle: useful", "style stands there twice, so keep one of them."),
    ("case.json", '{"style": "critical", "style": "useful"}', "style stands there twice, so keep one of them."),
    ("case.yaml", '{"style": "critical", "style": "useful"}', "style stands there twice, so keep one of them."),
    ("case.yaml", '{style: critical, "style": useful}', "style stands there twice, so keep one of them."),
    ("case.yaml", "style: [critical]", "style is a list: give one value."),
    ("case.yaml", "style: {style: critical}", "style is a dict: give one value."),
    ("case.json", '{"style": ' + "[" * 50_000, "is nested too deeply"),
    ("case.yaml", "[" * 50_000, "is nested too deeply"),
    ("case.yaml", "{a: " * 50_000, "is nested too deeply"),
    ("case.json", '{"style": "critical",}', "cannot be read"),
    ("case.json", "style: critical", "cannot be read"),
    ("case.yaml", "documents: " + "9" * 5000, "cannot be read"),
    ("case.json", '{"documents": ' + "9" * 5000 + "}", "cannot be read"),
    ("case.yaml", "--- \nstyle: critical\n---\nstyle: useful", "cannot be read"),
    ("case.yaml", "style: 2026-01-01", "style is '2026-01-01'"),
    ("case.yaml", "? [style]\n: critical", "cannot be read"),
]


@pytest.mark.parametrize(("name", "text", "message"), MISTAKES, ids=[text[:30] for _, text, _ in MISTAKES])
def test_a_mistake_in_a_file_is_told(written, name, text, message):
    with pytest.raises(ValueError, match=re.escape(message)) as told:
        read(written(text, name))
    assert type(told.value) is ValueError
    assert len(str(told.value)) < 600


def test_references_that_would_fill_the_memory_when_shown_are_refused_unshown(written):
    lines = ["documents: &a [x, x, x, x, x, x, x, x, x]"]
    names = ["tenants", "answers_per_day", "labelled_examples", "latency_limit_seconds", "growth", "domain", "style"]
    for name, (mark, before) in zip(names, ["ba", "cb", "dc", "ed", "fe", "gf", "hg"], strict=True):
        lines.append(f"{name}: &{mark} [{', '.join(f'*{before}' for _ in range(9))}]")
    with pytest.raises(ValueError, match="documents is a list: give one value"):
        read(written("\n".join([*lines, "change_frequency: *h"])))
