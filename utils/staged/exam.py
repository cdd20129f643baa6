"""The frozen exam of the staged approach: the handbook questions and ticket requests, what counts as right, the answers
behind the router, and what a stage gains.
"""

import random
from collections.abc import Mapping, Sequence

from utils import evaluation, scoring, tasks
from utils.corpus import NETWORK, Question
from utils.evaluation import outcomes
from utils.models import LLM
from utils.rag import Answer
from utils.settings import SEED
from utils.tasks import handbook_questions, tickets

TICKET = "ticket"
TICKETS = 40  # requests of the exam, one item in five, as in the stream
KINDS = (*handbook_questions.KINDS, TICKET)
ANSWERABLE = tuple(kind for kind in handbook_questions.KINDS if kind != "unanswerable")
FIRST, HARVESTED, UNFILTERED, ROUTED, ROUTER_ALONE = SYSTEMS = (
    "RAG with prompting",
    "harvested reader",
    "unfiltered reader",
    "harvested + router",
    "router alone",
)


def ticket_requests(split: str) -> list[Question]:
    """The tickets of a split as questions: the complaint, and the one line that is right."""
    return [
        Question(record["id"], record["complaint"], line, (), NETWORK, "", TICKET, split, None, line)
        for record in tickets.load(split)
        for line in [(record["ticket"],)]
    ]


def load_exam() -> list[Question]:
    """200 items in the order of ``KINDS``: the 160 handbook questions and 40 ticket requests, test split."""
    return handbook_questions.question_set() + random.Random(SEED).sample(ticket_requests("test"), TICKETS)


def outcome(answer: Answer, question: Question) -> str:
    """As for a handbook question; a ticket is right only if it is the line, letter for letter, as software reads it."""
    if question.kind != TICKET:
        return handbook_questions.outcome(answer, question)
    return "a" if answer.abstained else "r" if answer.text == question.answers[0] else "w"


def file_tickets(llm: LLM, questions: Sequence[Question], label: str = "") -> list[Answer]:
    """Ticket lines by the model of notebook 01, which reads the request alone."""
    done = tasks.complete(tickets, llm, [{"complaint": question.question} for question in questions], label)
    return [
        Answer(d.text, timing={"decoding": d.seconds}, prompt_tokens=d.prompt_tokens, new_tokens=d.new_tokens)
        for d in done
    ]


def routed(routes: Sequence[str], read: Sequence[Answer], filed: Mapping[int, Answer]) -> list[Answer]:
    """What comes out behind a router: by item the reader's answer, the ticket of ``filed`` (item -> answer), or "I
    don't know." unread."""
    silent = Answer(scoring.ABSTENTION, abstained=True)
    choose = {"question": read.__getitem__, "ticket": filed.__getitem__, "unknown": lambda item: silent}
    return [choose[route](item) for item, route in enumerate(routes)]


def cases(kinds: Sequence[str]) -> list[str]:
    """For every item of the exam of these kinds, in their order, the case that it belongs to: two wordings of one fact
    are one case, and so is one wording that several clinics are asked."""
    asked = load_exam()
    return [q.fact_id or q.question for kind in kinds for q in asked if q.kind == kind]


def gains(
    earlier: Sequence[Sequence[float]], later: Sequence[Sequence[float]], kinds: Sequence[str]
) -> list[tuple[float, float, float]]:
    """What a stage gains over another on these kinds of the exam: for every seed (mean, low, high) of the paired
    difference, with 95 % interval, every case counted once.

    ``earlier``, ``later``: values as ``outcomes.runs`` gives them for the kinds, a run a seed; one run stands for all
    seeds.
    """
    groups = cases(kinds)
    before = list(earlier) * (len(later) if len(earlier) == 1 else 1)
    return [
        evaluation.paired_difference(outcomes.mean_by_group(new, groups), outcomes.mean_by_group(old, groups))
        for old, new in zip(before, later, strict=True)
    ]
