"""The notes task: what is asked, what string replacement can do, and which terms count."""

import pytest

from utils.settings import DATA
from utils.tasks import notes

RECORDS = [record for split in ("train", "dev", "test") for record in notes.load(split)]
RECORD = {
    "note": "gull 47, W5, wick",
    "reading": "The PulseBand P2 shows a heart rate of 47 with a red alert in Wren; advised to eat less salt.",
    "items": ["PulseBand P2 heart rate 47", "red alert", "advised to eat less salt"],
    "terms": ["gull", "W5", "wick"],
}
OTHER = {
    "note": "heel pain L",
    "reading": "Pain in the left heel.",
    "items": ["pain left heel"],
    "terms": ["heel", "L"],
}


@pytest.mark.parametrize(
    ("note", "written_out"),
    [
        ("W5, pip tinned", "red alert in Wren, OxyClip returned by post"),
        ("cough x3, ?UTI", "cough for 3 days, possible urinary tract infection"),
        ("amoxicillin 500 x3 5/7", "amoxicillin 500 3 times a day in 5 days"),
        ("HA x2/52, moth?", "headache for 2 weeks, SleepRing asked about"),
        ("SOBOE nil", "shortness of breath on exertion no"),
        ("ramipril ↑ 10 stat", "ramipril raised to 10 immediately"),
        ("taxi, Lark, xylitol", "taxi, Lark, xylitol"),
    ],
)
def test_terms_are_replaced_longest_first_and_whole(note, written_out):
    assert notes.replaced(note) == written_out


def test_replacement_reads_under_half_of_the_test_notes():
    scores = [notes.score(notes.replaced(record["note"]), record) for record in notes.load("test")]
    whole = sum(score["all items"] for score in scores) / len(scores)
    some = sum(score["item F1"] for score in scores) / len(scores)
    assert 0.05 < whole < 0.5
    assert some > 0.5, "the rival doesn't even read words that always mean the same"


def test_house_terms_are_counted_in_the_sense_of_the_note():
    assert notes.house_terms(RECORD["reading"], RECORD, seen=True) == [1, 1]
    assert notes.house_terms(RECORD["reading"], RECORD, seen=False) == [1]
    assert notes.house_terms("The OxyClip with an amber alert.", RECORD, seen=True) == [0, 0]
    assert notes.house_terms(OTHER["reading"], OTHER, seen=True) == []  # this heel is no wear time


def test_the_test_notes_have_unseen_terms_and_seen_ones():
    counts = [
        (len(notes.house_terms("", record, True)), len(notes.house_terms("", record, False))) for record in RECORDS
    ]
    seen, unseen = (sum(count > 0 for count in kind) for kind in zip(*counts, strict=True))
    assert seen > 150
    assert 15 <= unseen <= 30


def test_training_and_asking_share_the_prompt():
    assert notes.example(RECORD)[:-1] == notes.prompt(RECORD)
    assert notes.example(RECORD)[-1] == {"role": "assistant", "content": RECORD["reading"]}


def test_entries_stand_above_the_note_in_asking_and_in_training():
    asked = notes.prompt(RECORD, entries=True)[-1]["content"]
    assert asked.split("\n") == [*map(notes.entry, RECORD["terms"]), "", f"Note: {RECORD['note']}"]
    assert asked == notes.prompt_with_guide(RECORD, entries=True)[-1]["content"]
    assert notes.example(RECORD, entries=True)[:-1] == notes.prompt(RECORD, entries=True)


def test_the_terms_of_a_note_can_be_looked_up():
    """What the prompts call retrieved entries is what a search for the glossary's terms finds."""
    for record in RECORDS:
        found = set(notes._terms().findall(record["note"])) & set(notes.glossary())
        assert found == {term for term in record["terms"] if not term.startswith("/")} - {"x"}, record["id"]


def test_varied_examples_show_more_terms_than_the_first_and_none_twice():
    train = notes.load("train")
    chosen = notes.varied_examples(train, 8)
    assert len({note["id"] for note in chosen}) == 8
    shown, first = (len({term for note in some for term in note["terms"]}) for some in (chosen, train[:8]))
    assert shown > first
    assert notes.varied_examples(train[:2], 5) == sorted(train[:2], key=lambda note: -len(note["terms"]))


def test_the_nearest_examples_share_the_rare_terms_and_are_other_notes():
    train = notes.load("train")
    for record, near in zip(train, notes.nearest_examples(train, train, 3), strict=True):
        assert len(near) == 3
        assert record["id"] not in [note["id"] for note in near]
    common, rare = {"id": "a", "terms": ["x"]}, {"id": "b", "terms": ["owl"]}
    some = [rare, common, *({"id": str(n), "terms": ["x"]} for n in range(3))]
    asked = {"id": "q", "terms": ["owl", "x", "gull"]}
    assert notes.nearest_examples([asked], some, 1) == [[rare]]
    assert notes.nearest_examples([asked], some, 0) == [[]]


@pytest.mark.parametrize(("whole", "entries"), [(False, False), (True, False), (False, True)])
def test_the_rivals_get_the_page_of_rules_and_the_glossary_that_they_ask_for(whole, entries):
    system, *turns = notes.prompt_with_guide(RECORD, [OTHER], whole_glossary=whole, entries=entries)
    assert (DATA / "notes_guide.md").read_text(encoding="utf-8").strip() in system["content"]
    assert (notes.entry("quince") in system["content"]) == whole
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert turns[0]["content"].endswith(f"Note: {OTHER['note']}")
    assert turns[1]["content"] == OTHER["reading"]
    assert turns[2]["content"].endswith(f"Note: {RECORD['note']}")
    assert (notes.entry("wick") in turns[2]["content"]) == entries
    assert notes.entry("heel") not in turns[2]["content"]
    assert RECORD["reading"] not in str(turns)


def test_an_entry_tells_every_meaning_of_a_term():
    assert notes.entry("wick") == "wick: advised to eat less salt"
    assert notes.entry("pip") == "pip: OxyClip, or: with a figure its oxygen saturation"
