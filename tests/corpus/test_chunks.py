"""Cutting a document into chunks of sentences."""

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_model import WordReader

from utils.corpus import Chunk, Document, chunk_document, fixed_size, load_handbook, python_docs, sentences
from utils.models import LONGEST, embedder, load_embedder, reads_whole

TEXT = "Ring twice. Wait. Then come in! Is nobody there? Ring again."


def document(text, title="Doors"):
    return Document("d1", title, text, "hr")


@pytest.fixture(autouse=True)
def words(request, monkeypatch):
    """A word is a token, but where the real embedder is asked for."""
    if "model" not in request.keywords:
        monkeypatch.setattr(embedder, "_embedder", WordReader)


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


ROWS = [f"| item {number} | {number} euros |" for number in range(400)]
TABLE = "| Thing | Price |\n|-------|:------|\n"
GRID = "+-------+-------+\n| Thing | Price |\n+=======+=======+\n"
LONG_TEXTS = {
    "no full stop": "word " * 2000,
    "lines": "a line of a list\n" * 500,
    "one long sentence among short ones": f"First. {'word ' * 700}end. Last. Really.",
    "long sentences": ("Long " + "word " * 150 + "end. ") * 6,
    "table": f"Prices. They're these:\n\n{TABLE}" + "\n".join(ROWS) + "\n\nThat's all.",
    "grid": GRID + "\n+---+---+\n".join(ROWS),
    "table of long rows": TABLE + f"| {'cell ' * 900}|\n" * 3,
    "header too long": f"| {'head ' * 300}|\n|---|\n" + "\n".join(ROWS),
}


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("title", ["", "Prices", "title " * 100, "title " * 200])
@pytest.mark.parametrize("name", LONG_TEXTS)
def test_no_chunk_is_longer_than_the_embedder_reads_and_no_word_is_lost(name, title, size):
    text = LONG_TEXTS[name]
    chunks = chunk_document(document(text, title), size)
    assert len(chunks) > 3
    assert all(len(chunk.text.split()) <= LONGEST for chunk in chunks)
    words = [word for word in f"{title}. {text}".split() if word.isalnum()]
    assert set(words) <= {word for chunk in chunks for word in chunk.text.split()}
    assert len({chunk.chunk_id for chunk in chunks}) == len(chunks)


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize(("head", "rows"), [(TABLE, ROWS), (GRID, ROWS), ("Thing | Price\n--- | ---\n", ROWS)])
def test_every_part_of_a_table_begins_with_its_header(head, rows, size):
    text = f"Prices:\n{head}" + "\n".join(rows) + "\n\nThat's all. Ask for more."
    chunks = chunk_document(document(text, "Shop"), size)
    parts = [chunk.text for chunk in chunks if "euros" in chunk.text]
    assert len(parts) > 4
    assert all("Thing | Price" in part[: part.index("item")] for part in parts)
    held = [row for row in rows for part in parts if row in part]
    assert held == rows, "every row is whole, and in one part"


def test_a_short_table_is_one_sentence_whatever_stands_in_its_cells():
    text = f"Ask. These are the prices:\n{TABLE}| Tea. Green | Two euros. Or three |\n| Cake | Four. |\nAsk again."
    assert sentences(text) == [
        "Ask.",
        "These are the prices:",
        "| Thing | Price | |---|:---| | Tea. Green | Two euros. Or three | | Cake | Four. |",
        "Ask again.",
    ]


@pytest.mark.parametrize("text", ["a | b\nc | d\ne | f", "+ One\n+ Two\n+ Three", "---\n| a\n---\n| b\n", TABLE])
def test_lines_without_a_header_over_rows_are_no_table(text):
    assert sentences(text) == [" ".join(text.split())]


def test_a_text_without_a_space_is_cut_in_a_word(monkeypatch):
    letters = SimpleNamespace(
        max_seq_length=LONGEST, tokenizer=lambda text, truncation, max_length: {"input_ids": text[:max_length]}
    )
    monkeypatch.setattr(embedder, "_embedder", lambda: letters)
    text = "茶は四時です。" * 300
    chunks = [chunk.text.removeprefix("Doors. ") for chunk in chunk_document(document(text), 1)]
    assert "".join(chunks) == text
    assert max(map(len, chunks)) <= LONGEST


def test_a_whole_document_stays_whole():
    text = "word " * 2000
    assert [chunk.text for chunk in chunk_document(document(text), None)] == [f"Doors. {text.strip()}"]


@pytest.mark.model
def test_the_embedder_reads_every_chunk_of_the_collections_to_its_end():
    tokenizer, limit = load_embedder().tokenizer, load_embedder().max_seq_length
    texts = [chunk.text for document in [*load_handbook("v2"), *python_docs()] for chunk in chunk_document(document)]
    lengths = [len(ids) for ids in tokenizer(texts, verbose=False)["input_ids"]]
    assert max(lengths) <= limit
    assert max(lengths) > limit / 2, "some of Python's tables are long"


@pytest.mark.model
@pytest.mark.parametrize(("words", "whole"), [(254, True), (255, False), (3000, False)])
def test_the_embedders_own_tokens_count(words, whole):
    assert reads_whole("gate " * words) is whole
