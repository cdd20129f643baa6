"""From a log to training examples: keep what seems to have gone well, each question once, no subject too often.

A model trained on its own answers that passed a filter: as in STaR (Zelikman et al. 2022, arXiv 2203.14465).
"""

import random
from collections import Counter
from collections.abc import Sequence

from utils import rag
from utils.corpus import Document
from utils.models import Chat, embed
from utils.retrieval import Hit
from utils.scoring import normalise
from utils.settings import SEED
from utils.staged.log import Record
from utils.staged.scrub import scrub

ALIKE = 0.9  # cosine from which two questions of one clinic count as the same
MOST = 22  # examples of a collection


def source(record: Record) -> Hit | None:
    """The cited passage that holds the whole answer word for word (normalised), or None."""
    answer = normalise(record.answer)
    cited = (hit for hit in record.passages if hit.doc_id in record.citations)
    return next((hit for hit in cited if answer and f" {answer} " in f" {normalise(hit.text)} "), None)


def once(records: Sequence[Record]) -> list[Record]:
    """The records without those whose question, scrubbed, is like an earlier one of the same clinic."""
    vectors, kept = embed([scrub(record.question) for record in records]), []
    for number, record in enumerate(records):
        earlier = [other for other in kept if records[other].tenant == record.tenant]
        if not earlier or (vectors[earlier] @ vectors[number]).max() < ALIKE:
            kept.append(number)
    return [records[number] for number in kept]


def balanced(records: Sequence[Record], documents: Sequence[Document]) -> list[Record]:
    """At most ``MOST`` records a collection, those with a thumb up first, then the earlier ones; in their order.

    A record belongs to the collection of its source, one of the documents.
    """
    collections = {document.doc_id: document.collection for document in documents}
    counts, kept = Counter(), set()
    for record in sorted(records, key=lambda record: record.thumbs != 1):  # stable: keeps the order of time
        collection = collections[source(record).doc_id]
        counts[collection] += 1
        if counts[collection] <= MOST:
            kept.add(record.id)
    return [record for record in records if record.id in kept]


def funnel(records: Sequence[Record], documents: Sequence[Document]) -> dict[str, list[Record]]:
    """What is left of a log after every filter, by its name, in their order; the last is the harvest."""
    steps = {"logged": list(records)}
    steps["found in the passage it cites"] = found = [record for record in records if source(record)]
    steps["no thumb down"] = liked = [record for record in found if record.thumbs != -1]
    steps["each question once"] = single = once(liked)
    steps["no subject too often"] = balanced(single, documents)
    return steps


def unfiltered(records: Sequence[Record], count: int, seed: int = SEED) -> list[Record]:
    """As many records of the log drawn at random: what training on use without a filter would take."""
    return random.Random(seed).sample([record for record in records if record.answer], count)


def example(record: Record, rng: random.Random) -> Chat:
    """A training example: the passages in random order and the scrubbed question as the RAFT reader is asked it;
    the answer as logged after its source's number, if it cites."""
    hits = rng.sample(record.passages, len(record.passages))
    cited = source(record) or next((hit for hit in hits if hit.doc_id in record.citations), None)
    number = f"[{hits.index(cited) + 1}] " if cited else ""
    reply = number + record.answer
    return [*rag.prompt(scrub(record.question), hits, ()), {"role": "assistant", "content": reply}]


def examples(records: Sequence[Record], seed: int = SEED) -> list[Chat]:
    """The records as training examples, in random order."""
    rng = random.Random(seed)
    return [example(record, rng) for record in rng.sample(list(records), len(records))]
