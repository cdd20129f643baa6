"""Letters in the house voice: its markers one by one, the facts kept, the body, the classifier, and what is usable."""

from types import SimpleNamespace

import numpy as np
import pytest

from utils import corpus
from utils.scoring import CLOSE, MARKERS, facts_kept, fit_voice_classifier, letter_body, letters, markers, rate_letters

RECORDS = corpus.load_records("voice")
HOUSE = f"Hello Mia,\nWe moved your visit to 17 March. Next, please tell us in Wren.\n{CLOSE}"
PLAIN = "Dear Mia, your appointment has been rescheduled to 17 March. Kindly confirm via Wren."
FACTS = ["17 March", "Wren"]
SIXTEEN = "We keep a place for you until the end of the second week after next, Mia."


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (HOUSE, set()),
        (HOUSE.replace("Mia", "Jean-Luc"), set()),
        (HOUSE.replace("We moved", f"{SIXTEEN} We moved"), set()),
        (f"\n{HOUSE}\n\n", set()),
        (HOUSE.replace("Hello Mia,", "Dear Mia,"), {"greets by name"}),
        (HOUSE.replace("Hello Mia,", "Hello,"), {"greets by name"}),
        (HOUSE.replace("Hello Mia,", "Hello Mia"), {"greets by name"}),
        (HOUSE.replace("Hello Mia,", "Hello mia,"), {"greets by name"}),
        (HOUSE.replace("We moved", "They moved"), {"speaks of we and you"}),
        (HOUSE.replace("your visit", "the visit"), {"speaks of we and you"}),
        (HOUSE.replace("We moved", f"{SIXTEEN[:-1]} Brown. We moved"), {"short sentences"}),
        (HOUSE.replace("in Wren.", "in Wren!"), {"short sentences"}),
        (HOUSE.replace("moved", "rescheduled"), {"short sentences"}),
        (HOUSE.replace("please", "KINDLY"), {"short sentences"}),
        (HOUSE.replace("please", "commencing today,"), {"short sentences"}),
        (HOUSE.replace("Next, please", "Please"), {"one next step"}),
        (HOUSE.replace("We moved", "Next, we moved"), {"one next step"}),
        (HOUSE.replace("Next, please", "Please next, or Next, rather,"), {"one next step"}),
        (HOUSE.replace(CLOSE, "Kind regards"), {"closes as agreed"}),
        (HOUSE.replace(CLOSE, CLOSE.rstrip(".")), {"closes as agreed"}),
        (f"{HOUSE}\nThe team", {"closes as agreed"}),
        (PLAIN, set(MARKERS)),
        (f"Hello Mia,\n{CLOSE}", set(MARKERS) - {"greets by name", "closes as agreed"}),
        ("", set(MARKERS)),
    ],
)
def test_each_marker_of_the_voice_is_missed_alone(text, missing):
    assert markers(text) == {name: float(name not in missing) for name in MARKERS}


def test_the_longest_sentence_allowed_has_sixteen_words():
    assert len(SIXTEEN.split()) == 16


@pytest.mark.parametrize(
    ("text", "share"),
    [(HOUSE, 1), ("On 17 march, or in WREN", 1), ("17 March", 0.5), ("On 117 March, with wrench", 0), ("", 0)],
)
def test_facts_kept_is_the_share_that_still_stands(text, share):
    assert facts_kept(text, FACTS) == share


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HOUSE, "We moved your visit to 17 March. Next, please tell us in Wren."),
        (f"Hello Mia,\n\nOne.\nTwo.\n{CLOSE}\n", "One. Two."),
        ("One line.", "One line."),
        ("Hello Mia, we moved.", "Hello Mia, we moved."),
        ("Dear Mia,\nOne.", "Dear Mia, One."),
        ("", ""),
    ],
    ids=["house", "several lines", "one line", "greeting and text in one", "another greeting", "empty"],
)
def test_the_body_of_a_letter_has_lost_the_greeting_and_the_close(text, expected):
    assert letter_body(text) == expected


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record["id"])
def test_the_house_speaks_in_its_voice_and_the_office_does_not_and_both_state_the_facts(record):
    assert markers(record["brand"]) == dict.fromkeys(MARKERS, 1)
    assert markers(record["plain"]) == dict.fromkeys(MARKERS, 0)
    assert facts_kept(record["brand"], record["facts"]) == facts_kept(record["plain"], record["facts"]) == 1


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (HOUSE, {}),
        (HOUSE.replace("Next, please", "Please"), {"markers": 0.8}),
        (HOUSE.replace("visit", "appointment"), {"house voice": 0}),
        (HOUSE.replace("to 17 March", "again"), {"facts kept": 0.5}),
        (HOUSE.replace("We moved", "We have not moved"), {"polarity kept": 0}),
        (HOUSE.replace("in Wren", "in Wren or in room 4"), {"nothing invented": 0}),
        (HOUSE.replace("Mia", "Wren"), {"right person": 0}),
        (
            HOUSE.replace("We moved your visit", "We say: your visit has been rescheduled"),
            {"own words": 0, "markers": 0.8},
        ),
    ],
    ids=["house", "marker", "office", "fact missing", "denied", "invented", "wrong person", "copied"],
)
def test_a_letter_is_usable_only_if_every_check_is_complete(monkeypatch, text, wrong):
    monkeypatch.setattr(letters, "embed", lambda texts: texts)
    classifier = SimpleNamespace(predict=lambda texts: np.array([int("appointment" not in text) for text in texts]))
    plain = "Dear Mia, your visit has been rescheduled to 17 March. Kindly confirm via Wren."
    record = {"plain": plain, "brand": HOUSE, "facts": FACTS}
    rated = rate_letters([HOUSE, text], [record] * 2, classifier)
    checks = ["markers", "facts kept", "polarity kept", "nothing invented", "right person", "own words", "house voice"]
    assert set(rated) == {*checks, "usable"}
    assert {values[0] for values in rated.values()} == {1}
    assert {name: values[1] for name, values in rated.items()} == pytest.approx(
        dict.fromkeys(checks, 1) | wrong | {"usable": float(not wrong)}
    )


def test_a_letter_is_judged_by_voice_without_its_greeting_and_close(monkeypatch):
    seen = []
    monkeypatch.setattr(letters, "embed", lambda texts: seen.extend(texts) or texts)
    record = {"plain": PLAIN, "brand": HOUSE, "facts": FACTS}
    rate_letters([HOUSE], [record], SimpleNamespace(predict=lambda texts: [1] * len(texts)))
    assert seen == ["We moved your visit to 17 March. Next, please tell us in Wren."]


@pytest.mark.model
def test_the_classifier_tells_unseen_texts_of_house_and_office_apart():
    classifier = fit_voice_classifier([record for record in RECORDS if record["split"] == "train"])
    unseen = [record for record in RECORDS if record["split"] != "train"]
    house = rate_letters([record["brand"] for record in unseen], unseen, classifier)
    office = rate_letters([record["plain"] for record in unseen], unseen, classifier)
    assert min(house["usable"]) == 1, "a letter of the house isn't usable"
    new = corpus.load_records("new_letters")
    rated = rate_letters([record["brand"] for record in new], new, classifier)
    assert rated["usable"] == rated["house voice"], "all but the classifier finds every new letter usable"
    assert np.mean(rated["house voice"]) >= 0.97
    assert np.mean(office["house voice"]) <= 0.15
    assert max(office["usable"]) == 0
