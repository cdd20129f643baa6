"""README.md leads to every notebook and nowhere that isn't there, its commands exist, its numbers were measured."""

import importlib.util
import json
import re

import contract
import pytest

from utils import settings
from utils.deciding import showdown
from utils.evaluation import claims

NAMES = sorted(path.name for path in (settings.ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def readme():
    path = settings.ROOT / "README.md"
    assert path.is_file(), "README.md is missing: write it"
    return path.read_text(encoding="utf-8")


def unlinked(text):
    """The notebooks that a text has no link to."""
    return [name for name in NAMES if f"](notebooks/{name})" not in text]


def marked(text, name="claims"):
    """What stands between the two marks of a table; None without the marks."""
    found = re.findall(f"<!-- {name} -->(.*?)<!-- /{name} -->", text, re.DOTALL)
    return found[0].strip() if len(found) == 1 else None


def test_every_notebook_is_linked(readme):
    assert NAMES
    assert not unlinked(readme), "README.md: link these as [title](notebooks/NAME)"


def test_relative_links_exist(readme):
    assert not contract.broken_links(readme, settings.ROOT), "README.md: these links lead nowhere"


def test_table_of_claims_is_the_committed_one(readme):
    if not (settings.DATA / "results" / "claims.json").exists():
        pytest.skip("no results are recorded yet: make notebooks writes data/results/claims.json")
    part = marked(readme)
    assert part is not None, "README.md needs the lines <!-- claims --> and <!-- /claims --> once"
    assert part == claims.readme_table(), "README.md: put what claims.readme_table() gives between the two marks"


def test_table_of_the_showdown_is_the_committed_one(readme):
    part = marked(readme, "showdown")
    assert part is not None, "README.md needs the lines <!-- showdown --> and <!-- /showdown --> once"
    assert part == showdown.readme_table(), "README.md: put what python -m utils.deciding.showdown prints there"


BULLET = re.compile(r"\((?P<claims>[^()]+) · \[(?P<notebook>\d\d)\]\(notebooks/\S+\) · `(?P<model>\S+)`\)$")


def not_measured(sentence, entries):
    """What is wrong with a sentence of the answer: numbers, verdicts or models that no committed claim has."""
    told = BULLET.search(sentence)
    if not told:
        return ["it must end with (CLAIM verdict · [NN](notebook) · `model`)"]
    wrong, findings = [], ""
    for claim, verdict in (named.split() for named in told["claims"].split(", ")):
        entry = entries.get((claim, told["notebook"], told["model"]), {})
        findings += entry.get("finding", "")
        if entry.get("verdict") != verdict:
            wrong.append(f"{claim} is {entry.get('verdict')} on {told['model']}")
    numbers = re.findall(r"\d+%", sentence)
    return wrong + [number for number in numbers or ["no number"] if number not in re.findall(r"\d+%", findings)]


def test_every_number_of_the_answer_is_a_committed_one(readme):
    sentences = [" ".join(part.split()) for part in marked(readme, "answer").split("\n- ")]
    entries = {(entry["claim"], entry["notebook"], entry["model"]): entry for entry in claims.published()["claims"]}
    assert len(sentences) == 4
    for sentence in sentences:
        assert re.match(r"(- )?\*\*If .+, .+:\*\*", sentence), sentence
        assert not not_measured(sentence, entries), sentence


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("**If x, y:** 5% (W1 mixed · [01](notebooks/a.ipynb) · `small`)", []),
        ("**If x, y:** 15% (W1 mixed · [01](notebooks/a.ipynb) · `small`)", ["15%"]),
        ("**If x, y.** (W1 mixed · [01](notebooks/a.ipynb) · `small`)", ["no number"]),
        ("**If x, y:** 5% (W1 supported · [01](notebooks/a.ipynb) · `small`)", ["W1 is mixed on small"]),
        ("**If x, y:** 5% (W1 mixed · [01](notebooks/a.ipynb) · `large`)", ["W1 is None on large", "5%"]),
        ("**If x, y:** 5% (W1 mixed · [02](notebooks/a.ipynb) · `small`)", ["W1 is None on small", "5%"]),
        ("**If x, y:** 5%", ["it must end with (CLAIM verdict · [NN](notebook) · `model`)"]),
    ],
)
def test_a_number_that_nobody_measured_is_seen(sentence, wrong):
    entry = {"finding": "5% and 25%", "verdict": "mixed"}
    assert not_measured(sentence, {("W1", "01", "small"): entry}) == wrong


def test_the_notebooks_said_to_run_on_small_are_those_that_do(readme):
    def runs_on_small(name):
        cells = json.loads((settings.ROOT / "notebooks" / name).read_text(encoding="utf-8"))["cells"]
        return any('use_model("small")' in "".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")

    assert re.findall(r"\d\d", marked(readme, "small")) == [name[:2] for name in NAMES if runs_on_small(name)]


def test_commands_modules_and_headings_that_are_named_exist(readme):
    targets = re.findall(r"^(\w+):", (settings.ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"(?:`| |^)make (\w+)(?=`| |$|;)", readme, re.MULTILINE)) <= set(targets)
    modules = set(re.findall(r"python -m (utils[\w.]*)", readme))
    assert modules
    assert all(importlib.util.find_spec(module) for module in modules)
    headings = {
        re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in re.findall(r"^#+ (.+)$", readme, re.M)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", readme)) <= headings
    assert set(re.findall(r"RVF_[A-Z]+", readme)) <= set(re.findall(r"RVF_[A-Z]+", settings.__doc__))


def test_a_missing_link_is_seen():
    assert unlinked("[one](notebooks/nothing.ipynb)") == NAMES
    assert unlinked(" ".join(f"[x](notebooks/{name})" for name in NAMES)) == []


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("[a](pyproject.toml) <img src='x'> [b](https://example.org/x) [c](#part) [d](mailto:a@example.org)", []),
        ("[a](none.md)", ["none.md"]),
        ('<img src="docs/none.png" alt="x"> <a href="none.html">', ["docs/none.png", "none.html"]),
        ("[a](<none.md>) [`code`](none.py) ![p](none.png)", ["none.md", "none.py", "none.png"]),
        ("`[a](none.md)`\n```\n[b](none.md)\n```\n[c](none.txt)", ["none.txt"]),
        ("[a](utils/) [b](utils/settings.py#L1) [c](no%20ne.md#x)", ["no%20ne.md#x"]),
    ],
)
def test_broken_links_are_seen(text, broken):
    assert sorted(contract.broken_links(text, settings.ROOT)) == sorted(broken)


def test_a_table_is_found_between_its_marks():
    assert marked("x\n<!-- claims -->\n\n| a |\n| b |\n\n<!-- /claims -->\ny") == "| a |\n| b |"
    assert marked("<!-- claims -->\n<!-- /claims -->") == ""
    assert marked("| a |") is None
    assert marked("<!-- claims -->\n<!-- /claims -->", "showdown") is None
    assert marked("<!-- claims -->\n| a |\n") is None
