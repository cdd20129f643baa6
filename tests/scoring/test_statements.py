"""Statements in the reading of a note: right readings in other words, and wrong ones that look right."""

import pytest

from utils.corpus import load_records
from utils.scoring.statements import invented_in, score_statements, states

NOTES = {record["id"]: record for record in load_records("notes")}


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("GlucoLeaf glucose 2.9", "The GlucoLeaf shows a glucose of 2.9."),
        ("GlucoLeaf glucose 2.9", "Blood sugar 2.9 on the GlucoLeaf"),
        ("PulseBand P2 heart rate 47", "PulseBand: pulse of 47"),
        ("PulseBand P2 heart rate 47", "The heart rate is 47 according to the PulseBand P2."),
        ("CuffMate 300, blood pressure 150/90", "CuffMate 300 150/90 blood pressure"),
        ("OxyClip oxygen saturation 88 lying", "When lying down, OxyClip saturation 88"),
        ("BreezeMeter low peak flow 240", "BreezeMeter peak flow of only 240, which is low"),
        ("ramipril raised to 10", "Ramipril increased to 10 mg"),
        ("ramipril raised to 10", "Ramipril was put up to 10"),
        ("ramipril from 5 to 10", "Ramipril goes from 5 mg to 10 mg"),
        ("weight up by 3 kg", "Gained 3 kilos in weight"),
        ("weight down by 2 kg", "He has lost 2 kg in weight"),
        ("amoxicillin 500 three times a day", "Amoxicillin 500 mg 3 times daily"),
        ("metformin 850 evening meal", "Metformin 850 with supper"),
        ("skin irritation", "Skin irritation under the SleepRing"),
        ("skin irritation SleepRing", "The skin is irritated under the SleepRing"),
        ("returned by post", "The HomeHub was sent back by post."),
        ("no fever", "Fever: none, and the cough is gone. Without fever."),
        ("no fever", "Denies fever."),
        ("no nausea", "No nausea or vomiting"),
        ("no vomiting", "No nausea, headache or vomiting"),
        ("feels well", "No chest pain and feels well"),
        ("PulseBand P2 not worn 4 days", "For 4 days the PulseBand P2 hasn't been worn."),
        ("no answer after 3 calls", "No answer after three calls"),
        ("no answer after 3 calls", "Did not answer three calls"),
        ("did not attend 2 times", "The patient failed to attend twice."),
        ("SleepRing replaced by OxyClip", "SleepRing swapped for an OxyClip"),
        ("SleepRing replaced by OxyClip", "The OxyClip replaces the SleepRing"),
        ("from Reed plan to Heron plan", "Moved from Reed to the Heron plan"),
        ("referred to heart specialist", "Referral to the cardiologist"),
        ("review in 2 weeks", "Review in two weeks"),
        ("possible urinary tract infection", "A suspected urinary tract infection"),
        ("carer says forgets at night", "According to the carer she forgets it at night."),
        ("carer says forgets at night", "The carer says that it was forgotten at night."),
        ("CuffMate 200 blood pressure 171/102", "The CuffMate 200 shows 171/102 with a red alert."),
        ("from Reed plan to Heron plan", "The Reed plan has been replaced by the Heron plan."),
        ("from Reed plan to Heron plan", "The Reed plan was changed to the Heron plan."),
        ("metformin from 500", "Metformin 500 twice a day up to 1000 twice a day"),
        ("no answer after 3 calls", "The patient did not answer the calls three times."),
        ("SleepRing swapped for new one", "Swapped for a new SleepRing, size 9"),
        ("possible amoxicillin", "A rash, possibly from amoxicillin"),
        ("spilt tea", "Tea spilled and scalded the left foot"),
        ("earwax right", "Ear wax on the right"),
    ],
)
def test_a_fair_reader_s_words_count(statement, text):
    assert states(text, statement)


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("GlucoLeaf glucose 2.9", "The GlucoLeaf shows a glucose of 9.2."),
        ("CuffMate 200 blood pressure 171/102", "The PulseBand P2 shows a blood pressure of 171/102."),
        ("review in 2 weeks cancelled", "The review in six weeks is cancelled, and the review in two weeks instead."),
        ("from Reed plan to Heron plan", "The Heron plan has been replaced by the Reed plan."),
        ("PulseBand P2 heart rate 47", "PulseBand P2 heart rate 91, OxyClip saturation 47"),
        ("OxyClip oxygen saturation 88 lying", "OxyClip oxygen saturation 88 sitting"),
        ("CuffMate 300, blood pressure 150/90", "CuffMate 200 blood pressure 150/90"),
        ("ramipril raised to 10", "Ramipril lowered to 10"),
        ("ramipril raised to 10", "Ramipril raised by 10"),
        ("ramipril from 5 to 10", "Ramipril from 10 to 5"),
        ("weight up by 3 kg", "Weight up to 3 kg"),
        ("amoxicillin 500 three times a day", "Amoxicillin 500 for 3 days"),
        ("cough 3 days", "Cough three times a day"),
        ("lost keys 3 times", "Lost the keys for 3 days"),
        ("metformin 850 evening meal", "Metformin 850 in the morning"),
        ("no fever", "Fever, no cough"),
        ("no fever", "Fever but no cough"),
        ("no fever", "Fever"),
        ("fever", "No fever"),
        ("fever", "There was no high fever"),
        ("red alert", "amber alert in Wren"),
        ("red alert", "No red alert in Wren"),
        ("SleepRing replaced by OxyClip", "OxyClip replaced by SleepRing"),
        ("from Reed plan to Heron plan", "From the Heron plan to the Reed plan"),
        ("possible urinary tract infection", "Urinary tract infection"),
        ("pain left heel", "Poor wear time, pain on the left"),
        ("bisoprolol stopped", "Bisoprolol raised"),
        ("lives alone", "Does not live alone, or rather no longer lives alone"),
        ("red alert", ""),
    ],
)
def test_a_reading_that_says_something_else_does_not_count(statement, text):
    assert not states(text, statement)


