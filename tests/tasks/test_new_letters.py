"""New letters from facts: their prompts, and that the guide of the rival is the page that the house follows."""

from utils.scoring import greeted
from utils.settings import DATA
from utils.tasks import new_letters

RECORDS = [record for split in ("train", "dev", "test") for record in new_letters.load(split)]


def test_training_and_asking_share_the_prompt():
    record = RECORDS[0]
    assert new_letters.example(record)[:-1] == new_letters.prompt(record)
    assert new_letters.example(record)[-1] == {"role": "assistant", "content": record["brand"]}


def test_the_rival_gets_the_whole_guide_then_examples_then_the_facts():
    shown, asked = RECORDS[:2]
    turns = new_letters.prompt_with_guide(asked, [shown])
    assert [turn["role"] for turn in turns] == ["system", "user", "assistant", "user"]
    assert turns[0]["content"].startswith(new_letters.INSTRUCTION)
    assert (DATA / "voice_guide.md").read_text(encoding="utf-8").strip() in turns[0]["content"]
    assert [turn["content"] for turn in turns[1:]] == [shown["plain"], shown["brand"], asked["plain"]]


def test_the_facts_begin_with_the_reader_whom_the_letter_greets():
    for record in RECORDS:
        reader, *facts = record["plain"].split("\n")
        assert reader == f"To: {greeted(record['brand'])}"
        assert len(facts) >= 3
        assert all(fact.startswith("- ") for fact in facts)


def test_each_split_has_letters_to_one_reader_and_notices_to_all():
    for split in ("train", "dev", "test"):
        notices = [greeted(record["brand"]) == "everyone" for record in new_letters.load(split)]
        assert any(notices)
        assert not all(notices)
