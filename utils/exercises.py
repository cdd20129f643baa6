"""Exercises: ``check("01.1", answer)``, ``hint("01.1")``, ``solution("01.1")``. Ids are notebook and number."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Exercise:
    """``problem`` says in a sentence what is wrong with an answer, or gives None; ``solution`` is code that, run
    where the exercise stands, sets ``answer`` rightly."""

    problem: Callable[[object], str | None]
    hint: str
    solution: str


EXERCISES: dict[str, Exercise] = {}


def check(exercise_id: str, answer: object) -> None:
    """Print whether an answer is right; None counts as not attempted yet."""
    exercise = _get(exercise_id)
    if answer is None:
        print(f"Exercise {exercise_id} is waiting for you: replace None. exercises.hint({exercise_id!r}) helps.")
        return
    try:
        problem = exercise.problem(answer)
    except Exception as error:
        problem = f"your answer raised {type(error).__name__}: {error}"
    print(f"Not yet: {problem}" if problem else f"Right. Exercise {exercise_id} is done.")


def hint(exercise_id: str) -> None:
    """Print a hint."""
    print(_get(exercise_id).hint)


def solution(exercise_id: str) -> None:
    """Print a solution."""
    print(_get(exercise_id).solution)


def _get(exercise_id: str) -> Exercise:
    if exercise_id not in EXERCISES:
        raise ValueError(f"There is no exercise {exercise_id!r}: there are {', '.join(sorted(EXERCISES))}.")
    return EXERCISES[exercise_id]


def _number(expected: float, tolerance: float, why: str) -> Callable[[object], str | None]:
    def problem(answer: object) -> str | None:
        return None if abs(float(answer) - expected) <= tolerance else why

    return problem


def _intervals_overlap(answer: object) -> str | None:
    low, high = answer((0.2, 0.5), (0.4, 0.8)), answer((0.1, 0.3), (0.4, 0.8))
    touching, apart = answer((0.4, 0.8), (0.2, 0.5)), answer((0.4, 0.8), (0.1, 0.3))
    if low is not True or touching is not True:
        return "(0.2, 0.5) and (0.4, 0.8) overlap, in either order."
    return None if high is False and apart is False else "(0.1, 0.3) and (0.4, 0.8) do not overlap, in either order."


def _lora_parameters(answer: object) -> str | None:
    if answer(576, 1536, 16) == 576 * 1536:
        return "that is the full matrix; LoRA trains two thin ones, A and B."
    return None if answer(576, 1536, 16) == 33_792 and answer(10, 20, 1) == 30 else "count the entries of A and of B."


def _valid_ticket(answer: object) -> str | None:
    good, bad = "Ticket #12345 - BILLING - HIGH - Assigned to Sarah M.", "Ticket 12345: billing, high"
    if not answer(good):
        return f"{good!r} is a valid line."
    if answer(bad) or answer(f"Sure! {good}"):
        return "a line with other punctuation, or with chatter before it, is not valid."
    if answer(good.replace("BILLING", "COFFEE")):
        return "COFFEE is no category of the house."
    return None


def _cited(answer: object) -> str | None:
    if list(answer("28 days [2]", ["a", "b"])) != ["b"]:
        return "'28 days [2]' names the second passage; counting starts at 1."
    if list(answer("28 days [7]", ["a", "b"])):
        return "there is no passage 7: a number that no passage has must be dropped."
    return None if list(answer("x [1][2][1]", ["a", "b"])) == ["a", "b"] else "name each passage once, in order."


EXERCISES |= {
    "00.1": Exercise(
        _number(0.25, 0.001, "12 of 48 is what share?"),
        "Accuracy is the number of right answers over the number of questions.",
        "answer = 12 / 48",
    ),
    "00.2": Exercise(
        _intervals_overlap,
        "Two intervals overlap when each begins before the other ends.",
        "def overlap(a, b):\n    return a[0] <= b[1] and b[0] <= a[1]\n\nanswer = overlap",
    ),
    "01.1": Exercise(
        _lora_parameters,
        "A has shape (rank, inputs) and B has shape (outputs, rank).",
        "def trained(inputs, outputs, rank):\n    return rank * inputs + outputs * rank\n\nanswer = trained",
    ),
    "01.2": Exercise(
        _valid_ticket,
        "re.fullmatch with a group of the allowed words for each field.",
        "import re\n\n\ndef valid(line):\n"
        '    pattern = r"Ticket #\\d{5} - (BILLING|DEVICE|APP|APPOINTMENT|PRIVACY)"\n'
        '    pattern += r" - (HIGH|MEDIUM|LOW) - Assigned to [A-Z][a-z]+ [A-Z]\\."\n'
        "    return bool(re.fullmatch(pattern, line))\n\nanswer = valid",
    ),
    "06.1": Exercise(
        _cited,
        'The numbers are re.findall(r"\\[(\\d+)\\]", text); passage n is ids[n - 1].',
        "import re\n\n\ndef cited(text, ids):\n"
        '    numbers = [int(n) for n in re.findall(r"\\[(\\d+)\\]", text)]\n'
        "    return list(dict.fromkeys(ids[n - 1] for n in numbers if 1 <= n <= len(ids)))\n\nanswer = cited",
    ),
    "06.2": Exercise(
        _number(0.72, 0.005, "both must go right: the passage is found, and then it is read."),
        "Multiply: found 90 times in 100, read right 80 times in 100 of those.",
        "answer = 0.9 * 0.8",
    ),
}
