"""The triples of notebook 04: enough of each kind, fair paraphrases, contradictions that differ in one point only."""

import re
from collections import Counter
from difflib import SequenceMatcher

import pytest
import yaml

from utils.settings import DATA

TRIPLES = yaml.safe_load((DATA / "similarity_pairs.yaml").read_text(encoding="utf-8"))
KINDS = ("negation", "numbers", "codes", "names", "antonyms")
PARTS = ("sentence", "paraphrase", "contradiction")
NEGATIONS = {"not", "no", "never", "cannot"}
SUPPORT = {"do", "does", "include", "includes"}  # English needs "does not include" where it says "includes"


def words(text: str) -> list[str]:
    """Words with their capitals; codes such as CM-307 and 2.8.1 stay whole."""
    return re.findall(r"\w+(?:[.'-]\w+)*", text)


def folded(text: str) -> set[str]:
    return {word.lower() for word in words(text)}


def of_kind(*kinds: str) -> list:
    return [pytest.param(triple, id=triple["sentence"]) for triple in TRIPLES if triple["kind"] in kinds]


def changed(triple: dict) -> tuple[list[str], list[str]]:
    """The words of the sentence that the contradiction lacks, and those that it has instead, capitals folded."""
    left, right = words(triple["sentence"]), words(triple["contradiction"])
    gone = [word for word in left if word.lower() not in folded(triple["contradiction"])]
    return gone, [word for word in right if word.lower() not in folded(triple["sentence"])]


def test_every_kind_has_enough_triples_and_each_has_its_parts():
    counts = Counter(triple["kind"] for triple in TRIPLES)
    assert set(counts) == set(KINDS)
    assert min(counts.values()) >= 12
    assert len(set(counts.values())) == 1, "kinds are compared, so they are of one size"
    assert all(list(triple) == ["kind", *PARTS] for triple in TRIPLES)


def test_no_sentence_is_there_twice():
    said = [" ".join(words(triple[part])).lower() for triple in TRIPLES for part in PARTS]
    assert len(said) == len(set(said))


@pytest.mark.parametrize("triple", of_kind(*KINDS))
def test_the_parts_are_plain_sentences(triple):
    for part in PARTS:
        assert re.fullmatch(r"[A-Z0-9].*\.", triple[part]), triple[part]
        assert 3 <= len(words(triple[part])) <= 16, triple[part]


@pytest.mark.parametrize("triple", of_kind(*KINDS))
def test_the_paraphrase_uses_other_words_and_is_not_about_something_else(triple):
    paraphrase, sentence = folded(triple["paraphrase"]), folded(triple["sentence"])
    shared = paraphrase & sentence
    assert len(shared) < 0.8 * len(paraphrase), f"too many of the words are the sentence's: {sorted(shared)}"
    assert {word[:4] for word in paraphrase} & {word[:4] for word in sentence}


@pytest.mark.parametrize("triple", of_kind(*KINDS))
def test_the_contradiction_repeats_the_sentence_but_for_one_point(triple):
    left, right = ([word.lower() for word in words(triple[part])] for part in ("sentence", "contradiction"))
    changes = [step for step in SequenceMatcher(None, left, right, autojunk=False).get_opcodes() if step[0] != "equal"]
    assert len(changes) == 1
    assert max(changes[0][2] - changes[0][1], changes[0][4] - changes[0][3]) <= 3


@pytest.mark.parametrize("triple", of_kind("negation"))
def test_a_negation_is_in_the_contradiction_only(triple):
    gone, new = changed(triple)
    assert {word.lower() for word in new} & NEGATIONS
    assert {word.lower() for word in gone + new} <= NEGATIONS | SUPPORT | {"can"}
    assert not (folded(triple["sentence"]) | folded(triple["paraphrase"])) & NEGATIONS


@pytest.mark.parametrize("triple", of_kind("numbers", "codes", "antonyms"))
def test_one_word_is_exchanged(triple):
    gone, new = changed(triple)
    assert len(gone) == len(new) == 1
    digits = [any(sign.isdigit() for sign in word) for word in gone + new]
    assert digits == [triple["kind"] != "antonyms"] * 2
    if triple["kind"] == "numbers":
        assert gone[0].isdigit()
        assert new[0].isdigit()


@pytest.mark.parametrize("triple", of_kind("names"))
def test_what_is_exchanged_is_a_name(triple):
    gone, new = changed(triple)
    assert gone
    assert new
    assert all(word[0].isupper() for word in gone + new)


@pytest.mark.parametrize("triple", of_kind("numbers", "codes", "names"))
def test_the_paraphrase_keeps_the_number_code_or_name(triple):
    gone, new = changed(triple)
    assert {word.lower() for word in gone} <= folded(triple["paraphrase"])
    assert not {word.lower() for word in new} & folded(triple["paraphrase"])
