"""Every exercise: its printed solution is right, written wrong answers are refused, an empty one is met kindly."""

import re

import numpy as np
import pytest

from utils import corpus, exercises
from utils.exercises import EXERCISES, check, hint, solution

# At least one wrong answer for every exercise, the mistake a reader would make, and a word of what must be said to it.
WRONG = {
    "00.2": [
        (lambda a, b: a[1] >= b[0], "do not overlap|in either order"),
        (lambda a, b: True, "do not overlap"),
        (lambda a, b: None, "overlap, in either order"),
    ],
    "00.3": [("a better search", "11 of 20"), ("training the facts", "twenty-first"), (11, "TypeError")],
    "01.1": [
        (lambda written, lines: set("".join(lines)), "A or B"),
        (lambda written, lines: {line[: len(written) + 1][-1] for line in lines}, "H or M may follow"),
        (lambda written, lines: {line[-1] for line in lines if line.startswith(written)}, "A or B"),
        (lambda written, lines: {s[len(written) :][:1] for s in lines if s.startswith(written)}, "give an empty set"),
        (
            lambda written, lines: {
                line[len(written)] for line in lines if line.startswith(written[:4]) and len(line) > len(written)
            },
            "no line begins with",
        ),
    ],
    "01.3": [
        ("train again", "new labels and a training run"),
        ("edit the rules in the prompt", "asked without the rules"),
        ("call Sarah", "choose one of"),
    ],
    "02.1": [
        (lambda letter, source: set(re.findall(r"€\S+", letter)) - set(re.findall(r"€\S+", source)), "full stop"),
        (lambda letter, source: set(re.findall(r"€\d+", letter)) - set(re.findall(r"€\d+", source)), "are new"),
        (lambda letter, source: set(re.findall(r"\d+(?:\.\d+)?", letter)), "neither is new"),
        (lambda *texts: set.__sub__(*(set(re.findall(r"€?\d+(?:\.\d+)?", text)) for text in texts)), "no amount"),
    ],
    "02.3": [
        ("retrain each month", "misread"),
        ("add the terms to the fine-tuned model's short prompt", "never trained"),
        ("ask a nurse", "choose one of"),
    ],
    "03.1": [
        ((4 / 60 * 40, 240), "all 400 facts"),
        ((26.7, 2400), "only the 40 facts"),
        ((240, 26.7), "all 400 facts"),
        (26.7, "TypeError"),
    ],
    "03.3": [
        ("train again", "nobody is there to write"),
        ("train on with replay", "its new questions"),
        ("phone a friend", "choose one of"),
    ],
    "04.1": [
        (lambda a, b: sum(x * y for x, y in zip(a, b, strict=True)), "ten times as long"),
        (lambda a, b: sum(x * y for x, y in zip(a, b, strict=True)) / np.dot(a, a), "ten times"),
        (
            lambda a, b: abs(float(np.dot(a, b) / np.linalg.norm(a) / np.linalg.norm(b))),
            "opposite directions",
        ),
        (lambda a, b: 1 - float(np.dot(a, b) / np.linalg.norm(a) / np.linalg.norm(b)), "0.6"),
    ],
    "04.2": [
        (lambda matrix, query, k: (matrix @ query).argsort()[:k], "nearest to"),
        (lambda matrix, query, k: (matrix @ query).argsort()[-k:], "best first"),
        (lambda matrix, query, k: sorted(matrix @ query)[::-1][:k], "numbers of rows"),
        (lambda matrix, query, k: (matrix @ query).argsort()[::-1][:3], "one best row"),
    ],
    "06.1": [
        (lambda text, ids: [ids[int(n)] for n in re.findall(r"\[(\d)\]", text) if int(n) < 2], "starts at 1"),
        (lambda text, ids: [ids[(int(n) - 1) % 2] for n in re.findall(r"\[(\d)\]", text)], "must be dropped"),
        (lambda text, ids: [ids[int(n) - 1] for n in re.findall(r"\[([12])\]", text)], "once, in order"),
    ],
    "06.4": [("medium, few-shot", "made up"), ("medium, search score", "refuses"), ("the large one", "choose one of")],
    "06.2": [((0.67, 0.83), "everything is found"), ((0.71, 0.88), "94% is found"), ((0.71, 0.81), "94% is found")],
    "05.1": [
        (lambda rankings, k: [item for item in rankings[0] if item in rankings[1]], "once"),
        (lambda rankings, k: rankings[0] + rankings[1], "once"),
        (lambda rankings, k: list(dict.fromkeys(rankings[0] + rankings[1])), "b stands in both"),
        (
            lambda rankings, k: sorted(
                {i for r in rankings for i in r}, key=lambda i: -sum(1 / (r.index(i) + 1) for r in rankings if i in r)
            ),
            "add k to every rank",
        ),
        (
            lambda rankings, k: sorted(
                {i for r in rankings for i in r}, key=lambda i: -sum(1 / (r.index(i) + 61) for r in rankings if i in r)
            ),
            "use the k that is given",
        ),
    ],
    "05.2": [(0.65, "divide by the same sum"), (1.018, "divide by the same sum"), (2 / 3, "ranks 1, 2 and 3")],
    "07.1": [
        (lambda scores, keep: min(scores), "0.5, 0.6, 0.7 and 0.9 reach it"),
        (lambda scores, keep: sorted(scores, reverse=True)[int(keep * len(scores)) - 1], "keep four, not three"),
        (lambda scores, keep: max(scores), "no higher than the lowest"),
    ],
    "07.2": [
        (set, "are in force"),
        (lambda supersedes: {k for k, v in supersedes.items() if v}, "are in force"),
        (lambda supersedes: set(supersedes.values()), "are in force"),
    ],
    "09.1": [
        (lambda table, p: max(table, key=lambda s: sum(table[s])), "with p = 0"),
        (lambda table, p: max((1 - p) * a + p * b for a, b in table.values()), "return the share"),
        (lambda table, p: max(table, key=lambda s: table[s][0] if p < 0.5 else table[s][1]), "with p = 0.2"),
        (lambda table, p: min(table, key=lambda s: abs(s - p)), "with p = 0.2"),
    ],
    "09.2": [
        (lambda ranked, answers, count: ranked[:count], "gives the answer away"),
        (
            lambda ranked, answers, count: [t for t in ranked if not any(a in t.lower() for a in answers)][:count],
            "16 weeks",
        ),
        (lambda ranked, answers, count: [t for t in ranked if "6 w" not in t.lower() or "16" in t], "count of them"),
        (lambda ranked, answers, count: [ranked[0], ranked[min(2, len(ranked) - 1)]], "none is left|IndexError"),
    ],
    "10.1": [
        (lambda text, passages, number, thumb: text in passages[number - 1], "thumb down"),
        (lambda text, passages, number, thumb: thumb == 1 and text in passages[number - 1], "where nobody clicked"),
        (lambda text, passages, number, thumb: thumb != -1 and text in " ".join(passages), "that it cites"),
        (
            lambda text, passages, number, thumb: thumb != -1 and bool(number) and text in passages[number - 1],
            "capitals",
        ),
        (
            lambda text, passages, number, thumb: (
                thumb != -1 and number is not None and text.lower() in passages[number - 1].lower()
            ),
            "no passage 0",
        ),
    ],
    "10.2": [
        (lambda right, mistaken: 1 - mistaken, "27 of 34"),
        (lambda right, mistaken: right * (1 - mistaken), "27 of 34"),
        (lambda right, mistaken: 0.27 / 0.34, "stays at 0.3"),
        (lambda right, mistaken: (0.3 * (1 - mistaken)) / (0.3 * (1 - mistaken) + 0.7 * mistaken), "0.8"),
    ],
    "11.1": [
        (lambda first_a, token_a, first_b, token_b: 1 + (first_b - first_a) / (token_a - token_b), "from 21 tokens on"),
        (lambda first_a, token_a, first_b, token_b: 21, "from the first token on"),
        (lambda first_a, token_a, first_b, token_b: 21 if first_a < first_b else 1, "never catches up"),
    ],
    "11.2": [(450, "are joules"), (0.015, "are joules"), (1620, "are joules")],
    "12.1": [
        (lambda training, updates, saved: training * updates / saved, "40 answers a day"),
        (lambda training, updates, saved: 40.0, "twice the answers"),
        (lambda training, updates, saved: training * updates / (30 * saved) if saved else 0, "never paid back"),
    ],
    "12.2": [
        ({"latency_limit_seconds": 3}, "still says"),
        ({"training_budget": "none"}, "has to stay"),
        ({"tenants": 20, "team_skills": "software"}, "one changed answer"),
        ({"tenants": "many"}, "ValueError"),
    ],
}
IDS = sorted(EXERCISES)


