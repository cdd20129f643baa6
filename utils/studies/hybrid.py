"""The studies of notebook 09. The module ``grid`` is imported under another name, because its study is called grid."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from utils import corpus, facts, finetuning, raft
from utils import grid as cells
from utils.corpus import Question
from utils.finetuning import Recipe
from utils.generation import LLM
from utils.retrieval import Retriever
from utils.settings import SEEDS

RAFT_EXAMPLES = 200


def grid() -> list[dict]:
    """Notebook 09: four readers x no passage, retrieved passages, the right ones; trained readers with three seeds."""
    return _grid(cells.question_set(), SEEDS, facts.RECIPE, raft.RECIPE, RAFT_EXAMPLES)


def _grid(
    questions: Sequence[Question], seeds: Sequence[int], closed: Recipe, opened: Recipe, examples: int
) -> list[dict]:
    """``grid.rows`` with seed, arm and context. For what nobody answers there are no right passages, so no such row."""
    retriever = Retriever(corpus.load_handbook("v2"))
    found = {context: cells.passages(questions, retriever, context) for context in cells.CONTEXTS}
    made = []
    for seed, arms in _readers(seeds, closed, opened, examples):
        for name, arm in arms.items():
            for context, hits in found.items():
                asked = [row for row, q in enumerate(questions) if q.answers or context != "oracle"]
                put = [questions[row] for row in asked]
                readings = cells.read(arm, put, [hits[row] for row in asked], label=f"{name}, {context}, {seed}")
                made += [{"seed": seed, "arm": name, "context": context} | row for row in cells.rows(readings, put)]
    return made


def _readers(
    seeds: Sequence[int], closed: Recipe, opened: Recipe, examples: int
) -> Iterator[tuple[int, dict[str, cells.Arm]]]:
    """Seed and readers, one model at a time: the untrained one once, the trained ones with every seed."""
    yield seeds[0], cells.untrained(LLM.load())
    learned, before = facts.load_facts()[:60], Retriever(corpus.load_handbook("v1"))
    train = [question for question in corpus.load_questions("train") if question.kind != "multi"]
    for seed in seeds:
        adapter = finetuning.train(facts.examples(learned), replace(closed, seed=seed), f"60 facts, seed {seed}")
        yield seed, cells.closed_book_tuned(LLM.load(adapter))
        chats = raft.examples(train, before, examples, seed=seed)
        adapter = finetuning.train(chats, replace(opened, seed=seed), f"reader, seed {seed}")
        yield seed, cells.open_book_tuned(LLM.load(adapter))
