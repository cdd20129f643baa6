"""Tickets: a complaint becomes one line of a fixed form."""

import re
from collections.abc import Mapping, Sequence
from itertools import cycle, islice

import numpy as np

from utils.corpus import load_records
from utils.finetuning import Recipe
from utils.models import Chat, embed
from utils.settings import DATA

STAFF = {  # who gets a ticket of HIGH priority, and who any other
    "BILLING": ("Sarah M.", "Tom K."),
    "DEVICE": ("Priya N.", "Jonas W."),
    "APP": ("Lena F.", "Omar D."),
    "APPOINTMENT": ("Grace H.", "Ben T."),
    "PRIVACY": ("Nadia R.", "Felix B."),
}
CATEGORIES, PRIORITIES = tuple(STAFF), ("HIGH", "MEDIUM", "LOW")
FIELDS = ("number", "category", "priority", "assignee")
NUMBER = re.compile(r"(?<![\d.,])\d{5}(?!\d)")
PATTERN = re.compile(
    rf"Ticket #(?P<number>\d{{5}}) - (?P<category>{'|'.join(CATEGORIES)})"
    rf" - (?P<priority>{'|'.join(PRIORITIES)}) - Assigned to (?P<assignee>[A-Z][a-z]+ [A-Z]\.)"
)
_MARKDOWN = re.compile(r"[`*]")  # a model would copy the marks
RULES = (
    _MARKDOWN.sub("", (DATA / "ticket_rules.md").read_text(encoding="utf-8"))
    + "\nTurn the message into its ticket line. Write that one line and nothing else."
)
RECIPE = Recipe(rank=16, alpha=32, learning_rate=2e-3, epochs=2, batch_size=4, top_layers=15)
MAX_NEW_TOKENS = 28


def assignee(category: str, priority: str) -> str:
    """Who gets the ticket: it follows from category and priority."""
    return STAFF[category][priority != "HIGH"]


def _ending(category: str, priority: str) -> str:
    """What follows the number in a ticket line."""
    return f" - {category} - {priority} - Assigned to {assignee(category, priority)}"


GRAMMAR = (  # for constrained decoding: any number, and the endings that the rules allow
    ("Ticket #",),
    *[tuple("0123456789")] * 5,
    tuple(_ending(category, priority) for category in CATEGORIES for priority in PRIORITIES),
)


def line(complaint: str, category: str, priority: str) -> str:
    """The ticket line of a complaint by template: its number copied, its assignee looked up.

    Raises ValueError for a complaint without a free-standing number of five digits.
    """
    number = NUMBER.search(complaint)
    if not number:
        raise ValueError(f"The complaint {complaint!r:.60} gives no number of five digits: ask the writer for it.")
    return f"Ticket #{number[0]}{_ending(category, priority)}"


def load(split: str) -> list[dict]:
    """The tickets of a split, train, dev or test: id, complaint, the right ticket line and its fields."""
    return load_records("tickets", split)


def score(line: str, record: Mapping) -> dict[str, float]:
    """1 or 0 for a line: valid, each field right, all fields right. A line that is not valid has no field right."""
    match = PATTERN.fullmatch(line)
    fields = {field: float(bool(match) and match[field] == record[field]) for field in FIELDS}
    return {"valid": float(bool(match)), **fields, "all fields": min(fields.values())}


def prompt(record: Mapping, examples: Sequence[Mapping] = ()) -> Chat:
    """The short prompt that the fine-tuned model is trained on and asked with: no rules, only the complaint, after
    examples if it was trained with them."""
    return _asked("Write the ticket.", record, examples)


def example(record: Mapping, examples: Sequence[Mapping] = ()) -> Chat:
    """A training example: the short prompt and the right line."""
    return [*prompt(record, examples), {"role": "assistant", "content": record["ticket"]}]


def prompt_with_rules(record: Mapping, examples: Sequence[Mapping] = ()) -> Chat:
    """The prompt with the rules in words, and few-shot examples, if any, as turns before the complaint."""
    return _asked(RULES, record, examples)


def _asked(instruction: str, record: Mapping, examples: Sequence[Mapping]) -> Chat:
    asked = {"role": "user", "content": record["complaint"]}
    return [{"role": "system", "content": instruction}, *turns(examples), asked]


def turns(records: Sequence[Mapping]) -> list[dict]:
    """Examples as turns of a chat: the complaint from the user, the ticket from the assistant."""
    roles = (("user", "complaint"), ("assistant", "ticket"))
    return [{"role": role, "content": record[field]} for record in records for role, field in roles]


def one_per_category(train: Sequence[Mapping]) -> list[Mapping]:
    """The first record of every category: the examples of the few-shot prompt."""
    first: dict[str, Mapping] = {}
    for record in train:
        first.setdefault(record["category"], record)
    return list(first.values())


def varied_examples(train: Sequence[Mapping], count: int) -> list[Mapping]:
    """Up to 15 records for a few-shot prompt, no two of the same kind: category and priority change from one to the
    next, and the first record of each kind is taken."""
    first: dict[tuple, Mapping] = {}
    for record in train:
        first.setdefault((record["category"], record["priority"]), record)
    kinds = zip(cycle(CATEGORIES), cycle(PRIORITIES), strict=False)  # 5 and 3 meet again after 15
    return [first[kind] for kind in islice(kinds, min(count, 15))]


def nearest_examples(records: Sequence[Mapping], train: Sequence[Mapping], count: int = 3) -> list[list[Mapping]]:
    """For every record the ``count`` training records whose complaints are most like its own, the most alike last; a
    training record is not its own example."""
    asked, known = (embed([record["complaint"] for record in some]) for some in (records, train))
    itself = np.array([[record["id"] == other["id"] for other in train] for record in records])
    cosines = np.where(itself, -np.inf, asked @ known.T)
    return [[train[number] for number in row[-count:]] for row in cosines.argsort(axis=1)]
