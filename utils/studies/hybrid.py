"""The studies of notebook 09. The module ``grid`` is imported under another name, because its study is called grid."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from utils import corpus, embedding, facts, finetuning, models, raft, rankings
from utils import grid as cells
from utils.chunking import chunk_document
from utils.corpus import Question
from utils.evaluation import reciprocal_rank
from utils.finetuning import Recipe
from utils.generation import LLM
from utils.retrieval import Retriever
from utils.settings import SEEDS

SHORT_TOPIC = 30  # windows; longer topics of Python's documentation are left out


def grid() -> list[dict]:
    """Notebook 09: four readers x no passage, retrieved passages, the right ones; trained readers with three seeds."""
    return _grid(cells.question_set(), SEEDS, facts.RECIPE, raft.RECIPE, raft.COUNT)


def embedder() -> list[dict]:
    """Notebook 09: the embedder as it comes, and tuned with three seeds, searching by meaning alone.

    A row an embedder and a kind of test questions (lookups and those of a clinic, after the update; and those about
    Python that its shorter topics answer): for every question 1 / rank of the first right document.
    """
    before, after = (Retriever(corpus.load_handbook(version)) for version in ("v1", "v2"))
    shelf = Retriever([d for d in corpus.python_docs() if len(chunk_document(d)) <= SHORT_TOPIC], mode="keyword")
    asked = {k: [cells.after_update(q) for q in corpus.load_questions("test", k)] for k in ("lookup", "tenant")}
    asked["python"] = [q for q in rankings.python_questions() if set(q.doc_ids) <= set(shelf.documents)]
    pairs, rows = embedding.pairs(raft.questions(), before), []
    for seed in (None, *SEEDS):
        recipe = embedding.Recipe(seed=seed or SEEDS[0])
        folder = embedding.tune(pairs, recipe, f"{len(pairs)} pairs, seed {seed}") if seed else None
        model = embedding.load(folder) if seed else models.load_embedder()
        for kind, questions in asked.items():
            found = embedding.search(model, shelf if kind == "python" else after, questions, k=50)
            ranks = [
                reciprocal_rank([h.doc_id for h in hits], q.doc_ids) for hits, q in zip(found, questions, strict=True)
            ]
            rows.append({"seed": seed, "kind": kind, "pairs": len(pairs) if seed else 0, "ranks": ranks})
    return rows


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
    for seed in seeds:
        adapter = finetuning.train(facts.examples(learned), replace(closed, seed=seed), f"60 facts, seed {seed}")
        yield seed, cells.closed_book_tuned(LLM.load(adapter))
        chats = raft.examples(raft.questions(), before, examples, seed=seed)
        adapter = finetuning.train(chats, replace(opened, seed=seed), f"reader, seed {seed}")
        yield seed, cells.open_book_tuned(LLM.load(adapter))
