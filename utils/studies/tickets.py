"""The studies of notebook 01, and its systems for notebook 11."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from utils import finetuning, tasks
from utils.models import LLM
from utils.tasks import tickets


def learning_curve() -> list[dict]:
    """Notebook 01: share of unseen tickets right after training on 30, 60, 120 and 240 examples, one seed.

    Up to 120 examples are trained for 60 steps, 240 for 120, so that small sets are not also short of steps.
    """
    train, test, rows = tickets.load("train"), tickets.load("test"), []
    for count in (30, 60, 120, 240):
        recipe = replace(tickets.RECIPE, epochs=max(2, 240 / count))
        examples = [tickets.example(record) for record in train[:count]]
        adapter = finetuning.train(examples, recipe, f"{count} tickets")
        done = tasks.complete(tickets, LLM.load(adapter), test)
        scores = [tickets.score(c.text, record) for c, record in zip(done, test, strict=True)]
        rows.append({"examples": count, **{name: sum(s[name] for s in scores) / len(scores) for name in scores[0]}})
    return rows


def ticket_systems() -> list[dict]:
    """Notebook 11: 85 unseen tickets and five systems: one value per ticket, mean seconds and prompt tokens."""
    train, test = tickets.load("train"), tickets.load("test")
    adapter = finetuning.train([tickets.example(record) for record in train], tickets.RECIPE, "240 tickets")
    return _tickets(train, test, LLM.load(), LLM.load(adapter), finetuning.training_report(adapter)["seconds"])


def _tickets(train: Sequence[dict], test: Sequence[dict], base: LLM, tuned: LLM, training: float) -> list[dict]:
    five, near = tickets.one_per_category(train), tickets.nearest_examples(test, train)
    systems = {
        "prompt": (base, [tickets.prompt_with_rules(record) for record in test]),
        "few-shot": (base, [tickets.prompt_with_rules(record, five) for record in test]),
        "retrieved examples": (base, [tickets.prompt_with_rules(*pair) for pair in zip(test, near, strict=True)]),
        "fine-tuned": (tuned, [tickets.prompt(record) for record in test]),
        "both": (tuned, [tickets.prompt_with_examples(*pair) for pair in zip(test, near, strict=True)]),
    }
    rows = []
    for system, (llm, prompts) in systems.items():
        shared = prompts[0][
            : 11 if system == "few-shot" else 1
        ]  # rules, and the examples where they are always the same
        done = llm.complete(prompts, tickets.MAX_NEW_TOKENS, prefix=shared, label=system)
        scores = [tickets.score(completion.text, record) for completion, record in zip(done, test, strict=True)]
        means = {
            name: round(float(np.mean([getattr(c, name) for c in done])), 4) for name in ("seconds", "prompt_tokens")
        }
        values = {name: [score[name] for score in scores] for name in ("valid", "all fields")}
        rows.append({"system": system, **values, **means, "training": training if llm is tuned else 0.0})
    return rows
