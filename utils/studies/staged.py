"""The studies of notebook 10: the stream answered by the first stage, and every stage on the exam."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from utils import corpus, finetuning, rag
from utils.corpus import Question
from utils.evaluation import results
from utils.finetuning import Recipe, raft
from utils.models import LLM
from utils.rag import Answer, Reader
from utils.retrieval import Retriever
from utils.settings import SEEDS
from utils.staged import Record, exam, harvest, router, simulation
from utils.tasks import handbook_questions, tickets


def staged_log() -> list[dict]:
    """Notebook 10: the 320 interactions of the stream, answered by RAG with prompting from the first handbook."""
    return _answered(simulation.simulate())


def staged() -> list[dict]:
    """Notebook 10: the exam answered by every stage and by what they are compared with; what is trained, three seeds
    (the ticket model: one). Needs the committed result of ``staged_log``."""
    documents = corpus.load_handbook("v1")
    log = simulation.replay(results.load("staged_log")["rows"], documents)
    kept = list(harvest.funnel(log, documents).values())[-1]
    return _staged(log, kept, SEEDS, raft.RECIPE, tickets.RECIPE)


def _answered(interactions: Sequence[simulation.Interaction]) -> list[dict]:
    asked = [interaction.asked for interaction in interactions]
    found = rag.passages_for(asked, Retriever(corpus.load_handbook("v1")), "retrieved")
    answers = _first_reader().answer([question.question for question in asked], found, "the stream")
    return [simulation.answered(*pair) for pair in zip(interactions, answers, strict=True)]


def _first_reader() -> Reader:
    """The first stage: the untrained model with two few-shot examples."""
    return handbook_questions.reader(handbook_questions.FEW_SHOT, LLM.load())


def _staged(
    log: Sequence[Record], kept: Sequence[Record], seeds: Sequence[int], reading: Recipe, filing: Recipe
) -> list[dict]:
    """``handbook_questions.rows_by_kind`` with seed, system, context and number of examples, for all of ``SYSTEMS``."""
    questions, retriever = exam.load_exam(), Retriever(corpus.load_handbook("v2"))
    found = rag.passages_for(questions, retriever, "retrieved")
    routes = router.fit(retriever).route(questions)
    filed, made = _filed(questions, routes, filing), []
    for seed, system, count, reader in _readers(log, kept, seeds, reading):
        answers = reader.answer([q.question for q in questions], found, f"{system}, seed {seed}")
        made += _rows(seed, system, count, answers, questions)
        behind = {exam.FIRST: exam.ROUTER_ALONE, exam.HARVESTED: exam.ROUTED}.get(system)
        if behind:
            made += _rows(seed, behind, count, exam.routed(routes, answers, filed), questions)
    return made


def _readers(
    log: Sequence[Record], kept: Sequence[Record], seeds: Sequence[int], recipe: Recipe
) -> Iterator[tuple[int, str, int, Reader]]:
    """Seed, system, number of examples and reader, one model at a time: the untrained one once, trained ones a seed."""
    yield seeds[0], exam.FIRST, 0, _first_reader()
    for seed in seeds:
        taught = {exam.HARVESTED: kept, exam.UNFILTERED: harvest.unfiltered(log, len(kept), seed)}
        for system, records in taught.items():
            chats = harvest.examples(records, seed)
            adapter = finetuning.train(chats, replace(recipe, seed=seed), f"{system}, seed {seed}")
            yield seed, system, len(chats), handbook_questions.reader(handbook_questions.RAFT, LLM.load(adapter))


def _filed(questions: Sequence[Question], routes: Sequence[str], recipe: Recipe) -> dict[int, Answer]:
    """The ticket lines for the items that are routed to the ticket model of notebook 01, by item."""
    train = tickets.load("train")
    adapter = finetuning.train([tickets.example(record) for record in train], recipe, f"{len(train)} tickets")
    items = [item for item, route in enumerate(routes) if route == "ticket"]
    lines = exam.file_tickets(LLM.load(adapter), [questions[item] for item in items], "ticket model")
    return dict(zip(items, lines, strict=True))


def _rows(seed: int, system: str, count: int, answers: Sequence[Answer], questions: Sequence[Question]) -> list[dict]:
    labels = {"seed": seed, "system": system, "context": "retrieved", "examples": count}
    return [labels | row for row in handbook_questions.rows_by_kind(answers, questions, exam.outcome)]
