"""The ticket task: the form of a line, its score, and its prompts."""

import pytest

from utils import corpus
from utils.tasks import tickets
from utils.tasks.tickets import score

RIGHT = "Ticket #48213 - BILLING - HIGH - Assigned to Sarah M."
FIELDS = {"number": "48213", "category": "BILLING", "priority": "HIGH", "assignee": "Sarah M."}
RECORD = {"complaint": "48213: charged twice.", "ticket": RIGHT, **FIELDS}


def row(valid, number, category, priority, assignee, everything):
    values = {"number": number, "category": category, "priority": priority, "assignee": assignee}
    return {"valid": valid, **values, "all fields": everything}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (RIGHT, row(1, 1, 1, 1, 1, 1)),
        (RIGHT.replace("48213", "48214"), row(1, 0, 1, 1, 1, 0)),
        (RIGHT.replace("HIGH", "LOW").replace("Sarah M.", "Tom K."), row(1, 1, 1, 0, 0, 0)),
        (RIGHT.replace("BILLING", "COFFEE"), row(0, 0, 0, 0, 0, 0)),
        (f"Sure! {RIGHT}", row(0, 0, 0, 0, 0, 0)),
        (f"{RIGHT}\n", row(0, 0, 0, 0, 0, 0)),
        ("", row(0, 0, 0, 0, 0, 0)),
    ],
)
def test_a_line_is_scored_field_by_field(line, expected):
    assert score(line, RECORD) == expected


def test_every_ticket_of_the_house_is_valid_and_right():
    for record in corpus.load_records("tickets"):
        assert min(score(record["ticket"], record).values()) == 1


def test_training_and_asking_share_the_prompt():
    assert tickets.example(RECORD)[:-1] == tickets.prompt(RECORD)
    assert tickets.example(RECORD)[-1] == {"role": "assistant", "content": RIGHT}
    assert tickets.prompt(RECORD)[-1] == {"role": "user", "content": "48213: charged twice."}


def test_few_shot_examples_stand_between_the_system_prompt_and_the_complaint():
    shown = {"complaint": "11111: no.", "ticket": RIGHT.replace("48213", "11111")}
    for prompt, system in (
        (tickets.prompt_with_rules, tickets.RULES),
        (tickets.prompt_with_examples, tickets.prompt(RECORD)[0]["content"]),
    ):
        made = prompt(RECORD, [shown])
        assert [message["role"] for message in made] == ["system", "user", "assistant", "user"]
        assert [message["content"] for message in made] == [system, *shown.values(), "48213: charged twice."]
    assert len(tickets.prompt_with_rules(RECORD)) == 2


def test_examples_are_the_first_of_each_category_or_the_most_alike_with_the_best_last():
    train = tickets.load("train")[:60]
    five = tickets.one_per_category(train)
    assert len(five) == len({record["category"] for record in train}) == 5
    assert five[0] == train[0]
    (near,) = tickets.nearest_examples([train[7]], train)
    assert len(near) == 3
    assert near[-1] == train[7]


def test_records_are_loaded_by_split_and_none_is_lost():
    splits = {split: tickets.load(split) for split in ("train", "dev", "test")}
    assert all(record["split"] == split for split, records in splits.items() for record in records)
    assert sum(map(len, splits.values())) == len(corpus.load_records("tickets"))
    assert (len(splits["train"]), len(splits["test"])) == (240, 85)
