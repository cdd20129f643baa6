"""The exercises of notebooks 09 to 12."""

import math

import yaml

from utils.deciding import Scenario, score
from utils.exercises.exercise import Exercise, number
from utils.settings import DATA


def _share_to_train(answer: object) -> str | None:
    table = {0.0: (0.60, 0.00), 0.1: (0.58, 0.30), 0.3: (0.50, 0.55), 0.6: (0.20, 0.90)}
    chosen = {p: answer(dict(table), p) for p in (0.0, 0.2, 0.5, 1.0)}
    if chosen[0.0] != 0.0 or chosen[1.0] != 0.6:
        return "with p = 0 only the first number of a pair counts, with p = 1 only the second; return the share."
    if chosen[0.5] != 0.6:
        return "with p = 0.5 both numbers count the same: 0.6 gives (0.20 + 0.90) / 2, the most."
    if chosen[0.2] != 0.1:
        return "with p = 0.2, a share of 0.1 makes 0.8 * 0.58 + 0.2 * 0.30 of all questions end well, the most."
    return None


def _distractors(answer: object) -> str | None:
    ranked = [
        "Renewal takes 16 weeks.",
        "It is 6 Weeks.",
        "Write to the desk.",
        "After 6 weeks, call.",
        "Nobody knows.",
    ]
    picked = list(answer(list(ranked), ["6 weeks", "six weeks"], 2))
    if any("6 Weeks" in text or "After 6" in text for text in picked):
        return "'It is 6 Weeks.' gives the answer away, whatever its capitals."
    if ranked[0] not in picked:
        return "'16 weeks' is not '6 weeks': the best-ranked text gives nothing away, and is the hardest distractor."
    if picked != [ranked[0], ranked[2]]:
        return "take count of them, in the order of the ranking."
    return None if list(answer(["Yes."], ["yes"], 3)) == [] else "where every text gives the answer away, none is left."


def _may_be_harvested(answer: object) -> str | None:
    passages = ["Prams stand in the boot store.", "Cash is taken at Elmgate."]
    good, cases = "Prams stand in the boot store.", {}
    for thumb in (1, None, -1):
        cases[thumb] = bool(answer(good, list(passages), 1, thumb))
    if cases[-1]:
        return "a thumb down (-1) rules an answer out, however well it is cited."
    if not cases[1] or not cases[None]:
        return "an answer that stands in the passage it cites passes with a thumb up, and where nobody clicked (None)."
    if answer(good, list(passages), 2, 1) or answer(good, list(passages), None, 1):
        return "it must stand in the passage that it cites, counted from 1, and None cites nothing."
    if not answer("prams stand in the BOOT store.", list(passages), 1, None):
        return "capitals must not matter."
    if answer(passages[1], list(passages), 0, 1) or answer(good, list(passages), 3, 1):
        return "a number that no passage has cites nothing: there is no passage 0, and none 3 of two."
    return None


def _trust(answer: object) -> str | None:
    shares = {case: float(answer(*case)) for case in ((0.3, 0.1), (0.5, 0.2), (0.3, 0.5), (0.9, 0.0))}
    if abs(shares[0.3, 0.1] - 0.27 / 0.34) > 1e-6:
        return "of 100 clicked answers 30 are right and get 27 thumbs up; 70 are wrong and get 7: 27 of 34 are right."
    if abs(shares[0.3, 0.5] - 0.3) > 1e-6:
        return "if half of the clicks are wrong, a thumb says nothing: the share stays at 0.3."
    if abs(shares[0.5, 0.2] - 0.8) > 1e-6 or abs(shares[0.9, 0.0] - 1) > 1e-6:
        return "it has to hold for every right and every mistaken: 0.5 and 0.2 give 0.8, without mistakes it is 1."
    return None


