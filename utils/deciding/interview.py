"""The four questions of the framework, asked in a terminal."""

import sys

from utils.deciding.scenario import Scenario
from utils.deciding.typed_numbers import typed_number

DO_NOT_KNOW = "I do not know"
QUESTIONS = (
    (
        "How often does the knowledge change?",
        (
            ("every day", {"change_frequency": "daily"}),
            ("every week", {"change_frequency": "weekly"}),
            ("every month", {"change_frequency": "monthly"}),
            ("about once a year", {"change_frequency": "yearly"}),
            ("never", {"change_frequency": "never"}),
        ),
    ),
    (
        "How right must facts be, and must an answer name its source?",
        (
            ("a wrong fact does harm, and every answer must name its source",
             {"factual_accuracy": "critical", "citations": "required"}),
            ("a wrong fact is costly; a source is welcome", {"factual_accuracy": "high", "citations": "useful"}),
            ("somebody notices a wrong fact in time", {"factual_accuracy": "moderate", "citations": "not_needed"}),
            ("facts hardly matter", {"factual_accuracy": "low", "citations": "not_needed"}),
        ),
    ),
    (
        "How much does a fixed style or format matter?",
        (
            ("it is the point", {"style": "critical"}),
            ("it is welcome", {"style": "useful"}),
            ("any plain answer will do", {"style": "not_needed"}),
        ),
    ),
    (
        "What constrains you most?",
        (
            ("the time an answer takes", {"primary_constraint": "latency"}),
            ("right answers", {"primary_constraint": "accuracy"}),
            ("money", {"primary_constraint": "cost"}),
            ("money, machines or people for training", {"training_budget": "small"}),
            ("nothing in particular", {"primary_constraint": "none"}),
        ),
    ),
)  # fmt: skip


def ask() -> Scenario:
    """Put the questions on standard error, read the answers from standard input; EOFError where they end."""
    inputs = {}
    for number, (question, options) in enumerate(QUESTIONS, start=1):
        say(f"\n{number}. {question}")
        inputs |= _choose((*options, (DO_NOT_KNOW, {})))
    if inputs.get("primary_constraint") == "cost":
        say("\nAnd because it is about money: how many answers a day? (Enter: not known)")
        inputs["answers_per_day"] = _number()
    return Scenario(**inputs)


def _choose(options) -> dict:
    for number, (label, _) in enumerate(options, start=1):
        say(f"   {number}  {label}")
    while True:
        typed = input().strip()
        if typed.isdecimal() and 1 <= int(typed) <= len(options):
            return options[int(typed) - 1][1]
        say(f"Please type a number from 1 to {len(options)}.")


def _number() -> float | None:
    while True:
        typed = input().strip()
        try:
            return Scenario(answers_per_day=typed_number(typed)).answers_per_day if typed else None
        except ValueError as problem:
            say(f"{str(problem).rstrip('.')}. Please type a number of 0 or more, such as 250, or only Enter.")


def say(text: str) -> None:
    """Print to standard error, so that standard output holds the result alone."""
    print(text, file=sys.stderr, flush=True)
