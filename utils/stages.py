"""The stages of notebook 10 on one frozen exam: the questions of the grid and ticket requests, what counts as right,
the answers behind the router, and what a stage gains."""

import random
from collections.abc import Mapping, Sequence

from utils import corpus, evaluation, grid, panels, rag, tickets
from utils.corpus import NETWORK, Question
from utils.generation import LLM
from utils.grid import Reading
from utils.rag import Answer
from utils.settings import SEED

TICKET = "ticket"
TICKETS = 40  # requests of the exam, one item in five, as in the stream
KINDS = (*grid.KINDS, TICKET)
ANSWERABLE = tuple(kind for kind in grid.KINDS if kind != "unanswerable")
FIRST, HARVESTED, UNFILTERED, ROUTED, ROUTER_ALONE = ARMS = (
    "RAG with prompting",
    "harvested reader",
    "unfiltered reader",
    "harvested + router",
    "router alone",
)


def as_question(record: Mapping) -> Question:
    """A record of ``tickets.jsonl`` as a question: the complaint, and the one line that is right."""
    line = (record["ticket"],)
    return Question(record["id"], record["complaint"], line, (), NETWORK, "", TICKET, record["split"], None, line)


def requests(split: str) -> list[Question]:
    """The ticket requests of a split."""
    return [as_question(record) for record in corpus.load_jsonl("tickets") if record["split"] == split]


def exam() -> list[Question]:
    """200 items in the order of ``KINDS``: the 160 questions of ``grid.question_set`` and 40 ticket requests, test
    split."""
    return grid.question_set() + random.Random(SEED).sample(requests("test"), TICKETS)


def outcome(answer: Answer, question: Question) -> str:
    """``grid.outcome``; a ticket is right only if it is the line, letter for letter, because software reads it."""
    if question.kind != TICKET:
        return grid.outcome(answer, question)
    return "a" if answer.abstained else "r" if answer.text == question.answers[0] else "w"


def file_tickets(llm: LLM, questions: Sequence[Question], label: str = "") -> list[Reading]:
    """Ticket lines by the model of notebook 01, which reads the request alone."""
    done = llm.complete([tickets.chat(question.question) for question in questions], max_new_tokens=28, label=label)
    return [Reading(Answer(d.text, (), (), False, d.seconds), d.prompt_tokens, d.new_tokens) for d in done]


def routed(routes: Sequence[str], read: Sequence[Reading], filed: Mapping[int, Reading]) -> list[Reading]:
    """What comes out behind a router: by item the reader's answer, the ticket of ``filed`` (item -> reading), or "I
    don't know." unread."""
    silent = Reading(Answer(rag.ABSTENTION, (), (), True, 0.0), 0, 0)
    choose = {"question": read.__getitem__, "ticket": filed.__getitem__, "unknown": lambda item: silent}
    return [choose[route](item) for item, route in enumerate(routes)]


def cases(kinds: Sequence[str]) -> list[str]:
    """For every item of the exam of these kinds, in their order, the case that it belongs to: two wordings of one fact
    are one case, and so is one wording that several clinics are asked."""
    asked = exam()
    return [q.fact_id or q.question for kind in kinds for q in asked if q.kind == kind]


def gains(
    earlier: Sequence[Sequence[float]], later: Sequence[Sequence[float]], kinds: Sequence[str]
) -> list[tuple[float, float, float]]:
    """What a stage gains over another on these kinds of the exam: for every seed (mean, low, high) of the paired
    difference, with 95 % interval, every case counted once.

    ``earlier``, ``later``: values as ``panels.runs`` gives them for the kinds, a run a seed; one run stands for all
    seeds.
    """
    groups = cases(kinds)
    before = list(earlier) * (len(later) if len(earlier) == 1 else 1)
    return [
        evaluation.paired_difference(panels.by_group(new, groups), panels.by_group(old, groups))
        for old, new in zip(before, later, strict=True)
    ]
