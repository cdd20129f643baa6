"""What an exercise is, and the checker that several of them use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Exercise:
    """``problem`` says in a sentence what is wrong with an answer, or gives None; ``solution`` is code that, run
    where the exercise stands, sets ``answer`` rightly."""

    problem: Callable[[object], str | None]
    hint: str
    solution: str


def number(expected: float, tolerance: float, why: str) -> Callable[[object], str | None]:
    """A checker for a number that may be off by ``tolerance``."""

    def problem(answer: object) -> str | None:
        return None if abs(float(answer) - expected) <= tolerance else why

    return problem


def choice(expected: str, reasons: Mapping[str, str]) -> Callable[[object], str | None]:
    """A checker for one of several named choices; ``reasons`` says of each of the others why it isn't the best."""

    def problem(answer: object) -> str | None:
        name = str.strip(answer)  # raises TypeError for what is no text
        names = ", ".join(map(repr, (*reasons, expected)))
        return None if name == expected else reasons.get(name, f"choose one of {names}.")

    return problem
