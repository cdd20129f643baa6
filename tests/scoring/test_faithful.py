"""What a letter says against its source: nothing invented, nothing turned round, the reader greeted, not copied."""

import json
from collections import Counter
from pathlib import Path

import pytest

from utils.corpus import load_records
from utils.scoring import check_letter, letter_body
from utils.scoring.faithful import copied, greeted, invented, points_made, turned_round

LABELLED = [
    json.loads(line) for line in (Path(__file__).parent / "labelled_letters.jsonl").read_text("utf-8").splitlines()
]
RECORDS = {record["id"]: record for name in ("voice", "new_letters") for record in load_records(name)}
DRAFT = (
    "Dear Mia, your visit to Dr Piet on 10 March at 09:30 at Windle Clinic has been moved to 17 March at 11:15. Food "
    "must be avoided for 6 hours; water is permitted. The fee of €64.50 is payable by 3 April. Your CuffMate 300 is in "
    "room 4."
)
LETTER = (
    "Hello Mia,\nWe moved your visit to Dr Piet at Windle Clinic from 10 March at 09:30 to 17 March at 11:15. Do not "
    "eat food for 6 hours before, but you may drink water. You pay us €64.50 by 3 April. Next, fetch your CuffMate 300 "
    "from room 4."
)
RECORD = {
    "plain": DRAFT,
    "brand": LETTER,
    "facts": ["Dr Piet", "10 March", "09:30", "17 March", "11:15", "€64.50", "3 April", "CuffMate 300", "room 4"],
    "changes": [["10 March", "17 March"], ["09:30", "11:15"]],
}


@pytest.mark.parametrize("case", LABELLED, ids=lambda case: f"{case['record']}, {case['wrong'] or 'usable'}")
def test_a_labelled_letter_fails_what_a_reader_found_wrong_and_nothing_else(case):
    checks = check_letter(case["text"], RECORDS[case["record"]])
    failed = [name for name, value in checks.items() if value < 1]
    assert failed == ([case["wrong"]] if case["wrong"] else [])


def test_there_are_labelled_letters_of_every_kind():
    kinds = Counter(case["wrong"] for case in LABELLED)
    assert kinds.pop(None) >= 20
    assert sum(kinds.values()) >= 20
    assert set(kinds) == {"markers", "facts kept", "polarity kept", "nothing invented", "right person", "own words"}


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_a_letter_of_the_house_is_usable(record):
    assert set(check_letter(record["brand"], record).values()) == {1}


@pytest.mark.parametrize(
    "text",
    [
        "You pay 64.50 euros.",
        "Come at half past nine, or a quarter past eleven.",
        "We wait for six hours. You have one fee, and that is the first one.",
        "Hopefully this helps. Thank you for your patience.",
        "Next, see Dr Piet about Mia's CuffMate 300.",
    ],
)
def test_other_forms_of_what_the_source_says_are_not_invented(text):
    assert invented(text, DRAFT) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("You pay €65.", "€65"),
        ("It costs €1.10 more.", "€1.10"),
        ("Come on 18 March.", "18 march"),
        ("Come at 11:30.", "11:30"),
        ("Come on Tuesday.", "tuesday"),
        ("Eat nothing for 8 hours.", "8 hours"),
        ("We have two fees for you.", "two"),
        ("Ask Dr Hedda.", "hedda"),
        ("Silas calls you.", "silas"),
        ("Look into Wren.", "wren"),
        ("Bring your CuffMate 200.", "200"),
        ("You pay us nothing.", "pay us nothing"),
        ("It is free of charge.", "free of charge"),
    ],
)
def test_what_the_source_does_not_say_is_invented(text, what):
    assert invented(text, DRAFT) == [what]


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("may drink water", "may not drink water"),
        ("Do not eat food", "Please eat food"),
        ("from 10 March at 09:30 to 17 March at 11:15", "from 17 March at 09:30 to 10 March at 11:15"),
        ("from 10 March at 09:30 to 17 March at 11:15", "to 17 March at 09:30 instead of 10 March at 11:15"),
        ("You pay us €64.50", "We pay you €64.50"),
        ("€64.50 by 3 April", "€64.50 on 3 April"),
        ("fetch your CuffMate 300", "do not fetch your CuffMate 300"),
    ],
)
def test_what_is_said_the_other_way_round_is_found(was, now):
    assert was in LETTER
    assert turned_round(LETTER, RECORD) == []
    assert turned_round(LETTER.replace(was, now), RECORD) != []


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("from 10 March at 09:30 to 17 March at 11:15", "to 17 March at 11:15, not 10 March at 09:30"),
        ("We moved", "Please do not miss it: we moved"),
        ("Do not eat food", "Please avoid all food"),
        ("Do not eat food", "Go without food"),
        ("You pay us €64.50 by 3 April", "We ask for €64.50, and you have until 3 April"),
    ],
)
def test_another_way_to_say_it_is_not_the_other_way_round(was, now):
    assert was in LETTER
    assert turned_round(LETTER.replace(was, now), RECORD) == []


def test_a_charge_that_was_dropped_must_be_told():
    record = {"plain": "The fee of €20 is waived.", "brand": "You pay nothing, and not €20.", "facts": ["€20"]}
    assert turned_round("We asked for €20.", record) == ["€20", "nothing to pay"]
    assert turned_round("You need not pay the €20.", record) == []


LISTED = {
    "plain": "To: Mia\n- visit, 3 May\n- bring the list\n- no cost",
    "brand": "We see you for your visit on 3 May. You pay nothing. Next, bring your list.",
}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LISTED["brand"], [True, True]),
        ("Come on 3 May, and mind that you bring it.", [True, True]),
        ("We are visiting you. It is free.", [True, False]),
        ("Next, look forward to 4 May.", [False, False]),
        ("", [False, False]),
    ],
)
def test_each_line_of_a_list_must_be_told_but_for_those_that_are_told_in_other_words(text, told):
    assert points_made(text, LISTED) == told


def test_a_draft_has_no_list():
    assert points_made(LETTER, RECORD) == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("We have not had your money for invoice 54.", []),
        ("We got your money for invoice 54, thank you.", ["whether money came"]),
        ("Your payment for invoice 54 has arrived.", ["whether money came"]),
        ("We sent you invoice 54, and you pay us the money soon.", []),
        ("For invoice 54 we owe you the money.", ["who pays"]),
    ],
)
def test_whether_money_came_and_who_owes_it_is_not_turned_round(text, wrong):
    record = {
        "plain": "No payment has been received for invoice 54.",
        "brand": "We sent you invoice 54, and your money has not reached us. Please pay it.",
        "facts": ["54"],
    }
    assert turned_round(text, record) == wrong


@pytest.mark.parametrize(
    ("text", "name"),
    [("Hello Mia,\nWe.", "Mia"), ("Dear Mia, we", "Mia"), ("\nHello everyone,\n", "everyone"), ("Mia, we", None)],
)
def test_the_reader_greeted_is_the_name_in_the_first_line(text, name):
    assert greeted(text) == name


def test_a_copy_shares_more_than_a_third_of_its_words_in_runs_of_four():
    assert copied(DRAFT, DRAFT)
    assert copied(f"{DRAFT} And we wish you well, with all our heart, from every one of us here.", DRAFT)
    assert not copied(letter_body(LETTER), DRAFT)
    assert not copied("", DRAFT)
    assert not copied("17 March", DRAFT)
