"""A simulated stream of use: training questions and tickets as people type them, again and again, with personal data
planted, and a thumb for some of the answers. The truth about each is kept apart from what the application logs.
"""

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from utils import corpus
from utils.corpus import Document, Question, chunk_document
from utils.rag import Answer
from utils.rag.edge_cases import mistype
from utils.retrieval import Hit
from utils.settings import SEED
from utils.staged import personal_data
from utils.staged.exam import TICKET, outcome, ticket_requests
from utils.staged.log import Record

TICKETS, NEAR_MISSES, CLINICS, LOOKUPS, REPEATS = 64, 24, 40, 148, 44  # interactions of each sort, 320 in all
MISTYPED, LOWERED, UNMARKED, PLANTED = 0.4, 0.3, 0.5, 0.3  # shares of the interactions
ANSWERED, MISTAKEN = 0.6, 0.1  # how many people leave a thumb, and how many of these thumbs point the wrong way
START = dt.datetime(2026, 5, 4, 8, 0)
LONGEST_PAUSE = 90  # minutes


@dataclass(frozen=True)
class Interaction:
    """What somebody typed, and what only the simulation knows: ``asked`` carries the typed text, the answers that
    count and the id of the question behind it; ``planted``: (kind, text) of personal data as it stands in the text."""

    id: str
    asked_at: str
    asked: Question
    planted: tuple[tuple[str, str], ...]


def simulate(seed: int = SEED) -> list[Interaction]:
    """The 320 interactions in the order of time, the same for the same seed; training split only.

    Some questions come again in later typing: people of one clinic ask the same things.
    """
    rng = random.Random(seed)
    once = _drawn(rng)
    again = rng.sample([question for question in once if question.kind != TICKET], REPEATS)
    asked, now, made = rng.sample(once + again, len(once) + len(again)), START, []
    for number, question in enumerate(asked, start=1):
        now += dt.timedelta(minutes=rng.randint(1, LONGEST_PAUSE))
        text, planted = _typed(question.question, rng)
        made.append(
            Interaction(f"i{number:03}", now.isoformat(timespec="minutes"), replace(question, question=text), planted)
        )
    return made


def _drawn(rng: random.Random) -> list[Question]:
    """Training questions of every sort, each once."""
    counts = {"unanswerable": NEAR_MISSES, "tenant": CLINICS, "lookup": LOOKUPS}
    drawn = [q for kind, count in counts.items() for q in rng.sample(corpus.load_questions("train", kind), count)]
    return drawn + rng.sample(ticket_requests("train"), TICKETS)


def _typed(text: str, rng: random.Random) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The text as somebody types it, and the personal data that was planted in it, as it stands there."""
    if rng.random() < UNMARKED:
        text = text.removesuffix("?")
    if rng.random() < MISTYPED:
        text = mistype(text, rng.choice((1, 1, 2)), rng.random())
    planted = ()
    if rng.random() < PLANTED:
        text, planted = personal_data.plant(text, rng)
    if rng.random() < LOWERED:
        text, planted = text.lower(), tuple((kind, given.lower()) for kind, given in planted)
    return text, planted


def thumb(interaction: Interaction, right: bool) -> int | None:
    """What the person clicks: 1, -1, or nothing (None). Four in ten click nothing, one click in ten is wrong."""
    rng = random.Random(f"{SEED} thumb {interaction.id}")
    if rng.random() >= ANSWERED:
        return None
    return 1 if right != (rng.random() < MISTAKEN) else -1


def answered(interaction: Interaction, answer: Answer) -> dict:
    """What the application adds to an interaction, as a row of the study ``staged_log``; ``right`` is the truth."""
    right = outcome(answer, interaction.asked) == "r"
    return {
        "id": interaction.id,
        "answer": answer.text,
        "citations": list(answer.citations),
        "passages": [hit.chunk_id for hit in answer.hits],
        "thumbs": thumb(interaction, right),
        "seconds": round(answer.seconds, 3),
        "right": right,
    }


def replay(rows: Sequence[Mapping], documents: Sequence[Document]) -> list[Record]:
    """The rows of ``answered`` for the whole stream as the application logged them, with the texts of the passages.

    Raises ValueError if the rows belong to another stream, or name a passage that is not of these documents.
    """
    simulated = {interaction.id: interaction for interaction in simulate()}
    if [row["id"] for row in rows] != list(simulated):
        raise ValueError("These rows belong to another stream: run `python -m utils.studies staged_log` again.")
    chunks = [chunk for document in documents for chunk in chunk_document(document)]
    hits = {chunk.chunk_id: Hit(chunk.doc_id, chunk.chunk_id, chunk.text, 0.0) for chunk in chunks}
    made = []
    for row in rows:
        interaction = simulated[row["id"]]
        unknown = set(row["passages"]) - set(hits)
        if unknown:
            raise ValueError(f"The handbook has no passage {min(unknown)!r}: run the study staged_log again.")
        passages = tuple(hits[chunk_id] for chunk_id in row["passages"])
        parts = (row["answer"], tuple(row["citations"]), passages, row["thumbs"], row["seconds"])
        asked = interaction.asked
        made.append(Record(interaction.id, interaction.asked_at, asked.tenant, asked.question, *parts))
    return made
