"""The ticket task: the form of a line, its score, and its prompts."""

import numpy as np
import pytest

from utils import corpus
from utils.tasks import tickets
from utils.tasks.tickets import score

RIGHT = "Ticket #48213 - BILLING - HIGH - Assigned to Sarah M."
FIELDS = {"number": "48213", "category": "BILLING", "priority": "HIGH", "assignee": "Sarah M."}
TRAIN = tickets.load("train")
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
        (tickets.prompt, tickets.prompt(RECORD)[0]["content"]),
    ):
        made = prompt(RECORD, [shown])
        assert [message["role"] for message in made] == ["system", "user", "assistant", "user"]
        assert [message["content"] for message in made] == [system, *shown.values(), "48213: charged twice."]
        assert len(prompt(RECORD)) == 2
    assert tickets.example(RECORD, [shown]) == [*tickets.prompt(RECORD, [shown]), tickets.example(RECORD)[-1]]


def test_examples_are_the_first_of_each_category():
    five = tickets.one_per_category(TRAIN[:60])
    assert len(five) == len({record["category"] for record in TRAIN}) == 5
    assert five[0] == TRAIN[0]


@pytest.mark.parametrize("count", [0, 2, 5, 8, 15, 20])
def test_varied_examples_are_each_of_another_kind_and_spread_over_the_labels(count):
    shown = tickets.varied_examples(TRAIN, count)
    kinds = [(record["category"], record["priority"]) for record in shown]
    assert len(kinds) == len(set(kinds)) == min(count, 15)
    for place, labels in enumerate((tickets.CATEGORIES, tickets.PRIORITIES)):
        times = [sum(kind[place] == label for kind in kinds) for label in labels]
        assert max(times) - min(times) <= 1


def test_the_nearest_examples_end_with_the_most_alike_and_a_ticket_is_not_its_own(monkeypatch):
    place = {"a": 0.0, "b": 0.1, "c": 0.3, "d": 0.9}  # angles on a circle
    monkeypatch.setattr(
        tickets, "embed", lambda texts: np.array([[np.cos(place[text]), np.sin(place[text])] for text in texts])
    )
    a, b, c, d = train = [{"id": name, "complaint": name} for name in place]
    assert tickets.nearest_examples([a, d], train, 2) == [[c, b], [b, c]]
    assert tickets.nearest_examples([{"id": "new", "complaint": "a"}], train, 3) == [[c, b, a]]


@pytest.mark.parametrize("record", corpus.load_records("tickets"), ids=lambda record: record["id"])
def test_the_template_and_the_grammar_write_every_right_line(record):
    assert tickets.line(record["complaint"], record["category"], record["priority"]) == record["ticket"]
    rest = record["ticket"]
    for texts in tickets.GRAMMAR:
        (begun,) = [text for text in texts if rest.startswith(text)]
        rest = rest.removeprefix(begun)
    assert rest == ""


def test_every_line_of_the_grammar_is_valid():
    for ending in tickets.GRAMMAR[-1]:
        assert tickets.PATTERN.fullmatch(f"Ticket #01234{ending}")


@pytest.mark.parametrize("complaint", ["I paid €12,345.", "Call 123456 or 1234.", ""])
def test_a_complaint_without_a_number_is_refused(complaint):
    with pytest.raises(ValueError, match="gives no number of five digits: ask the writer"):
        tickets.line(complaint, "BILLING", "HIGH")


@pytest.mark.model
def test_the_grammar_is_cut_where_the_tokenizer_cuts(llm):
    def tokens(text):
        return llm.tokenizer(text, add_special_tokens=False)["input_ids"]

    for ending in tickets.GRAMMAR[-1]:
        parts = ["Ticket #", *"40917", ending]
        assert [token for part in parts for token in tokens(part)] == tokens("".join(parts))


def test_records_are_loaded_by_split_and_none_is_lost():
    splits = {split: tickets.load(split) for split in ("train", "dev", "test")}
    assert all(record["split"] == split for split, records in splits.items() for record in records)
    assert sum(map(len, splits.values())) == len(corpus.load_records("tickets"))
    assert (len(splits["train"]), len(splits["test"])) == (240, 85)
