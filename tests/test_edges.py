"""The cases of notebook 07: each is what its name says, the same on every machine, and different from the others."""

import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utils import corpus, edges
from utils.evaluation import contains_answer
from utils.retrieval import Hit, Retriever

ATTACKS = corpus.load_jsonl("attacks")
PAGES = {document.doc_id: document for document in corpus.load_handbook()}
OWNED = corpus.load_questions("test", "tenant")


def distance(left, right):
    """Letters to insert, drop or replace to get from one text to the other (Levenshtein 1966)."""
    row = list(range(len(right) + 1))
    for i, letter in enumerate(left, start=1):
        above, row = row, [i]
        for j, other in enumerate(right, start=1):
            row.append(min(row[-1] + 1, above[j] + 1, above[j - 1] + (letter != other)))
    return row[-1]


@given(st.integers(0, 99), st.integers(0, 4))
@settings(deadline=None)
def test_so_many_typing_errors_and_no_more_inside_words(seed, count):
    text = "How many days of leave does Elmgate's nurse get?"
    mistyped = edges.mistype(text, count, seed)
    assert mistyped == edges.mistype(text, count, seed)
    assert distance(text, mistyped) <= 2 * count  # an exchange is two
    assert mistyped[0] == "H"
    assert mistyped[-1] == "?"


def test_typing_errors_are_of_four_kinds_and_nearly_always_there():
    lengths = Counter(len(edges.mistype("gate closes", 1, seed)) for seed in range(400))
    assert set(lengths) == {10, 11, 12}
    assert min(lengths.values()) > 60
    assert sum(edges.mistype("gate closes", 1, seed) != "gate closes" for seed in range(400)) > 370


def test_a_text_without_a_word_cannot_be_mistyped():
    assert edges.mistype("7 + 7", 0, 1) == "7 + 7"
    with pytest.raises(ValueError, match="has no word of three letters to mistype: give a longer text"):
        edges.mistype("7 + 7", 1, 1)


@pytest.mark.parametrize("how", edges.PLANTS)
def test_planted_pages_hold_their_attack(how):
    pages = edges.planted(ATTACKS, how, PAGES)
    assert len({page.doc_id for page in pages}) == len(ATTACKS)
    for page, attack in zip(pages, ATTACKS, strict=True):
        assert page.text.endswith(attack["text"])
        genuine = how == edges.PLANTS[0]
        assert (page.doc_id == attack["doc_id"]) == genuine
        assert (page.collection == "uploads") != genuine
        assert page.text.startswith(PAGES[attack["doc_id"]].text) == genuine
        assert (attack["question"] in page.text) == (how == edges.PLANTS[2])
        assert contains_answer(page.text, attack["answers"]) == genuine
    assert not any(document.collection == "uploads" for document in PAGES.values())


def test_an_unknown_way_of_planting_is_told():
    with pytest.raises(ValueError, match="There is no way of planting 'under a stone': choose one of in the page"):
        edges.planted(ATTACKS, "under a stone", PAGES)


@pytest.mark.parametrize("way", edges.WAYS)
def test_an_attempt_is_made_by_another_clinic(way):
    tries = edges.attempts(OWNED, way)
    assert len(tries) == len(OWNED)
    for (text, asker), question in zip(tries, OWNED, strict=True):
        assert question.question in text
        assert asker in edges.CLINICS
        assert asker != question.tenant
        assert (edges.CLINICS[question.tenant] in text.replace(question.question, "")) == (way != "bare")
    pairs = Counter((question.tenant, asker) for (_, asker), question in zip(tries, OWNED, strict=True))
    assert len(pairs) == 20
    assert {document.tenant for document in PAGES.values()} == {*edges.CLINICS, corpus.NETWORK}


def test_reached_looks_at_the_first_windows_only():
    hits = [Hit("a", f"a#{n}", text, 0.0) for n, text in enumerate(["nothing", "27 days", "30 days"])]
    assert edges.reached([hits, hits, hits, []], [["27 days"], ["30 days"], ["9 days"], ["27 days"]]) == [1, 1, 0, 0]
    assert edges.reached([hits, hits], [["27 days"], ["30 days"]], k=2) == [1, 0]
    with pytest.raises(ValueError, match="shorter"):
        edges.reached([hits], [])


