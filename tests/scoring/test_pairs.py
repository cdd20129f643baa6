"""The labelled pairs for a fair scorer: enough of them, both ways, with the accepted answers of the data."""

import json
from collections import Counter
from hashlib import sha256

import pytest

from utils import corpus, settings
from utils.scoring import abstains, contains_answer

FOLDER = settings.ROOT / "tests" / "scoring"
ANSWERS, ABSTENTIONS = (
    [json.loads(line) for line in (FOLDER / f"{name}_pairs.jsonl").read_text("utf-8").splitlines()]
    for name in ("answer", "abstention")
)
HALVES = ("development", "held-out")  # the rules were written with the first one open
BUDGET = 0.02  # of a half; a share of wrong judgements that no verdict of the series turns on
ENTIRELY_RIGHT = (
    "time ampm range duration money currency percent digits sign unit version negation empty repeat unicode markdown "
    "citation code room phone date daytime weekday fraction thousands spelling temperature email abstain correction"
)
FILES = ("questions", "python_questions", "conflicts", "attacks", "dialogues")


@pytest.fixture(scope="module")
def accepted():
    """Question id -> the lists of answers that the data accepts for it, by the text of the question too."""
    found = {}
    for name in FILES:
        for record in corpus.load_records(name):
            lists = [record.get(key) for key in ("answers", "answers_after")] + [[record.get("phrase")]]
            found.setdefault(record["id"], []).extend(filter(None, lists))
    return found


def test_there_are_enough_of_both_labels():
    assert len(ANSWERS) >= 300
    assert len(ABSTENTIONS) >= 60
    for pairs, label in ((ANSWERS, "fair"), (ABSTENTIONS, "abstains")):
        count = Counter(pair[label] for pair in pairs)
        assert set(count) == {True, False}
        assert min(count.values()) >= 0.3 * len(pairs)
    assert len({pair["kind"] for pair in ANSWERS}) >= 30


def test_no_text_stands_twice_for_one_question():
    assert len({(p["question"], tuple(p["answers"]), p["text"]) for p in ANSWERS}) == len(ANSWERS)
    assert len({pair["text"] for pair in ABSTENTIONS}) == len(ABSTENTIONS)


def test_the_accepted_answers_are_those_of_the_data(accepted):
    drawn = [pair for pair in ANSWERS if pair["source"] != "made"]
    assert len(drawn) >= 300
    wrong = [pair for pair in drawn if pair["answers"] not in accepted.get(pair["source"], [])]
    assert not wrong, wrong[:3]


def test_every_pair_has_a_question_and_an_answer_to_hold_it_against():
    assert all(pair["question"].strip() and all(map(str.strip, pair["answers"])) for pair in ANSWERS)
    assert all(pair["answers"] for pair in ANSWERS)


def half(text: str) -> str:
    """The half that all pairs of a question belong to."""
    return HALVES[int(sha256(text.encode()).hexdigest(), 16) % 2]


def misjudged(pairs: list[dict]) -> list[dict]:
    return [pair for pair in pairs if contains_answer(pair["text"], pair["answers"], pair["question"]) != pair["fair"]]


@pytest.mark.parametrize("name", HALVES)
def test_the_scorer_agrees_with_the_labels(name):
    pairs = [pair for pair in ANSWERS if half(pair["question"]) == name]
    assert len(pairs) > 600
    assert len(misjudged(pairs)) <= BUDGET * len(pairs), misjudged(pairs)


@pytest.mark.parametrize("kind", ENTIRELY_RIGHT.split())
def test_of_some_kinds_every_pair_is_judged_right(kind):
    pairs = [pair for pair in ANSWERS if pair["kind"] == kind]
    assert pairs
    assert misjudged(pairs) == []


@pytest.mark.parametrize("name", HALVES)
def test_abstaining_agrees_with_the_labels(name):
    pairs = [pair for pair in ABSTENTIONS if half(pair["text"]) == name]
    assert len(pairs) > 100
    wrong = [pair["text"] for pair in pairs if abstains(pair["text"]) != pair["abstains"]]
    assert len(wrong) <= BUDGET * len(pairs), wrong
