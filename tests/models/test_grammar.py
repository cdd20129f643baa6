"""Constrained decoding: every walk along the allowed tokens ends in an answer, and each can be reached."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils.models import LLM
from utils.models.grammar import Grammar

PIECES = ["open", "op", "closed", "clo", "low"]  # what the tokenizer keeps together; else a token is a character
SLOTS = (("Code ",), ("1", "2", "3"), ("1", "2", "3"), (" - open", " - closed", " - opted out"))
ANSWERS = {"".join(parts) for parts in product(*SLOTS)}


def tokenize(text: str, add_special_tokens: bool) -> dict:
    """The longest piece first, as numbers: a piece by its place, a character by its code above them."""
    assert not add_special_tokens
    ids = []
    while text:
        piece = next((piece for piece in PIECES if text.startswith(piece)), text[0])
        ids.append(PIECES.index(piece) if piece in PIECES else len(PIECES) + ord(piece))
        text = text[len(piece) :]
    return {"input_ids": ids}


def text_of(ids: list[int]) -> str:
    return "".join(PIECES[number] if number < len(PIECES) else chr(number - len(PIECES)) for number in ids)


@given(st.data())
def test_every_walk_ends_in_an_answer_of_the_grammar(data):
    grammar, written = Grammar(tokenize, SLOTS), []
    while following := grammar.allowed(written):
        written.append(data.draw(st.sampled_from(following)))
    assert text_of(written) in ANSWERS


@given(st.tuples(*map(st.sampled_from, SLOTS)))
def test_every_answer_can_be_written(parts):
    grammar = Grammar(tokenize, SLOTS)
    ids = [token for part in parts for token in tokenize(part, add_special_tokens=False)["input_ids"]]
    for place, token in enumerate(ids):
        assert token in grammar.allowed(ids[:place])
    assert grammar.allowed(ids) == grammar.allowed([*ids, 7, 7]) == [], "complete, also where padding follows"


def test_another_engine_than_transformers_refuses_a_grammar():
    llm = object.__new__(LLM)
    llm.tokenizer, llm.engine = None, "another engine"
    with pytest.raises(ValueError, match="load the model with engine='transformers'"):
        llm.complete([[{"role": "user", "content": "Hello"}]], grammar=SLOTS)
