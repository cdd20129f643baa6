"""The house voice: its prompts and its guide, and the records."""

from utils.scoring import CLOSE
from utils.settings import DATA
from utils.tasks import voice

HOUSE = f"Hello Mia,\nWe moved your visit to 17 March. Next, please tell us in Wren.\n{CLOSE}"
PLAIN = "Dear Mia, your appointment has been rescheduled to 17 March. Kindly confirm via Wren."
RECORD = {"plain": PLAIN, "brand": HOUSE, "facts": ["17 March", "Wren"]}
OTHER = {"plain": "The fee is payable by 7 July.", "brand": f"Hello Flo,\nPlease pay by 7 July.\n{CLOSE}", "facts": []}


def test_training_and_asking_share_the_prompt():
    assert voice.example(RECORD)[:-1] == voice.prompt(RECORD)
    assert voice.example(RECORD)[-1] == {"role": "assistant", "content": HOUSE}
    assert voice.prompt(RECORD)[-1] == {"role": "user", "content": PLAIN}


def test_the_guide_comes_first_then_few_shot_examples_then_the_message():
    system, *turns = voice.prompt_with_guide(RECORD, [OTHER])
    assert system["role"] == "system"
    assert system["content"].startswith(voice.INSTRUCTION)
    assert (DATA / "voice_guide.md").read_text(encoding="utf-8").strip() in system["content"]
    assert turns == [
        {"role": "user", "content": OTHER["plain"]},
        {"role": "assistant", "content": OTHER["brand"]},
        {"role": "user", "content": PLAIN},
    ]
    assert voice.prompt_with_guide(RECORD) == [system, turns[-1]]


def test_the_guide_names_what_the_markers_count():
    assert all(word in voice.guide() for word in ('"Hello"', '"we"', '"you"', "Short", '"Next,"', f'"{CLOSE}"'))


def test_records_are_loaded_by_split_and_none_is_lost():
    splits = {split: voice.load(split) for split in ("train", "dev", "test")}
    assert {split: len(records) for split, records in splits.items()} == {"train": 80, "dev": 12, "test": 40}
    assert all(record["split"] == split for split, records in splits.items() for record in records)
