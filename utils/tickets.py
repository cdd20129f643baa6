"""The ticket task of notebook 01: the form of a line, how it is scored, and the chats that ask for it."""

import re

from utils.finetuning import Recipe
from utils.generation import Chat

FIELDS = ("number", "category", "priority", "assignee")
PATTERN = re.compile(
    r"Ticket #(?P<number>\d{5}) - (?P<category>BILLING|DEVICE|APP|APPOINTMENT|PRIVACY)"
    r" - (?P<priority>HIGH|MEDIUM|LOW) - Assigned to (?P<assignee>[A-Z][a-z]+ [A-Z]\.)"
)
RECIPE = Recipe(rank=16, alpha=32, learning_rate=2e-3, epochs=2, batch_size=4, top_layers=15)


def score(line: str, record: dict) -> dict[str, float]:
    """1 or 0 for a line: valid, each field right, all fields right. A line that is not valid has no field right."""
    match = PATTERN.fullmatch(line)
    fields = {field: float(bool(match) and match[field] == record[field]) for field in FIELDS}
    return {"valid": float(bool(match)), **fields, "all fields": min(fields.values())}


def chat(complaint: str) -> Chat:
    """The short prompt that the fine-tuned model is trained on and asked with: no rules, only the message."""
    return [{"role": "system", "content": "Write the ticket."}, {"role": "user", "content": complaint}]


def example(record: dict) -> Chat:
    """A training example: the short prompt and the right line."""
    return [*chat(record["complaint"]), {"role": "assistant", "content": record["ticket"]}]
