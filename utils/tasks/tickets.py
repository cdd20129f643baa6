"""Tickets: a complaint becomes one line of a fixed form."""

import re
from collections.abc import Mapping, Sequence

from utils.corpus import load_records
from utils.finetuning import Recipe
from utils.models import Chat, embed

FIELDS = ("number", "category", "priority", "assignee")
PATTERN = re.compile(
    r"Ticket #(?P<number>\d{5}) - (?P<category>BILLING|DEVICE|APP|APPOINTMENT|PRIVACY)"
    r" - (?P<priority>HIGH|MEDIUM|LOW) - Assigned to (?P<assignee>[A-Z][a-z]+ [A-Z]\.)"
)
RULES = (
    "Turn the message into one ticket line: Ticket #<number> - <category> - <priority> - Assigned to <name>\n"
    "Category: BILLING, DEVICE, APP, APPOINTMENT or PRIVACY. "
    "Priority: HIGH if health, safety or private data are at risk or it is needed today, "
    "LOW if nothing is broken, else MEDIUM.\n"
    "Names for HIGH: BILLING Sarah M., DEVICE Priya N., APP Lena F., APPOINTMENT Grace H., PRIVACY Nadia R.\n"
    "Names otherwise: BILLING Tom K., DEVICE Jonas W., APP Omar D., APPOINTMENT Ben T., PRIVACY Felix B."
)
RECIPE = Recipe(rank=16, alpha=32, learning_rate=2e-3, epochs=2, batch_size=4, top_layers=15)
MAX_NEW_TOKENS = 28


def load(split: str) -> list[dict]:
    """The tickets of a split, train, dev or test: id, complaint, the right ticket line and its fields."""
    return load_records("tickets", split)


def score(line: str, record: Mapping) -> dict[str, float]:
    """1 or 0 for a line: valid, each field right, all fields right. A line that is not valid has no field right."""
    match = PATTERN.fullmatch(line)
    fields = {field: float(bool(match) and match[field] == record[field]) for field in FIELDS}
    return {"valid": float(bool(match)), **fields, "all fields": min(fields.values())}


def prompt(record: Mapping) -> Chat:
    """The short prompt that the fine-tuned model is trained on and asked with: no rules, only the complaint."""
    return [{"role": "system", "content": "Write the ticket."}, {"role": "user", "content": record["complaint"]}]


def example(record: Mapping) -> Chat:
    """A training example: the short prompt and the right line."""
    return [*prompt(record), {"role": "assistant", "content": record["ticket"]}]


def prompt_with_rules(record: Mapping, examples: Sequence[Mapping] = ()) -> Chat:
    """The prompt with the rules in words, and few-shot examples, if any, as turns before the complaint."""
    return [{"role": "system", "content": RULES}, *turns(examples), {"role": "user", "content": record["complaint"]}]


def prompt_with_examples(record: Mapping, examples: Sequence[Mapping]) -> Chat:
    """The short prompt of the fine-tuned model with examples before the complaint."""
    instruction, asked = prompt(record)
    return [instruction, *turns(examples), asked]


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


def nearest_examples(records: Sequence[Mapping], train: Sequence[Mapping], count: int = 3) -> list[list[Mapping]]:
    """For every record the ``count`` training records whose complaints are most like its own, the most alike last."""
    asked, known = (embed([record["complaint"] for record in some]) for some in (records, train))
    cosines = asked @ known.T
    return [[train[number] for number in row[-count:]] for row in cosines.argsort(axis=1)]
