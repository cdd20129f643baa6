"""The framework in a terminal: what is asked or read from a file, and everything that a terminal can do wrong."""

import io
import json
import os
import subprocess
import sys

import pytest

from utils import settings
from utils.deciding import __main__, interview


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs the command with what is typed: (exit code, standard output, standard error)."""

    def call(*arguments, typed=""):
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        code = __main__.main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return call


def test_four_answers_give_a_page(run):
    code, out, asked = run(typed="2\n1\n3\n2\n")
    assert code == 0
    assert out.startswith("# Recommendation: RAG\n")
    assert "change_frequency: weekly; citations: required; factual_accuracy: critical; style: not_needed" in out
    assert [line[:2] for line in asked.splitlines() if line[:1].isdigit()] == ["1.", "2.", "3.", "4."]


def test_nothing_but_json_is_on_standard_output(run):
    code, out, _ = run("--json", typed="6\n5\n1\n1\n")
    assert code == 0
    assert json.loads(out)["approach"] == "fine_tuning"
    assert json.loads(out)["scenario"]["change_frequency"] == "unknown"


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "latin-1", "utf-8"])
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_a_terminal_that_lacks_the_euro_still_gets_the_recommendation(tmp_path, encoding, form):
    case = tmp_path / "case.yaml"
    case.write_text("answers_per_day: 300\nchange_frequency: weekly\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "utils.deciding", "--file", str(case), *form],
        cwd=settings.ROOT,
        env=os.environ | {"PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    out = done.stdout.decode(encoding)
    if form:
        assert "€" in str(json.loads(out))
    else:
        assert {"ascii": "\\u20ac", "latin-1": "\\u20ac", "cp437": "\\u20ac", "utf-8": "€"}[encoding] in out


def test_the_end_of_input_stops_kindly(run):
    code, out, told = run(typed="2\n1\n")
    assert (code, out) == (2, "")
    assert told.endswith("Stopped: nothing was decided.\n")


def test_control_c_stops_kindly(run, monkeypatch):
    def interrupt():
        raise KeyboardInterrupt

    monkeypatch.setattr(interview, "ask", interrupt)
    code, out, told = run()
    assert (code, out) == (2, "")
    assert "Stopped: nothing was decided." in told


@pytest.fixture
def case(tmp_path):
    path = tmp_path / "case.yaml"
    path.write_text("style: critical\nknowledge: static\nlabelled_examples: 3000\n", encoding="utf-8")
    return path


def test_a_file_is_decided_without_a_question(run, case):
    code, out, asked = run("--file", case)
    assert code == 0
    assert asked == ""
    assert out.startswith("# Recommendation: fine-tuning\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("style: critcal", "style is 'critcal': it must be one of"),
        ("tenants: 0", "tenants is 0"),
        ("stile: critical", "did you mean 'style'?"),
        ("- style", "A scenario is a mapping"),
        ("", "A scenario is a mapping of fields to values, not NoneType"),
        ("a: [b", "cannot be read"),
        ("knowledge: static\nchange_frequency: daily", "change one of the two"),
    ],
)
def test_a_file_with_a_mistake_is_told_what_it_is(run, case, text, message):
    case.write_text(text, encoding="utf-8")
    code, out, told = run("--file", case)
    assert (code, out) == (2, "")
    assert message in told


def test_files_that_cannot_be_read_are_told(run, tmp_path):
    (tmp_path / "picture.yaml").write_bytes(b"\xff\xfe\x00\x89")
    for path in (tmp_path / "none.yaml", tmp_path, tmp_path / "picture.yaml"):
        code, out, told = run("--file", path)
        assert (code, out) == (2, "")
        assert "cannot be read" in told


def test_an_unknown_option_is_a_usage_error(run):
    with pytest.raises(SystemExit) as stopped:
        run("--colour")
    assert stopped.value.code == 2


def test_the_command_leaves_no_traceback_when_its_reader_or_its_input_goes(case):
    command = [sys.executable, "-m", "utils.deciding"]
    ended = subprocess.run(command, input="1\n", capture_output=True, text=True, cwd=settings.ROOT, check=False)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    piped = subprocess.Popen(
        [*command, "--file", str(case)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=settings.ROOT
    )
    piped.stdout.close()
    assert piped.stderr.read() == ""
    assert piped.wait() == 0
    piped.stderr.close()