def _catches_up(answer: object) -> str | None:
    if answer(0.2, 0.1, 1.15, 0.05) != 21:
        return (
            "a: 0.2 seconds and 0.1 for every token after the first; b: 1.15 and 0.05. After 20 tokens a has taken 2.1 "
            "seconds and b 2.1, after 21 a 2.2 and b 2.15: b is done first from 21 tokens on."
        )
    if answer(1.0, 0.1, 0.5, 0.05) != 1:
        return "where b is ahead from the first token on, give 1."
    if answer(0.2, 0.05, 1.0, 0.05) != math.inf or answer(0.2, 0.05, 1.0, 0.1) != math.inf:
        return "where b is no faster a token, it never catches up: give float('inf')."
    return None


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
    inputs = next(case["inputs"] for case in cases if case["id"] == "customer-service-tone")
    if "training_budget" in answer:
        return "the money for training has to stay as it is."
    before, after = (score(Scenario.from_mapping(known)).ranking[0] for known in (inputs, inputs | answer))
    return None if after != before else f"with this answer the framework still says {before}."


EXERCISES: dict[str, Exercise] = {
    "09.1": Exercise(
        _share_to_train,
        "A portion 1 - p of the questions has an answer, and p has none: weigh the two numbers with these.",
        "def share_to_train(table, p):\n"
        "    return max(table, key=lambda share: (1 - p) * table[share][0] + p * table[share][1])\n\n"
        "answer = share_to_train",
    ),
    "09.2": Exercise(
        _distractors,
        "Keep what does not hold an accepted answer as whole words, then cut after count.",
        "from utils.scoring import mentions\n\n\n"
        "def distractors(ranked, answers, count):\n"
        "    return [text for text in ranked if not mentions(text, answers)][:count]\n\n"
        "answer = distractors",
    ),
    "10.1": Exercise(
        _may_be_harvested,
        "Three conditions, joined by and: no thumb down, a number that a passage has, the answer inside that passage.",
        "def may_be_harvested(text, passages, number, thumb):\n"
        "    if thumb == -1 or number is None or not 1 <= number <= len(passages):\n        return False\n"
        "    return text.lower() in passages[number - 1].lower()\n\n"
        "answer = may_be_harvested",
    ),
    "10.2": Exercise(
        _trust,
        "Count 100 answers that were clicked: how many thumbs up come from right ones, and how many from wrong ones?",
        "def trust(right, mistaken):\n"
        "    good, bad = right * (1 - mistaken), (1 - right) * mistaken\n"
        "    return good / (good + bad)\n\n"
        "answer = trust",
    ),
    "11.1": Exercise(
        _catches_up,
        "After n tokens a has taken first_a + (n - 1) * token_a. By how much does b gain with every token?",
        "import math\n\n\n"
        "def catches_up(first_a, token_a, first_b, token_b):\n"
        "    if first_b < first_a:\n        return 1\n"
        '    if token_b >= token_a:\n        return float("inf")\n'
        "    return 2 + math.floor(round((first_b - first_a) / (token_a - token_b), 9))\n\n"
        "answer = catches_up",
    ),
    "11.2": Exercise(
        number(0.45, 0.001, "watts times seconds are joules, and 3,600,000 joules are a kilowatt-hour."),
        "How many seconds does the machine work in these 30 days?",
        "answer = 45 * 1.2 * 1000 * 30 / 3.6e6",
    ),
    "12.1": Exercise(
        _crossing,
        "Seconds of training in a month, divided by the seconds that one answer a day saves in a month.",
        "def crossing(training_seconds, updates_per_month, saved_seconds):\n"
        '    if saved_seconds <= 0:\n        return float("inf")\n'
        "    return training_seconds * updates_per_month / (30 * saved_seconds)\n\nanswer = crossing",
    ),
    "12.2": Exercise(
        _one_answer,
        "What does training live on? deciding.recommend(...).flips lists every answer that changes the decision.",
        'answer = {"labelled_examples": 0}',
    ),
}
