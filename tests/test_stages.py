"""The exam of notebook 10: what it asks, what counts as right, what comes out behind the router, and what is gained."""

from collections import Counter
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils import corpus, grid, rag, stages, tickets
from utils.grid import Reading
from utils.rag import Answer

EXAM = stages.exam()
RECORDS = {record["id"]: record for record in corpus.load_jsonl("tickets")}
REQUEST = EXAM[-1]


def said(text, seconds=0.4):
    return Answer(text, (), (), rag.abstains(text), seconds)


def test_the_exam_is_the_grid_and_forty_tickets_and_is_frozen():
    assert stages.exam() == EXAM
    assert EXAM[:160] == grid.question_set()
    assert Counter(q.kind for q in EXAM[160:]) == {"ticket": 40}
    assert len({q.id for q in EXAM}) == 200
    assert {RECORDS[q.id]["split"] for q in EXAM[160:]} == {"test"}
    assert list(dict.fromkeys(q.kind for q in EXAM)) == list(stages.KINDS)
    assert set(stages.ANSWERABLE) | {"unanswerable", "ticket"} == set(stages.KINDS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (REQUEST.answers[0], "r"),
        (REQUEST.answers[0].lower(), "w"),
        (f"Sure! {REQUEST.answers[0]}", "w"),
        (REQUEST.answers[0] + ".", "w"),
        ("I don't know.", "a"),
        ("", "w"),
    ],
)
def test_a_ticket_is_right_letter_for_letter(text, expected):
    assert stages.outcome(said(text), REQUEST) == expected


@given(st.sampled_from(sorted(RECORDS)), st.sampled_from(sorted(RECORDS)))
def test_a_ticket_is_right_exactly_if_notebook_01_finds_all_its_fields_right(written, wanted):
    score = tickets.score(RECORDS[written]["ticket"], RECORDS[wanted])["all fields"]
    assert (stages.outcome(said(RECORDS[written]["ticket"]), stages.as_question(RECORDS[wanted])) == "r") == bool(score)


def test_every_other_question_is_judged_as_in_the_grid():
    for question in EXAM[:160:7]:
        for text in (*question.answers[:1], "I don't know.", "nonsense"):
            assert stages.outcome(said(text), question) == grid.outcome(said(text), question)


def test_the_ticket_model_reads_the_request_alone():
    calls = []

    def complete(chats, **options):
        calls.append((chats, options))
        return [SimpleNamespace(text="Ticket #1", prompt_tokens=60, new_tokens=20, seconds=0.3) for _ in chats]

    (reading,) = stages.file_tickets(SimpleNamespace(complete=complete), [REQUEST], "filing")
    assert reading == Reading(said("Ticket #1", 0.3), 60, 20)
    assert calls == [([tickets.chat(REQUEST.question)], {"max_new_tokens": 28, "label": "filing"})]


def test_behind_the_router_each_item_is_answered_by_its_route():
    read = [Reading(said(f"answer {n}"), 90, 7) for n in range(3)]
    filed = {1: Reading(said("Ticket"), 60, 20)}
    through = stages.routed(["question", "ticket", "unknown"], read, filed)
    assert through[:2] == [read[0], filed[1]]
    assert (through[2].answer.text, through[2].answer.abstained) == (rag.ABSTENTION, True)
    assert (through[2].prompt_tokens, through[2].answer.seconds) == (0, 0.0)
    with pytest.raises(KeyError):
        stages.routed(["ticket"], read, {})


def test_a_gain_is_paired_and_one_run_stands_for_all_seeds():
    asked = [q for q in EXAM if q.kind == "static"]
    nothing, everything = [0.0] * len(asked), [1.0] * len(asked)
    half = [float(n % 2) for n in range(len(asked))]
    assert stages.gains([nothing], [everything, nothing], ["static"]) == [(1.0, 1.0, 1.0), (0.0, 0.0, 0.0)]
    (gap,) = stages.gains([nothing], [half], ["static"])
    assert gap[0] == pytest.approx(0.5)
    assert 0.2 < gap[1] < 0.5 < gap[2] < 0.8
    assert stages.gains([nothing, half], [half, half], ["static"])[1] == (0.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="zip"):
        stages.gains([nothing, nothing], [half] * 3, ["static"])


def test_two_wordings_of_a_changed_fact_count_as_one_case():
    asked = [q for q in EXAM if q.kind == "changed"]
    first = [float(q.fact_id == asked[0].fact_id) for q in asked]
    one = [float(n == 0) for n in range(len(asked))]
    assert stages.gains([[0.0] * 40], [first], ["changed"])[0][0] == pytest.approx(1 / 20)
    assert stages.gains([[0.0] * 40], [one], ["changed"])[0][0] == pytest.approx(1 / 40)


def test_cases_are_in_the_order_of_the_kinds_asked_for():
    there = {kind: [q for q in EXAM if q.kind == kind] for kind in ("changed", "ticket")}
    assert stages.cases(["ticket", "changed"]) == [
        *(q.question for q in there["ticket"]),
        *(q.fact_id for q in there["changed"]),
    ]
    assert len(set(stages.cases(["changed"]))) == 20
    assert len(stages.cases(stages.KINDS)) == 200
