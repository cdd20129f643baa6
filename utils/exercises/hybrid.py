"""The exercises of notebooks 09 to 12."""

from utils.exercises.exercise import Exercise


EXERCISES: dict[str, Exercise] = {}
