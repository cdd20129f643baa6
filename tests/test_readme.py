"""README.md leads to every notebook, leads nowhere that is not there, and shows the committed verdicts as they are."""

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
