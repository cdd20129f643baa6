"""The exercises of notebooks 04 to 08."""

import math

import numpy as np

from utils.exercises.exercise import Exercise, choice, number


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


def _two_offers(answer: object) -> str | None:
    search, reader = map(float, answer)
    if abs(search - 0.71) > 0.006:
        return "with the perfect search everything is found, and 71% of it is read."
    if abs(reader - 0.94 * 0.88) > 0.006:
        return "with the better reader 94% is found, and 88% of that is read."
    return None


def _fused(answer: object) -> str | None:
    apart = list(answer([["a", "b"], ["b", "c"]], 60))
    if sorted(apart) != ["a", "b", "c"]:
        return "every item of every ranking belongs into the result, once."
    if apart[0] != "b":
        return "b stands in both rankings: 1/62 + 1/61 is more than the 1/61 of a."
    steady = [["x", "p", "y"], ["q", "r", "y"]]
    first = {k: next(iter(answer(steady, k))) for k in (60, 0)}
    if first[60] != "y":
        return "third in both rankings, y has 2/63, and x, first in one, has 1/61: add k to every rank."
    return None if first[0] != "y" else "with k = 0, y has 2/3 and x has 1: use the k that is given."


def _threshold(answer: object) -> str | None:
    scores = [0.9, 0.3, 0.5, 0.7, 0.6]
    if answer(scores, 1.0) != 0.3:
        return "to keep all of 0.9, 0.3, 0.5, 0.7 and 0.6, the threshold can be no higher than the lowest, 0.3."
    if answer(scores, 0.8) != 0.5:
        return "to keep four of the five it can be 0.5: the scores 0.5, 0.6, 0.7 and 0.9 reach it."
    if answer(scores, 0.7) != 0.5:
        return "70 % of five scores is 3.5: keep four, not three, or less than 70 % are left."
    return None if scores == [0.9, 0.3, 0.5, 0.7, 0.6] else "sort a copy: the caller's list must stay in its order."


def _in_force(answer: object) -> str | None:
    if set(answer({"fees": None, "fees-2": "fees", "hours": None})) != {"fees-2", "hours"}:
        return "'fees-2' supersedes 'fees', so 'fees-2' and 'hours' are in force."
    if set(answer({"fees": None, "fees-2": "fees", "fees-3": "fees-2"})) != {"fees-3"}:
        return "of a chain of three only the newest is in force."
    if set(answer({"fees": None, "hours-2": "hours"})) != {"fees", "hours-2"}:
        return "a page may supersede one that is not in the index; that takes nothing away."
    return None if set(answer({})) == set() else "an empty index has nothing in force."


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
    "05.1": Exercise(
        _fused,
        "For every ranking, enumerate(ranking, start=1) gives rank and item; collect the scores in a dictionary.",
        "def fused(rankings, k):\n"
        "    scores = {}\n"
        "    for ranking in rankings:\n"
        "        for rank, item in enumerate(ranking, start=1):\n"
        "            scores[item] = scores.get(item, 0) + 1 / (k + rank)\n"
        "    return sorted(scores, key=lambda item: -scores[item])\n\nanswer = fused",
    ),
    "05.2": Exercise(
        number(
            (1 / math.log2(3) + 1 / math.log2(6)) / (1 + 1 / math.log2(3) + 1 / math.log2(4)),
            0.005,
            "add 1 / log2(rank + 1) for ranks 2 and 5, and divide by the same sum for ranks 1, 2 and 3.",
        ),
        "The best ranking possible has its three relevant documents at ranks 1, 2 and 3.",
        "from math import log2\n\nbest = sum(1 / log2(rank + 1) for rank in (1, 2, 3))\n"
        "answer = (1 / log2(3) + 1 / log2(6)) / best",
    ),
    "06.1": Exercise(
        _cited,
        'The numbers are re.findall(r"\\[(\\d+)\\]", text); passage n is ids[n - 1].',
        "import re\n\n\ndef cited(text, ids):\n"
        '    numbers = [int(n) for n in re.findall(r"\\[(\\d+)\\]", text)]\n'
        "    return list(dict.fromkeys(ids[n - 1] for n in numbers if 1 <= n <= len(ids)))\n\nanswer = cited",
    ),
    "06.2": Exercise(
        _two_offers,
        "Multiply what is found by what is read of it, once with each offer.",
        "answer = (1.00 * 0.71, 0.94 * 0.88)  # 71% and 83%: the search has little left to win here, the reader has",
    ),
    "06.4": Exercise(
        choice(
            "large, zero-shot",
            {
                "medium, few-shot": "it answers nearly all near misses with something made up.",
                "medium, search score": "look at how many good questions it refuses for the near misses it catches.",
            },
        ),
        "Compare the share of near misses caught with the share of good questions refused, for each of the three.",
        'answer = "large, zero-shot"  # of the three, the only one that catches many near misses and refuses few good\n'
        "# questions; it still makes up an answer to more than half of them, so show the source beside each answer",
    ),
    "07.1": Exercise(
        _threshold,
        "Sort from high to low; with n scores to keep, the n-th one is the threshold. math.ceil rounds up.",
        "import math\n\n\ndef threshold(scores, keep):\n"
        "    wanted = math.ceil(keep * len(scores))\n"
        "    return sorted(scores, reverse=True)[wanted - 1]\n\nanswer = threshold",
    ),
    "07.2": Exercise(
        _in_force,
        "The keys of the dictionary, without everything that stands among its values.",
        "def in_force(supersedes):\n    return set(supersedes) - set(supersedes.values())\n\nanswer = in_force",
    ),
}
