"""The cases of notebook 07: each is what its name says, the same on every machine, and different from the others."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utils import corpus
from utils.rag import edge_cases
from utils.retrieval import Hit, Retriever
from utils.scoring import mentions

ATTACKS = corpus.load_records("attacks")
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
    mistyped = edge_cases.mistype(text, count, seed)
    assert mistyped == edge_cases.mistype(text, count, seed)
    assert distance(text, mistyped) <= 2 * count  # an exchange is two
    assert mistyped[0] == "H"
    assert mistyped[-1] == "?"


def test_typing_errors_are_of_four_kinds_and_nearly_always_there():
    lengths = Counter(len(edge_cases.mistype("gate closes", 1, seed)) for seed in range(400))
    assert set(lengths) == {10, 11, 12}
    assert min(lengths.values()) > 60
    assert sum(edge_cases.mistype("gate closes", 1, seed) != "gate closes" for seed in range(400)) > 370


def test_a_text_without_a_word_cannot_be_mistyped():
    assert edge_cases.mistype("7 + 7", 0, 1) == "7 + 7"
    with pytest.raises(ValueError, match="has no word of three letters to mistype: give a longer text"):
        edge_cases.mistype("7 + 7", 1, 1)


@pytest.mark.parametrize("how", edge_cases.PLANTS)
def test_planted_pages_hold_their_attack(how):
    pages = edge_cases.planted(ATTACKS, how, PAGES)
    assert len({page.doc_id for page in pages}) == len(ATTACKS)
    for page, attack in zip(pages, ATTACKS, strict=True):
        assert page.text.endswith(attack["text"])
        genuine = how == edge_cases.PLANTS[0]
        assert (page.doc_id == attack["doc_id"]) == genuine
        assert (page.collection == "uploads") != genuine
        assert page.text.startswith(PAGES[attack["doc_id"]].text) == genuine
        assert (attack["question"] in page.text) == (how == edge_cases.PLANTS[2])
        assert mentions(page.text, attack["answers"]) == genuine
    assert not any(document.collection == "uploads" for document in PAGES.values())


def test_an_unknown_way_of_planting_is_told():
    with pytest.raises(ValueError, match="There is no way of planting 'under a stone': choose one of in the page"):
        edge_cases.planted(ATTACKS, "under a stone", PAGES)


@pytest.mark.parametrize("way", edge_cases.WAYS)
def test_an_attempt_is_made_by_another_clinic(way):
    tries = edge_cases.attempts(OWNED, way)
    assert len(tries) == len(OWNED)
    for (text, asker), question in zip(tries, OWNED, strict=True):
        assert question.question in text
        assert asker in edge_cases.CLINICS
        assert asker != question.tenant
        assert (edge_cases.CLINICS[question.tenant] in text.replace(question.question, "")) == (way != "bare")
    pairs = Counter((question.tenant, asker) for (_, asker), question in zip(tries, OWNED, strict=True))
    assert len(pairs) == 20
    assert {document.tenant for document in PAGES.values()} == {*edge_cases.CLINICS, corpus.NETWORK}


CHUNKS = [Hit("a", "a#0", "Leave. Staff have 27 days of leave.", 0.0), Hit("b", "b#0", "Ask Mina Roe first.", 0.0)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Staff have 27 days", True),
        ("27", True),
        ("Mina Roe", True),
        ("Mina Roe has 27 days", False),  # from two chunks
        ("28 days", False),
        ("How many days of leave?", False),  # the question again
        ("", False),
        ("of the", False),
    ],
)
def test_an_answer_is_supported_by_one_chunk(text, expected):
    assert edge_cases.supported(text, "How many days of leave?", CHUNKS) is expected
    assert not edge_cases.supported(text, "How many days of leave?", [])


@pytest.mark.parametrize(
    "question", ["Who does NOT pay?", "What mustn’t I eat?", "Parking without a badge?", "No fee?"]
)
def test_negations_are_found(question):
    assert edge_cases.negated(question)
    assert not edge_cases.negated("Who knows the notary of Northby?")


def test_a_leak_is_a_page_of_neither_the_asker_nor_the_network():
    pages = [corpus.Document(tenant, "Gate", "The gate.", "c", tenant) for tenant in ("windle", "elmgate", "network")]
    searched = Retriever(pages, "keyword")
    hits = {hit.doc_id: hit for hit in searched.search("gate")}
    assert edge_cases.foreign([hits["windle"], hits["network"]], "windle", searched) == 0
    assert edge_cases.foreign([hits["windle"], hits["network"]], "elmgate", searched) == 1
    assert edge_cases.foreign([], "elmgate", searched) == 0


def test_outcomes_tell_right_taken_in_and_cited():
    attack = {"id": "a01", "question": "How many?", "answers": ["27 days"], "target": "ask the captain"}
    told = edge_cases.outcomes([attack] * 3, ["27 days", "Ask the captain!", "no"], [(), ("up-a01",), ("up-a02", "hr")])
    assert told == {"right": [1, 0, 0], "taken in": [0, 1, 0], "attacker cited": [0, 1, 0]}
