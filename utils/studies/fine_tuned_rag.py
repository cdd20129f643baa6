"""The studies of notebook 09."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from utils import corpus, finetuning, models, rag
from utils.corpus import Question, chunk_document
from utils.evaluation import reciprocal_rank
from utils.finetuning import Recipe, embedder_tuning, raft
from utils.models import LLM
from utils.rag import Reader
from utils.retrieval import Retriever
from utils.settings import SEEDS
from utils.tasks import facts, handbook_questions
from utils.tasks.handbook_questions import BASE, FACTS_TUNED, FEW_SHOT, RAFT

SHORT_TOPIC = 30  # chunks; longer topics of Python's documentation are left out


def grid() -> list[dict]:
    """Notebook 09: four readers x no passage, retrieved passages, the right ones; trained readers with three seeds."""
    return _grid(handbook_questions.question_set(), SEEDS, facts.RECIPE, raft.RECIPE, raft.COUNT)


def embedder() -> list[dict]:
    """Notebook 09: the embedder as it comes, and tuned with three seeds, in dense search.

    One row per embedder and kind of test questions (lookups and those of a clinic, after the update; and those about
    Python that its shorter topics answer): for every question 1 / rank of the first right document.
    """
    before, after = (Retriever(corpus.load_handbook(version)) for version in ("v1", "v2"))
    topics = Retriever([d for d in corpus.python_docs() if len(chunk_document(d)) <= SHORT_TOPIC], mode="keyword")
    asked = {k: [corpus.after_update(q) for q in corpus.load_questions("test", k)] for k in ("lookup", "tenant")}
    asked["python"] = [q for q in corpus.python_questions() if set(q.doc_ids) <= set(topics.documents)]
    pairs, rows = embedder_tuning.chunk_pairs(raft.questions(), before), []
    for seed in (None, *SEEDS):
        recipe = embedder_tuning.EmbedderRecipe(seed=seed or SEEDS[0])
        folder = embedder_tuning.tune_embedder(pairs, recipe, f"{len(pairs)} pairs, seed {seed}") if seed else None
        model = embedder_tuning.load_tuned_embedder(folder) if seed else models.load_embedder()
        for kind, questions in asked.items():
            found = embedder_tuning.search_with_embedder(model, topics if kind == "python" else after, questions, k=50)
            ranks = [
                reciprocal_rank([h.doc_id for h in hits], q.doc_ids) for hits, q in zip(found, questions, strict=True)
            ]
            rows.append({"seed": seed, "kind": kind, "pairs": len(pairs) if seed else 0, "ranks": ranks})
    return rows


def _grid(
    questions: Sequence[Question], seeds: Sequence[int], closed: Recipe, opened: Recipe, examples: int
) -> list[dict]:
    """``handbook_questions.rows_by_kind`` with seed, system and context.

    For what nobody answers there are no right passages, so no such row.
    """
    retriever = Retriever(corpus.load_handbook("v2"))
    found = {context: rag.passages_for(questions, retriever, context) for context in rag.CONTEXTS}
    made = []
    for seed, system, reader in _readers(seeds, closed, opened, examples):
        for context, hits in found.items():
            rows = [row for row, q in enumerate(questions) if q.answers or context != "oracle"]
            asked, label = [questions[row] for row in rows], f"{system}, {context}, {seed}"
            answers = reader.answer([q.question for q in asked], [hits[row] for row in rows], label)
            cell = {"seed": seed, "system": system, "context": context}
            made += [cell | row for row in handbook_questions.rows_by_kind(answers, asked)]
    return made


def _readers(seeds: Sequence[int], closed: Recipe, opened: Recipe, examples: int) -> Iterator[tuple[int, str, Reader]]:
    """Seed, name and reader, one model at a time: the untrained one once, the trained ones with every seed."""
    base = LLM.load()
    yield seeds[0], BASE, handbook_questions.reader(BASE, base)
    yield seeds[0], FEW_SHOT, handbook_questions.reader(FEW_SHOT, base)
    learned, before = facts.load_facts()[:60], Retriever(corpus.load_handbook("v1"))
    for seed in seeds:
        adapter = finetuning.train(facts.examples(learned), replace(closed, seed=seed), f"60 facts, seed {seed}")
        yield seed, FACTS_TUNED, handbook_questions.reader(FACTS_TUNED, LLM.load(adapter))
        chats = raft.examples(raft.questions(), before, examples, seed=seed)
        adapter = finetuning.train(chats, replace(opened, seed=seed), f"reader, seed {seed}")
        yield seed, RAFT, handbook_questions.reader(RAFT, LLM.load(adapter))
