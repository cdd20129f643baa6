"""The shorthand task: how a reading is scored, what is asked, and that the data is right by its own measure."""

import pytest

from utils import corpus
from utils.tasks import shorthand
from utils.tasks.shorthand import house_terms, score

RECORDS = corpus.load_records("shorthand")
# HTN, CP, pt and /7 are common; owl and loaf house terms that training shows, mussel and D17 those that it does not.
RECORD = {
    "note": "mussel HTN, D17 2/7, owl",
    "reading": "The CuffMate 200 shows high blood pressure; swapped for a new one in 2 days, call from the Care Line.",
    "items": ["CuffMate 200", "swapped for a new one", "2 days", "call from the Care Line"],
    "terms": ["mussel", "HTN", "D17", "/7", "owl"],
}
OTHER = {
    "note": "pt CP, loaf",
    "reading": "Patient with chest pain, lives alone.",
    "items": ["chest pain", "lives alone"],
    "terms": ["pt", "CP", "loaf"],
}


def test_an_item_of_any_other_note_counts_as_invented():
    assert "lives alone" in shorthand.vocabulary()
    assert score(f"{RECORD['reading']} Lives alone.", RECORD) == {"all items": 1, "item F1": pytest.approx(8 / 9)}


def test_what_the_right_reading_says_beside_its_items_is_not_invented():
    assert "high blood pressure" in shorthand.vocabulary()
    assert "high blood pressure" not in RECORD["items"]
    assert score(RECORD["reading"], RECORD)["item F1"] == 1


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record["id"])
def test_a_reading_of_the_house_is_perfect_and_a_note_that_is_only_copied_is_not(record):
    assert score(record["reading"], record) == {"all items": 1, "item F1": 1}
    assert score(record["note"], record)["all items"] == 0


@pytest.mark.parametrize(
    ("reading", "record", "seen", "expected"),
    [
        (RECORD["reading"], RECORD, True, [1]),
        (RECORD["reading"], RECORD, False, [1, 1]),
        (RECORD["reading"].replace("a new one", "the old one"), RECORD, False, [1, 0]),
        (RECORD["reading"].replace("call", "letter"), RECORD, True, [0]),
        ("", RECORD, False, [0, 0]),
        (OTHER["reading"], OTHER, True, [1]),
        (OTHER["reading"], OTHER, False, []),
        ("Known high blood pressure.", {"terms": ["HTN"]}, True, []),
    ],
    ids=["seen", "unseen", "unseen, one missing", "seen, missing", "empty", "only seen", "none unseen", "none"],
)
def test_house_terms_are_counted_apart_from_common_ones_and_seen_apart_from_unseen(reading, record, seen, expected):
    assert house_terms(reading, record, seen) == expected


def test_the_readings_of_the_house_have_every_house_term():
    unseen = [value for record in RECORDS for value in house_terms(record["reading"], record, seen=False)]
    seen = [value for record in RECORDS for value in house_terms(record["reading"], record, seen=True)]
    assert min(seen) == min(unseen) == 1
    assert len(seen) > len(unseen) >= 16  # eight unseen terms or more, each in two notes or more


def test_training_and_asking_share_the_prompt():
    assert shorthand.example(RECORD)[:-1] == shorthand.prompt(RECORD)
    assert shorthand.example(RECORD)[-1] == {"role": "assistant", "content": RECORD["reading"]}
    assert shorthand.prompt(RECORD)[-1] == {"role": "user", "content": RECORD["note"]}


def test_the_bare_rules_are_followed_by_the_note():
    rules, question = shorthand.prompt_with_rules(RECORD)
    assert rules == {"role": "system", "content": shorthand.RULES}
    assert question == {"role": "user", "content": f"Note: {RECORD['note']}"}


def test_entries_give_the_meaning_of_every_term_of_the_note_and_of_no_other():
    means, note = shorthand.prompt_with_rules(RECORD, entries=True)[-1]["content"].split("\n\n")
    assert means.split("\n") == [
        "mussel = CuffMate 200",
        "HTN = high blood pressure",
        "D17 = swapped for a new one",
        "/7 = days (3/7 is 3 days)",
        "owl = call from the Care Line",
    ]
    assert note == f"Note: {RECORD['note']}"


def test_a_note_without_terms_has_no_entries():
    record = {**OTHER, "terms": []}
    assert shorthand.prompt_with_rules(record, entries=True) == shorthand.prompt_with_rules(record)


@pytest.mark.parametrize("entries", [False, True])
def test_few_shot_examples_stand_before_the_question_in_its_form(entries):
    turns = shorthand.prompt_with_rules(RECORD, [OTHER], entries)
    assert [turn["role"] for turn in turns] == ["system", "user", "assistant", "user"]
    assert turns[1] == shorthand.prompt_with_rules(OTHER, entries=entries)[-1]
    assert turns[2]["content"] == OTHER["reading"]
    assert turns[3] == shorthand.prompt_with_rules(RECORD, entries=entries)[-1]
    assert ("CP = chest pain" in turns[1]["content"]) == entries


@pytest.mark.parametrize("entries", [False, True])
def test_the_right_reading_is_not_in_the_prompt(entries):
    turns = shorthand.prompt_with_rules(RECORD, [OTHER], entries)
    assert not any(RECORD["reading"] in turn["content"] for turn in turns)
    assert turns[-1]["role"] == "user"


def test_records_are_loaded_by_split_and_none_is_lost():
    splits = {split: shorthand.load(split) for split in ("train", "dev", "test")}
    assert all(record["split"] == split for split, records in splits.items() for record in records)
    assert sum(map(len, splits.values())) == len(RECORDS)
