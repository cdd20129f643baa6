"""The exam of the staged approach: what it asks, what is right, what is behind the router, and what is gained."""

from collections import Counter
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils import corpus, scoring
from utils.models import Completion
from utils.rag import Answer
from utils.staged import exam
from utils.tasks import handbook_questions, tickets

EXAM = exam.load_exam()
RECORDS = {record["id"]: record for record in corpus.load_records("tickets")}
REQUESTS = {request.id: request for split in ("train", "dev", "test") for request in exam.ticket_requests(split)}
REQUEST = EXAM[-1]


def said(text, prompt_tokens=90, new_tokens=7):
    return Answer(text, (), (), scoring.abstains(text), {"decoding": 0.4}, prompt_tokens, new_tokens)


def test_the_exam_is_the_handbook_questions_and_forty_tickets_and_is_frozen():
    assert exam.load_exam() == EXAM
    assert EXAM[:160] == handbook_questions.question_set()
    assert Counter(q.kind for q in EXAM[160:]) == {"ticket": 40}
    assert len({q.id for q in EXAM}) == 200
    assert {RECORDS[q.id]["split"] for q in EXAM[160:]} == {"test"}
    assert list(dict.fromkeys(q.kind for q in EXAM)) == list(exam.KINDS)
    assert set(exam.ANSWERABLE) | {"unanswerable", "ticket"} == set(exam.KINDS)


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
    assert exam.outcome(said(text), REQUEST) == expected


@given(st.sampled_from(sorted(RECORDS)), st.sampled_from(sorted(RECORDS)))
def test_a_ticket_is_right_exactly_if_notebook_01_finds_all_its_fields_right(written, wanted):
    score = tickets.score(RECORDS[written]["ticket"], RECORDS[wanted])["all fields"]
    assert (exam.outcome(said(RECORDS[written]["ticket"]), REQUESTS[wanted]) == "r") == bool(score)


def test_every_other_question_is_judged_as_a_handbook_question():
    for question in EXAM[:160:7]:
        for text in (*question.answers[:1], "I don't know.", "nonsense"):
            assert exam.outcome(said(text), question) == handbook_questions.outcome(said(text), question)


def test_the_ticket_model_reads_the_request_alone():
    calls = []

    def complete(chats, **options):
        calls.append((chats, options))
        return [Completion("Ticket #1", 60, 20, 0.1, 0.3) for _ in chats]

    (filed,) = exam.file_tickets(SimpleNamespace(complete=complete), [REQUEST], "filing")
    assert (filed.text, filed.citations, filed.hits, filed.abstained) == ("Ticket #1", (), (), False)
    assert (filed.seconds, filed.prompt_tokens, filed.new_tokens) == (0.3, 60, 20)
    prompt = tickets.prompt({"complaint": REQUEST.question})
    assert calls == [([prompt], {"max_new_tokens": 28, "label": "filing"})]


def test_behind_the_router_each_item_is_answered_by_its_route():
    read = [said(f"answer {n}") for n in range(3)]
    filed = {1: said("Ticket", prompt_tokens=60, new_tokens=20)}
    through = exam.routed(["question", "ticket", "unknown"], read, filed)
    assert through[:2] == [read[0], filed[1]]
    assert (through[2].text, through[2].abstained) == (scoring.ABSTENTION, True)
    assert (through[2].prompt_tokens, through[2].seconds) == (0, 0.0)
    with pytest.raises(KeyError):
        exam.routed(["ticket"], read, {})


def test_a_gain_is_paired_and_one_run_stands_for_all_seeds():
    asked = [q for q in EXAM if q.kind == "static"]
    nothing, everything = [0.0] * len(asked), [1.0] * len(asked)
    half = [float(n % 2) for n in range(len(asked))]
    assert exam.gains([nothing], [everything, nothing], ["static"]) == [(1.0, 1.0, 1.0), (0.0, 0.0, 0.0)]
    (gap,) = exam.gains([nothing], [half], ["static"])
    assert gap[0] == pytest.approx(0.5)
    assert 0.2 < gap[1] < 0.5 < gap[2] < 0.8
    assert exam.gains([nothing, half], [half, half], ["static"])[1] == (0.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="zip"):
        exam.gains([nothing, nothing], [half] * 3, ["static"])


def test_two_wordings_of_a_changed_fact_count_as_one_case():
    asked = [q for q in EXAM if q.kind == "changed"]
    first = [float(q.fact_id == asked[0].fact_id) for q in asked]
    one = [float(n == 0) for n in range(len(asked))]
    assert exam.gains([[0.0] * 40], [first], ["changed"])[0][0] == pytest.approx(1 / 20)
    assert exam.gains([[0.0] * 40], [one], ["changed"])[0][0] == pytest.approx(1 / 40)


def test_cases_are_in_the_order_of_the_kinds_asked_for():
    there = {kind: [q for q in EXAM if q.kind == kind] for kind in ("changed", "ticket")}
    assert exam.cases(["ticket", "changed"]) == [
        *(q.question for q in there["ticket"]),
        *(q.fact_id for q in there["changed"]),
    ]
    assert len(set(exam.cases(["changed"]))) == 20
    assert len(exam.cases(exam.KINDS)) == 200


def test_a_record_of_the_tickets_is_a_request():
    record, request = RECORDS["t001"], REQUESTS["t001"]
    assert (request.question, request.answers, request.kind) == (record["complaint"], (record["ticket"],), "ticket")
    assert (request.split, request.tenant) == (record["split"], "network")
    assert set(REQUESTS) == set(RECORDS)