def said(capsys, exercise_id, answer):
    check(exercise_id, answer)
    return capsys.readouterr().out.strip()


def solved(exercise_id, capsys):
    """What the printed solution leaves in ``answer``."""
    solution(exercise_id)
    names = {}
    exec(capsys.readouterr().out, names)
    return names["answer"]


def test_every_exercise_has_wrong_answers_here():
    assert set(WRONG) == set(EXERCISES)


@pytest.mark.parametrize("exercise_id", IDS)
def test_the_printed_solution_is_right(capsys, exercise_id):
    answer = solved(exercise_id, capsys)
    assert said(capsys, exercise_id, answer) == f"Right. Exercise {exercise_id} is done."


@pytest.mark.parametrize(
    ("exercise_id", "answer", "words"),
    [pytest.param(i, *wrong, id=f"{i}-{n}") for i, answers in WRONG.items() for n, wrong in enumerate(answers)],
)
def test_a_wrong_answer_is_refused_with_what_is_wrong(capsys, exercise_id, answer, words):
    told = said(capsys, exercise_id, answer)
    assert told.startswith("Not yet: ")
    assert re.search(words, told)
    assert "Right" not in told


@pytest.mark.parametrize("exercise_id", IDS)
def test_an_unattempted_exercise_is_met_kindly(capsys, exercise_id):
    told = said(capsys, exercise_id, None)
    assert told.startswith(f"Exercise {exercise_id} is waiting for you")
    assert f"exercises.hint('{exercise_id}')" in told
    assert "wrong" not in told.lower()


