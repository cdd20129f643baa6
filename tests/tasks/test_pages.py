"""Pages of documentation: what is asked, and how much of a page is the answer."""

import pytest

from utils.corpus import Document
from utils.tasks import pages


def document(text, title="Opening hours"):
    return Document("d1", title, text, collection="hr")


def test_a_page_is_asked_for_by_its_title():
    chat = pages.example(document("We open at eight."))
    assert [message["role"] for message in chat] == ["system", "user", "assistant"]
    assert chat[1]["content"] == "Opening hours"


@pytest.mark.parametrize(("words", "kept"), [(3, 3), (120, 120), (121, 120), (500, 120)])
def test_the_answer_is_the_first_120_words_of_the_page(words, kept):
    chat = pages.example(document(" ".join(f"w{n}" for n in range(words))))
    assert chat[-1]["content"] == " ".join(f"w{n}" for n in range(kept))


def test_a_whole_page_can_be_the_answer():
    text = " ".join(f"w{n}" for n in range(500))
    assert pages.example(document(text), words=None)[-1]["content"] == text


def test_headings_and_line_breaks_are_words_and_spaces():
    assert pages.example(document("# Hours\n\nWe open\nat  eight."))[-1]["content"] == "# Hours We open at eight."
