"""The exercises of notebooks 04 to 08."""

import numpy as np

from utils.exercises.exercise import Exercise, number


def _cosine(answer: object) -> str | None:
    if abs(float(answer([10, 0], [3, 4])) - float(answer([1, 0], [3, 4]))) > 1e-9:
        return "making a list ten times as long must not change the cosine: divide by both lengths."
    if abs(float(answer([1, 0], [3, 4])) - 0.6) > 1e-6:
        return "the cosine of [1, 0] and [3, 4] is 3 / (1 * 5) = 0.6."
    return None if abs(float(answer([1, 2], [-1, -2])) + 1) < 1e-6 else "opposite directions have the cosine -1."


def _nearest(answer: object) -> str | None:
    matrix = np.array([[0.0, 1.0], [0.6, 0.8], [1.0, 0.0], [0.8, 0.6], [-1.0, 0.0]])
    found = [int(number) for number in answer(matrix, np.array([1.0, 0.0]), 3)]
    if sorted(found) != [1, 2, 3]:
        return "of five rows, those nearest to [1, 0] are 2, 3 and 1: give k numbers of rows, counted from 0."
    if found != [2, 3, 1]:
        return "the right three, but not best first."
    alone = [int(number) for number in answer(matrix, np.array([0.0, 1.0]), 1)]
    return None if alone == [0] else "for k = 1 give the one best row, in a list."


def _cited(answer: object) -> str | None:
    if list(answer("28 days [2]", ["a", "b"])) != ["b"]:
        return "'28 days [2]' names the second passage; counting starts at 1."
    if list(answer("28 days [7]", ["a", "b"])):
        return "there is no passage 7: a number that no passage has must be dropped."
    return None if list(answer("x [1][2][1]", ["a", "b"])) == ["a", "b"] else "name each passage once, in order."


EXERCISES: dict[str, Exercise] = {
    "04.1": Exercise(
        _cosine,
        "The dot product of a and b, divided by the square root of a·a times b·b.",
        "def cosine(a, b):\n"
        "    dot = lambda x, y: sum(p * q for p, q in zip(x, y, strict=True))  # noqa: E731\n"
        "    return dot(a, b) / (dot(a, a) * dot(b, b)) ** 0.5\n\nanswer = cosine",
    ),
    "04.2": Exercise(
        _nearest,
        "matrix @ query gives all cosines at once; argsort sorts them, the smallest first.",
        "def nearest(matrix, query, k):\n    return (matrix @ query).argsort()[::-1][:k].tolist()\n\nanswer = nearest",
    ),
    "06.1": Exercise(
        _cited,
        'The numbers are re.findall(r"\\[(\\d+)\\]", text); passage n is ids[n - 1].',
        "import re\n\n\ndef cited(text, ids):\n"
        '    numbers = [int(n) for n in re.findall(r"\\[(\\d+)\\]", text)]\n'
        "    return list(dict.fromkeys(ids[n - 1] for n in numbers if 1 <= n <= len(ids)))\n\nanswer = cited",
    ),
    "06.2": Exercise(
        number(0.72, 0.005, "both must go right: the passage is found, and then it is read."),
        "Multiply: found 90 times in 100, read right 80 times in 100 of those.",
        "answer = 0.9 * 0.8",
    ),
}
