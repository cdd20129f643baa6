"""The ticket task of notebook 01: the form of a line, how it is scored, and the chats that ask for it."""

import re
from collections.abc import Sequence

from utils.finetuning import Recipe
from utils.generation import Chat
from utils.retrieval import embed

FIELDS = ("number", "category", "priority", "assignee")
PATTERN = re.compile(
    r"Ticket #(?P<number>\d{5}) - (?P<category>BILLING|DEVICE|APP|APPOINTMENT|PRIVACY)"
    r" - (?P<priority>HIGH|MEDIUM|LOW) - Assigned to (?P<assignee>[A-Z][a-z]+ [A-Z]\.)"
)
RULES = (  # as in notebook 01
    "Turn the message into one ticket line: Ticket #<number> - <category> - <priority> - Assigned to <name>\n"
    "Category: BILLING, DEVICE, APP, APPOINTMENT or PRIVACY. "
    "Priority: HIGH if health, safety or private data are at risk or it is needed today, "
    "LOW if nothing is broken, else MEDIUM.\n"
    "Names for HIGH: BILLING Sarah M., DEVICE Priya N., APP Lena F., APPOINTMENT Grace H., PRIVACY Nadia R.\n"
    "Names otherwise: BILLING Tom K., DEVICE Jonas W., APP Omar D., APPOINTMENT Ben T., PRIVACY Felix B."
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


def prompted(complaint: str, examples: Sequence[dict] = ()) -> Chat:
    """The prompt with the rules in words, and worked examples, if any, as turns before the message."""
    return [{"role": "system", "content": RULES}, *turns(examples), {"role": "user", "content": complaint}]


def with_examples(complaint: str, examples: Sequence[dict]) -> Chat:
    """The short prompt of the fine-tuned model with worked examples before the message."""
    system, asked = chat(complaint)
    return [system, *turns(examples), asked]


def turns(records: Sequence[dict]) -> list[dict]:
    """Worked examples as turns of a chat: the message from the user, the ticket from the assistant."""
    roles = (("user", "complaint"), ("assistant", "ticket"))
    return [{"role": role, "content": record[field]} for record in records for role, field in roles]


def one_a_category(train: Sequence[dict]) -> list[dict]:
    """The first record of every category: the worked examples of the few-shot prompt."""
    first: dict[str, dict] = {}
    for record in train:
        first.setdefault(record["category"], record)
    return list(first.values())


def nearest(complaints: Sequence[str], train: Sequence[dict], count: int = 3) -> list[list[dict]]:
    """For every message the ``count`` training records most like it, the most alike last."""
    cosines = embed(list(complaints)) @ embed([record["complaint"] for record in train]).T
    return [[train[number] for number in row[-count:]] for row in cosines.argsort(axis=1)]
