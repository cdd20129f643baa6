"""The exercises of notebooks 09 to 12."""

import math

import yaml

from utils.exercises.exercise import Exercise
from utils.scenario import Scenario
from utils.scoring import score
from utils.settings import DATA


def _crossing(answer: object) -> str | None:
    if abs(float(answer(600, 2, 1.0)) - 40) > 1e-6:
        return "600 seconds of training twice a month, one second saved an answer, 30 days: 40 answers a day."
    if abs(float(answer(600, 2, 0.5)) - 80) > 1e-6:
        return "half the saving needs twice the answers: 80."
    if answer(600, 2, 0) != math.inf or answer(600, 2, -0.1) != math.inf:
        return "where an answer saves nothing, or takes longer, the training is never paid back: give float('inf')."
    return None


def _one_answer(answer: object) -> str | None:
    answer = dict(answer)
    if len(answer) != 1:
        return "give one changed answer, as {field: value}."
    cases = yaml.safe_load((DATA / "scenarios.yaml").read_text(encoding="utf-8"))
    inputs = next(case["inputs"] for case in cases if case["id"] == "it-help-desk")
    if "training_budget" in answer:
        return "the money for training has to stay as it is."
    pick = score(Scenario.from_mapping(inputs | answer)).ranking[0]
    return None if pick == "rag" else f"with this answer the framework says {pick}, not rag."


EXERCISES: dict[str, Exercise] = {
    "12.1": Exercise(
        _crossing,
        "Seconds of training in a month, divided by the seconds that one answer a day saves in a month.",
        "def crossing(training_seconds, updates_per_month, saved_seconds):\n"
        '    if saved_seconds <= 0:\n        return float("inf")\n'
        "    return training_seconds * updates_per_month / (30 * saved_seconds)\n\nanswer = crossing",
    ),
    "12.2": Exercise(
        _one_answer,
        "What does the staged hybrid live on? decision.recommend(...).flips lists every single answer that changes it.",
        'answer = {"answers_per_day": 100}',
    ),
}
