"""Cutting a document into chunks of sentences."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utils.corpus import Chunk, Document, chunk_document, fixed_size, sentences

TEXT = "Ring twice. Wait. Then come in! Is nobody there? Ring again."


def document(text, title="Doors"):
    return Document("d1", title, text, "hr")


def test_sentences_end_at_marks_before_a_capital_or_a_digit():
    assert sentences("Come at 4.30 p.m. and wait. 5 people fit. Ask: Who is last? e.g. me.") == [
        "Come at 4.30 p.m. and wait.",
        "5 people fit.",
        "Ask:",
        "Who is last? e.g. me.",
    ]


def test_paragraphs_and_list_items_are_sentences_of_their_own():
    text = "Bring with you\n\n- a card\n- your\n  keys\n1. then sign\n\nthank you"
    assert sentences(text) == ["Bring with you", "- a card", "- your keys", "1. then sign", "thank you"]


def test_white_space_is_folded_and_nothing_gives_nothing():
    assert sentences("One\n  two.\t\tThree.") == ["One two.", "Three."]
    assert sentences("") == sentences(" \n\n \t") == []


def test_chunks_overlap_by_all_but_one_sentence():
    assert chunk_document(document(TEXT), 3) == [
        Chunk("d1#0", "d1", "Doors. Ring twice. Wait. Then come in!"),
        Chunk("d1#1", "d1", "Doors. Wait. Then come in! Is nobody there?"),
        Chunk("d1#2", "d1", "Doors. Then come in! Is nobody there? Ring again."),
    ]


def test_single_sentences():
    texts = [chunk.text for chunk in chunk_document(document(TEXT), 1)]
    assert texts == [
        "Doors. Ring twice.",
        "Doors. Wait.",
        "Doors. Then come in!",
        "Doors. Is nobody there?",
        "Doors. Ring again.",
    ]


@pytest.mark.parametrize("size", [None, 5, 6, 100])
def test_a_chunk_that_holds_all_is_the_whole_document(size):
    assert chunk_document(document(TEXT), size) == [Chunk("d1#0", "d1", f"Doors. {TEXT}")]


@pytest.mark.parametrize("size", [None, 1, 2])
def test_a_document_without_text_is_still_found_by_its_title(size):
    assert chunk_document(document(" \n"), size) == [Chunk("d1#0", "d1", "Doors.")]


def test_a_title_with_a_full_stop_gets_no_second_one():
    assert chunk_document(document("Wait.", "Doors."), 2)[0].text == "Doors. Wait."


@given(st.lists(st.sampled_from(["Ab", "cd.", "Ef!", "\n\n", "- x", "é?", "7:", "\x00"])), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_every_word_is_in_a_chunk_and_in_its_order(words, size):
    text = " ".join(words)
    parts = sentences(text)
    chunks = chunk_document(document(text), size)
    assert " ".join(parts).split() == text.split()
    assert len(chunks) == max(1, len(parts) - size + 1)
    assert [chunk.chunk_id for chunk in chunks] == [f"d1#{number}" for number in range(len(chunks))]
    for number, chunk in enumerate(chunks):
        assert chunk.text == " ".join(["Doors.", *parts[number : number + size]])


@given(words=st.lists(st.text("abc", min_size=1, max_size=4), min_size=1, max_size=40), size=st.integers(1, 12))
def test_pieces_of_a_fixed_size_hold_every_word_once_and_keep_the_title(words, size):
    pieces = fixed_size(document(" ".join(words)), size)
    assert [word for piece in pieces for word in piece.text.split()] == words
    assert all(len(piece.text.split()) == size for piece in pieces[:-1])
    assert [(piece.doc_id, piece.title) for piece in pieces] == [(f"d1#{n}", "Doors") for n in range(len(pieces))]


def test_without_a_title_a_chunk_begins_with_its_text():
    assert chunk_document(document("Ring twice. Wait.", title=""), 1)[0].text == "Ring twice."
