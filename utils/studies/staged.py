"""The studies of notebook 10: the stream answered by the first stage, and every stage on the exam."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from utils import corpus, finetuning, harvest, raft, router, stages, stream, studies, tickets
from utils import grid as cells
from utils.finetuning import Recipe
from utils.generation import LLM
from utils.grid import Reading
from utils.interactions import Record
from utils.retrieval import Retriever
from utils.settings import SEEDS


def staged_log() -> list[dict]:
    """Notebook 10: the 320 interactions of the stream, answered by RAG with prompting from the first handbook."""
    return _answered(stream.simulate())


def staged() -> list[dict]:
    """Notebook 10: the exam answered by every stage and by what they are compared with; what is trained, three seeds
    (the ticket model: one). Needs the committed result of ``staged_log``."""
    documents = corpus.load_handbook("v1")
    log = stream.replay(studies.load("staged_log")["rows"], documents)
    kept = list(harvest.funnel(log, documents).values())[-1]
    return _staged(log, kept, SEEDS, raft.RECIPE, tickets.RECIPE)


def _answered(interactions: Sequence[stream.Interaction]) -> list[dict]:
    asked = [interaction.question for interaction in interactions]
    found = cells.passages(asked, Retriever(corpus.load_handbook("v1")), "retrieved")
    readings = cells.read(_prompted(), asked, found, label="the stream")
    return [stream.answered(*pair) for pair in zip(interactions, readings, strict=True)]


def _prompted() -> cells.Arm:
    """The first stage: the untrained model with two worked examples."""
    return cells.untrained(LLM.load())["base, few-shot"]


def _staged(
    log: Sequence[Record], kept: Sequence[Record], seeds: Sequence[int], reading: Recipe, filing: Recipe
) -> list[dict]:
    """``grid.rows`` with seed, arm, context and the number of examples, for every arm of ``stages.ARMS``."""
    exam, retriever = stages.exam(), Retriever(corpus.load_handbook("v2"))
    found = cells.passages(exam, retriever, "retrieved")
    routes = router.fit(retriever).route(exam)
    filed, made = _filed(exam, routes, filing), []
    for seed, arm, count, reader in _readers(log, kept, seeds, reading):
        readings = cells.read(reader, exam, found, label=f"{arm}, seed {seed}")
        made += _rows(seed, arm, count, readings, exam)
        behind = {stages.FIRST: stages.ROUTER_ALONE, stages.HARVESTED: stages.ROUTED}.get(arm)
        if behind:
            made += _rows(seed, behind, count, stages.routed(routes, readings, filed), exam)
    return made


def _readers(
    log: Sequence[Record], kept: Sequence[Record], seeds: Sequence[int], recipe: Recipe
) -> Iterator[tuple[int, str, int, cells.Arm]]:
    """Seed, arm, number of examples and reader, one model at a time: the untrained one once, trained ones by seed."""
    yield seeds[0], stages.FIRST, 0, _prompted()
    for seed in seeds:
        taught = {stages.HARVESTED: kept, stages.UNFILTERED: harvest.unfiltered(log, len(kept), seed)}
        for arm, records in taught.items():
            chats = harvest.examples(records, seed)
            adapter = finetuning.train(chats, replace(recipe, seed=seed), f"{arm}, seed {seed}")
            yield seed, arm, len(chats), cells.open_book_tuned(LLM.load(adapter))["open-book tuned"]


def _filed(exam: Sequence[corpus.Question], routes: Sequence[str], recipe: Recipe) -> dict[int, Reading]:
    """The ticket lines for the items that are routed to the ticket model of notebook 01, by item."""
    train = [record for record in corpus.load_jsonl("tickets") if record["split"] == "train"]
    adapter = finetuning.train([tickets.example(record) for record in train], recipe, f"{len(train)} tickets")
    items = [item for item, route in enumerate(routes) if route == "ticket"]
    lines = stages.file_tickets(LLM.load(adapter), [exam[item] for item in items], "ticket model")
    return dict(zip(items, lines, strict=True))


def _rows(seed: int, arm: str, count: int, readings: Sequence[Reading], exam: Sequence[corpus.Question]) -> list[dict]:
    facts = {"seed": seed, "arm": arm, "context": "retrieved", "examples": count}
    return [facts | row for row in cells.rows(readings, exam, stages.outcome)]
