"""Exercises: ``check("01.1", answer)``, ``hint("01.1")``, ``solution("01.1")``. Ids are notebook and number.

``reveal(my_guess, measured)`` shows the prediction of a notebook beside its result.
"""

from utils.exercises import finetuning, hybrid, retrieval
from utils.exercises.exercise import Exercise
from utils.exercises.predictions import reveal

EXERCISES = finetuning.EXERCISES | retrieval.EXERCISES | hybrid.EXERCISES


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
