"""The voice task: the marks of the house's voice one by one, the facts kept, the prompts, and the judge."""

from types import SimpleNamespace

import numpy as np
import pytest

from utils import corpus, voice
from utils.voice import CLOSE, MARKERS, inner, kept, markers

RECORDS = corpus.load_jsonl("voice")
HOUSE = f"Hello Mia,\nWe moved your visit to 17 March. Next, please tell us in Wren.\n{CLOSE}"
PLAIN = "Dear Mia, your appointment has been rescheduled to 17 March. Kindly confirm via Wren."
RECORD = {"plain": PLAIN, "brand": HOUSE, "facts": ["17 March", "Wren"]}
OTHER = {"plain": "The fee is payable by 7 July.", "brand": f"Hello Flo,\nPlease pay by 7 July.\n{CLOSE}", "facts": []}
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
def test_each_mark_of_the_voice_is_missed_alone(text, missing):
    assert markers(text) == {name: float(name not in missing) for name in MARKERS}


def test_the_longest_sentence_allowed_has_sixteen_words():
    assert len(SIXTEEN.split()) == 16


@pytest.mark.parametrize(
    ("text", "share"),
    [(HOUSE, 1), ("On 17 march, or in WREN", 1), ("17 March", 0.5), ("On 117 March, with wrench", 0), ("", 0)],
)
def test_facts_kept_is_the_share_that_still_stands(text, share):
    assert kept(text, RECORD) == share


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
def test_the_inner_text_has_lost_the_greeting_and_the_close(text, expected):
    assert inner(text) == expected


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record["id"])
def test_the_house_speaks_in_its_voice_and_the_office_does_not_and_both_state_the_facts(record):
    assert markers(record["brand"]) == dict.fromkeys(MARKERS, 1)
    assert markers(record["plain"]) == dict.fromkeys(MARKERS, 0)
    assert kept(record["brand"], record) == kept(record["plain"], record) == 1


def test_training_and_asking_share_the_prompt():
    assert voice.example(RECORD)[:-1] == voice.chat(RECORD)
    assert voice.example(RECORD)[-1] == {"role": "assistant", "content": HOUSE}
    assert voice.chat(RECORD)[-1] == {"role": "user", "content": PLAIN}


def test_the_guide_comes_first_then_worked_examples_then_the_message():
    assert voice.with_guide(RECORD, [OTHER]) == [
        {"role": "system", "content": voice.GUIDE},
        {"role": "user", "content": OTHER["plain"]},
        {"role": "assistant", "content": OTHER["brand"]},
        {"role": "user", "content": PLAIN},
    ]
    assert [turn["content"] for turn in voice.with_guide(RECORD)] == [voice.GUIDE, PLAIN]


def test_the_prompt_s_guide_names_what_the_markers_count():
    assert all(word in voice.GUIDE for word in ("'Hello'", "'we'", "'you'", "short", "'Next,'", f"'{CLOSE}'"))


def test_records_are_loaded_by_split_and_none_is_lost():
    splits = voice.load()
    assert {split: len(records) for split, records in splits.items()} == {"train": 80, "dev": 12, "test": 40}
    assert all(record["split"] == split for split, records in splits.items() for record in records)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HOUSE, [1, 1, 1, 1]),
        (HOUSE.replace("Next, please", "Please"), [0.8, 1, 1, 0]),
        (HOUSE.replace("visit", "appointment"), [1, 0, 1, 0]),
        (HOUSE.replace("17 March", "18 March"), [1, 1, 0.5, 0]),
        (PLAIN, [0, 0, 1, 0]),
    ],
    ids=["house", "a mark is missing", "sounds like the office", "a fact is missing", "office"],
)
def test_a_message_is_usable_only_if_marks_voice_and_facts_are_complete(monkeypatch, text, expected):
    monkeypatch.setattr(voice, "embed", lambda texts: texts)
    judge = SimpleNamespace(predict=lambda texts: np.array([int("appointment" not in text) for text in texts]))
    rated = voice.rate([HOUSE, text], [RECORD, RECORD], judge)
    assert list(rated) == ["markers", "house voice", "facts kept", "usable"]
    assert [values[0] for values in rated.values()] == [1, 1, 1, 1]
    assert [values[1] for values in rated.values()] == pytest.approx(expected)


def test_a_message_is_rated_without_its_greeting_and_close(monkeypatch):
    seen = []
    monkeypatch.setattr(voice, "embed", lambda texts: seen.extend(texts) or texts)
    voice.rate([HOUSE], [RECORD], SimpleNamespace(predict=lambda texts: [1] * len(texts)))
    assert seen == ["We moved your visit to 17 March. Next, please tell us in Wren."]


@pytest.mark.model
def test_the_judge_tells_unseen_texts_of_house_and_office_apart():
    splits = voice.load()
    judge, unseen = voice.fit_judge(splits["train"]), splits["dev"] + splits["test"]
    house = voice.rate([record["brand"] for record in unseen], unseen, judge)
    office = voice.rate([record["plain"] for record in unseen], unseen, judge)
    assert np.mean(house["house voice"]) >= 0.85
    assert np.mean(office["house voice"]) <= 0.15
    assert house["usable"] == house["house voice"], "marks and facts of the house's own texts are complete"
    assert max(office["usable"]) == 0
