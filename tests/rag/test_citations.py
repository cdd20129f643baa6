"""Bracketed numbers in an answer, and the documents behind them."""

import pytest

from utils.rag import cited_documents, without_citations
from utils.retrieval import Hit


def hit(doc_id, number=0):
    return Hit(doc_id, f"{doc_id}#{number}", f"Text of {doc_id}.", 1.0)


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("27 days [2]", ("b",)),
        ("[3] 27 days [1][3]", ("c", "a")),  # in order, each once
        ("27 days [0] [4] [12]", ()),  # no passage has these numbers
        ("27 days [1, 3]", ("a", "c")),
        ("27 days [3,1]", ("c", "a")),
        ("27 days [1; 2] [3]", ("a", "b", "c")),
        ("27 days [1-3]", ("a", "b", "c")),
        ("27 days [2 – 7]", ("b", "c")),
        ("27 days [3-1]", ()),
        ("27 days [1 and 3]", ("a", "c")),
        ("27 days [1, 2, and 3]", ("a", "b", "c")),
        ("27 days [passage 2]", ("b",)),
        ("27 days [Sources 1 & 3]", ("a", "c")),
        ("27 days [Passage 1, Passage 2]", ("a", "b")),
        ("27 days[2].", ("b",)),
        ("27 days [1 of 3]", ()),
        ("27 days [2026] [2026-03-01]", ()),
        ("27 days (2)", ()),
        ("27 days", ()),
    ],
)
def test_citations_name_documents_by_the_numbers_of_the_prompt(text, cited):
    assert cited_documents(text, [hit("a"), hit("b"), hit("c")]) == cited


COPIED = (
    Hit("a", "a#0", "Forms. Send form F31 [2] to the  office, or call items[1].", 1.0),
    Hit("b", "b#0", "Steps. [3] Sign it. See [1, 2] for more.", 1.0),
    Hit("c", "c#0", "Office. It's on the first floor.", 1.0),
)


@pytest.mark.parametrize(
    ("text", "cited", "rest"),
    [
        ("Send form F31 [2] to the office. [1]", ("a",), "Send form F31 [2] to the office."),
        ("[1] Send form  F31 [2]", ("a",), "Send form F31 [2]"),
        ("call items[1] [2]", ("b",), "call items[1]"),
        ("[3] Sign it.", (), "[3] Sign it."),
        ("[3] It's on the first floor.", ("c",), "It's on the first floor."),
        ("See [1, 2] for more [2]", ("b",), "See [1, 2] for more"),
        ("Form XF31 [2]", ("b",), "Form XF31"),
        ("[2]", ("b",), ""),
    ],
)
def test_brackets_copied_with_the_word_beside_them_cite_nothing(text, cited, rest):
    assert cited_documents(text, COPIED) == cited
    assert without_citations(text, COPIED) == rest


def test_two_passages_of_one_document_are_one_citation():
    assert cited_documents("x [1][2]", [hit("a", 0), hit("a", 1)]) == ("a",)
    assert cited_documents("x [1]", []) == ()


def test_citations_are_taken_out_of_the_text():
    assert without_citations("[1] 27  days [2][3]") == "27 days"
    assert without_citations("[1]") == ""
    assert without_citations("room [B]") == "room [B]"
    assert without_citations("27 days [1, 2] or so [Sources 1-3].") == "27 days or so ."
    assert without_citations("since [2026], 3 [of 5]") == "since [2026], 3 [of 5]"
