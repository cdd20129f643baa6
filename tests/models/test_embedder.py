"""Texts as unit vectors, and what is refused because it is no list of texts."""

from types import SimpleNamespace

import numpy as np
import pytest
from tiny_model import WordReader
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from utils.models import LONGEST, embed, embedder, reads_whole, unit_vectors, valid_texts


@pytest.mark.parametrize("texts", [["one", "Ż 茶 ☕", ""], ("one",), [], (text for text in ["one"])], ids=str)
def test_valid_texts_come_back_as_they_are(texts):
    given = texts if isinstance(texts, list | tuple) else ["one"]
    assert valid_texts(texts) == list(given)


def test_half_a_surrogate_pair_becomes_a_question_mark():
    assert valid_texts(["a\ud83db", "\udc00", "whole 🦉"]) == ["a?b", "?", "whole 🦉"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("one text", "Give a list with a text for every text, not str"),
        (b"bytes", "not bytes"),
        (None, "not NoneType"),
        (7, "not int"),
        (["one", None], "A text is None: give a text"),
        ([["nested"]], "A text is \\['nested'\\]: give a text"),
        ([b"bytes"], "A text is b'bytes': give a text"),
    ],
    ids=str,
)
def test_what_is_no_list_of_texts_is_refused_before_the_model_is_asked(monkeypatch, wrong, message):
    monkeypatch.setattr(embedder, "_embedder", lambda: pytest.fail("nothing is to be computed"))
    for function in (valid_texts, embed):
        with pytest.raises(ValueError, match=message):
            function(wrong)


def test_the_refusal_says_what_was_to_be_given_and_is_short():
    with pytest.raises(ValueError, match="a text for every question, not str"):
        valid_texts("Who opens the door?", "question")
    with pytest.raises(ValueError, match="A question is 7: give a text"):
        valid_texts([7], "question")
    with pytest.raises(ValueError, match="A text is") as told:
        valid_texts([["long"] * 1000])
    assert len(str(told.value)) < 100


@pytest.mark.model
def test_the_real_embedder_gives_unit_vectors_that_know_meaning():
    texts = ["a paid holiday", "vacation with full pay", "a broken pump", ""]
    vectors = embed(texts)
    assert vectors.shape == (4, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1, 1], abs=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2
    assert np.array_equal(unit_vectors(texts), vectors)


def static_tokenizer():
    """What a static embedder has, which has no limit of its own."""
    tokenizer = Tokenizer(WordLevel({"gate": 0}, unk_token="gate"))
    tokenizer.pre_tokenizer = Whitespace()
    return tokenizer


@pytest.mark.parametrize(
    ("tokenizer", "reads", "limit"),
    [
        (WordReader.tokenizer, 256, LONGEST),
        (WordReader.tokenizer, 128, 128),
        (WordReader.tokenizer, 8192, LONGEST),  # a chunk is also read by a model
        (WordReader.tokenizer, None, LONGEST),
        (static_tokenizer(), float("inf"), LONGEST),
    ],
)
def test_a_text_is_read_whole_up_to_the_limit(monkeypatch, tokenizer, reads, limit):
    monkeypatch.setattr(embedder, "_embedder", lambda: SimpleNamespace(max_seq_length=reads, tokenizer=tokenizer))
    assert reads_whole("gate " * limit)
    assert not reads_whole("gate " * (limit + 1))


def test_of_a_short_text_it_is_known_without_the_embedder(monkeypatch):
    monkeypatch.setattr(embedder, "_embedder", lambda: pytest.fail("nothing is to be loaded"))
    assert reads_whole("a" * 100)
    assert reads_whole("\ud83d")