@pytest.mark.parametrize("exercise_id", IDS)
def test_an_answer_that_raises_or_is_of_another_kind_is_told(capsys, exercise_id):
    def broken(*arguments):
        raise KeyError("oops")

    assert said(capsys, exercise_id, broken).startswith("Not yet: your answer raised ")
    assert said(capsys, exercise_id, object()).startswith("Not yet: your answer raised TypeError")


@pytest.mark.parametrize("exercise_id", IDS)
def test_a_hint_helps_without_giving_the_answer_away(capsys, exercise_id):
    hint(exercise_id)
    told = capsys.readouterr().out.strip()
    assert len(told.split()) > 4
    assert EXERCISES[exercise_id].solution.strip() not in told


@pytest.mark.parametrize("ask", [lambda name: check(name, 1), hint, solution], ids=["check", "hint", "solution"])
def test_an_unknown_exercise_is_refused_with_those_that_are_there(ask):
    with pytest.raises(ValueError, match=r"There is no exercise '99\.9': there are 00\.2, "):
        ask("99.9")


def test_what_may_follow_in_the_solution_leads_to_every_line_of_the_house_and_to_no_other(capsys):
    may_follow = solved("01.1", capsys)
    lines = sorted({record["ticket"] for record in corpus.load_records("tickets")})[:40]
    written = {""}
    for _ in range(max(map(len, lines))):
        written = {text + more for text in written for more in may_follow(text, lines) or [""]}
    assert sorted(written) == lines


def test_a_checker_that_finds_a_problem_is_shown_word_for_word(monkeypatch, capsys):
    monkeypatch.setitem(exercises.EXERCISES, "50.1", exercises.Exercise(lambda answer: "too warm.", "", ""))
    assert said(capsys, "50.1", 1) == "Not yet: too warm."
