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
        ("27 days (2)", ()),
        ("27 days", ()),
    ],
)
def test_citations_name_documents_by_the_numbers_of_the_prompt(text, cited):
    assert cited_documents(text, [hit("a"), hit("b"), hit("c")]) == cited


def test_two_passages_of_one_document_are_one_citation():
    assert cited_documents("x [1][2]", [hit("a", 0), hit("a", 1)]) == ("a",)
    assert cited_documents("x [1]", []) == ()


def test_citations_are_taken_out_of_the_text():
    assert without_citations("[1] 27  days [2][3]") == "27 days"
    assert without_citations("[1]") == ""
    assert without_citations("room [B]") == "room [B]"