@pytest.mark.parametrize(
    ("reading", "wrong"),
    [
        ("The OxyClip shows 91 with an amber alert in Wren at Windle Clinic, Reed plan.", []),
        ("Only the OxyClip.", []),
        ("The OxyClip shows 92.", ["92"]),
        ("The OxyClip shows 91 with a red alert.", ["redalert"]),
        ("The SleepRing shows 91.", ["sleepr"]),
        ("Saltmarsh and the Kestrel plan", ["kestrel", "saltmarsh"]),
    ],
)
def test_figures_alerts_devices_clinics_and_plans_can_be_invented(reading, wrong):
    gold = "OxyClip 91, amber alert in Wren, Windle Clinic, Reed plan."
    assert [word.replace("sleepring", "sleepr") for word in invented_in(reading, gold)] == wrong


def test_a_score_counts_what_is_stated_and_what_is_invented():
    gold = "Cough for 3 days, no fever. The OxyClip shows 91."
    items = ["cough 3 days", "no fever", "OxyClip 91"]
    assert score_statements(gold, items, gold) == {"all items": 1, "item F1": 1}
    assert score_statements("Cough for 3 days.", items, gold) == {"all items": 0, "item F1": pytest.approx(2 / 4)}
    assert score_statements(f"{gold} Red alert.", items, gold) == {"all items": 0, "item F1": pytest.approx(6 / 7)}
    assert score_statements("", items, gold) == {"all items": 0, "item F1": 0}


OTHER_WORDS = {
    "gull 47, W5": "Red alert in Wren: pulse 47 on the PulseBand P2. Bisoprolol discontinued, urgently referred to the "
    "cardiologist.",
    "cough x4": "He has had a cough for four days and green sputum, without fever. ThermoDot temperature: 37.1.",
    "T2DM, metformin": "Type 2 diabetes. Metformin up from 500 to 1000, twice daily. Fasting bloods in six weeks.",
    "off food x5": "Has not been eating for 5 days. No nausea or vomiting. Weight is down 2 kg. Referral to dietician.",
    "moth > pip, tulip": "The OxyClip replaces the SleepRing; skin irritation. Two calls from the Care Line.",
    "leaf 2.9": "At night a blood sugar of 2.9 on the GlucoLeaf, red alert. Sweating. Insulin reduced to 14 units.",
}


@pytest.mark.parametrize("start", OTHER_WORDS)
def test_a_whole_reading_in_other_words_is_right(start):
    record = next(record for record in NOTES.values() if record["note"].startswith(start))
    assert score_statements(OTHER_WORDS[start], record["items"], record["reading"])["all items"] == 1, [
        item for item in record["items"] if not states(OTHER_WORDS[start], item)
    ]


@pytest.mark.parametrize("record", NOTES.values(), ids=NOTES)
def test_the_reading_by_hand_is_right_and_the_note_itself_is_not(record):
    assert score_statements(record["reading"], record["items"], record["reading"]) == {"all items": 1, "item F1": 1}
    assert score_statements(record["note"], record["items"], record["reading"])["all items"] == 0