def test_shares_stand_between_their_bounds():
    table = edges.shares({"some": [1.0] * 12 + [0.0] * 28, "none": [0.0] * 40})
    assert table.loc["some", ["n", "share"]].tolist() == [40, 0.3]
    assert table.loc["some", "low"] == pytest.approx(0.181, abs=0.001)  # Wilson's interval for 12 of 40
    assert table.loc["some", "high"] == pytest.approx(0.454, abs=0.001)
    assert table.loc["none", "high"] == pytest.approx(0.0876, abs=0.001)
    assert not math.isnan(table.loc["none", "low"])


def test_spans_are_the_shares_in_words():
    cases = {("four", "dense"): [1.0] * 12 + [0.0] * 28, ("four", "keyword"): [0.0] * 40}
    table = edges.spans(cases).unstack()
    assert table.loc["four"].tolist() == ["30% (18% to 45%)", "0% (0% to 9%)"]
    assert edges.spans({"some": [1.0] * 40}).to_dict() == {"some": "100% (91% to 100%)"}


def test_a_figure_has_a_row_a_case_and_both_times():
    figure = edges.before_and_after({"one": ([1.0] * 9, [0.0] * 8), "two": ([0.5, 1.0], [1.0, 1.0])})
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["one (n = 9)", "two (n = 2)"]
    assert axes.get_legend_handles_labels()[1] == ["before", "after"]
    assert [list(line.get_xdata()) for line in axes.lines if line.get_marker() == "o"] == [[1.0, 0.75], [0.0, 1.0]]


WINDOWS = [Hit("a", "a#0", "Leave. Staff have 27 days of leave.", 0.0), Hit("b", "b#0", "Ask Mina Roe first.", 0.0)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Staff have 27 days", True),
        ("27", True),
        ("Mina Roe", True),
        ("Mina Roe has 27 days", False),  # from two windows
        ("28 days", False),
        ("How many days of leave?", False),  # the question again
        ("", False),
        ("of the", False),
    ],
)
def test_an_answer_is_supported_by_one_window(text, expected):
    assert edges.supported(text, "How many days of leave?", WINDOWS) is expected
    assert not edges.supported(text, "How many days of leave?", [])


@pytest.mark.parametrize(
    "question", ["Who does NOT pay?", "What mustn’t I eat?", "Parking without a badge?", "No fee?"]
)
def test_negations_are_found(question):
    assert edges.negated(question)
    assert not edges.negated("Who knows the notary of Northby?")


def test_a_leak_is_a_page_of_neither_the_asker_nor_the_network():
    pages = [corpus.Document(tenant, "Gate", "The gate.", "c", tenant) for tenant in ("windle", "elmgate", "network")]
    searched = Retriever(pages, "keyword")
    hits = {hit.doc_id: hit for hit in searched.search("gate")}
    assert edges.foreign([hits["windle"], hits["network"]], "windle", searched) == 0
    assert edges.foreign([hits["windle"], hits["network"]], "elmgate", searched) == 1
    assert edges.foreign([], "elmgate", searched) == 0


def test_outcomes_tell_right_taken_in_and_cited():
    attack = {"id": "a01", "answers": ["27 days"], "target": "ask the captain"}
    told = edges.outcomes([attack] * 3, ["27 days", "Ask the captain!", "no"], [(), ("up-a01",), ("up-a02", "hr")])
    assert told == {"right": [1, 0, 0], "taken in": [0, 1, 0], "attacker cited": [0, 1, 0]}


def test_a_table_of_pairs_keeps_their_order():
    cases = {("named", "no filter"): [1.0], ("named", "filter"): [0.0], ("bare", "no filter"): [1.0]}
    html = edges.table(cases | {("bare", "filter"): [0.0]}).data
    assert html.index("no filter") < html.index(">filter")
    assert html.index("named") < html.index("bare")
    assert "100% (21% to 100%)" in edges.table({"one": [1.0]}).data
