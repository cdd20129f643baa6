"""Does the fast engine answer as well as the exact one? The study of parity: int8 on CTranslate2 against float32."""

import random
from collections.abc import Sequence
from pathlib import Path

from utils import corpus, evaluation, finetuning, rag, scoring
from utils.corpus import Question
from utils.evaluation import outputs
from utils.finetuning import Recipe
from utils.models import LLM
from utils.models.converted import available
from utils.retrieval import Retriever
from utils.settings import SEED
from utils.tasks import facts

STUDY = "parity"
ASKED = 500  # questions of train and dev, read from the right passage
LEARNED = 90  # facts, asked in the six wordings that were trained: 540 questions
RECIPE = Recipe(rank=16, alpha=32, learning_rate=1e-3, epochs=3, batch_size=24, top_layers=12)
ENGINES = {"float32": "transformers", "int8": "ctranslate2"}


def parity(size: str) -> None:
    """Both engines, the same questions: an untrained reader with the right passage, and a model fine-tuned on facts.

    On a machine without CTranslate2, such as one with a GPU, the float32 half alone; another machine can add the rest.
    """
    questions = parity_questions()
    retriever = Retriever(corpus.load_handbook("v1"))
    found = rag.passages_for(questions, retriever, "oracle")
    learned = facts.load_facts()[:LEARNED]
    engines = {name: engine for name, engine in ENGINES.items() if name == "float32" or available()}
    for name, engine in reversed(engines.items()):
        _keep(size, f"untrained, {name}", lambda engine=engine: _read(questions, found, engine))
    adapter = finetuning.train(facts.examples(learned), RECIPE, f"{LEARNED} facts")
    for name, engine in reversed(engines.items()):
        _keep(size, f"fine-tuned on facts, {name}", lambda engine=engine: _recall(learned, adapter, engine))


def scores(size: str) -> list[dict]:
    """For the untrained and for the fine-tuned model: shares right on both engines, and their difference (int8 minus
    float32) with its 95% interval, resampled by fact."""
    kept, asked = outputs.load(STUDY, size), {q.id: q for q in parity_questions()}
    learned = {fact.fact_id: fact for fact in facts.load_facts()}

    def right(row: dict) -> float:
        if "question" in row:  # of a fact that was learned
            return float(scoring.contains_answer(row["text"], learned[row["id"]].answers, row["question"]))
        return float(evaluation.is_right(row["text"], asked[row["id"]]))

    rows = []
    for kind in ("untrained", "fine-tuned on facts"):
        both = {name: kept.get(f"{kind}, {name}") for name in ENGINES}
        if not all(both.values()):
            continue
        exact, fast = ([right(row) for row in both[name]] for name in ENGINES)
        groups = [asked[row["id"]].fact_id if row["id"] in asked else row["id"] for row in both["int8"]]
        difference, low, high = evaluation.paired_difference(fast, exact, groups=groups)
        shares = {name: sum(values) / len(values) for name, values in zip(ENGINES, (exact, fast), strict=True)}
        rows.append({"model": kind, "n": len(fast), **shares, "difference": difference, "low": low, "high": high})
    return rows


def parity_questions() -> list[Question]:
    """Questions of train and dev that have an answer, in random order, the same at every size."""
    those = [q for split in ("train", "dev") for q in corpus.load_questions(split) if q.answers]
    return random.Random(SEED).sample(those, ASKED)


def _keep(size, system, make):
    outputs.keep(STUDY, size, system, make, f"python -m utils.studies {STUDY} --size {size}")


def _read(questions: Sequence[Question], found, engine: str) -> list[dict]:
    reader = rag.Reader(LLM.load(engine=engine), rag.FEW_SHOT)
    answers = reader.answer([q.question for q in questions], found, "reading")
    return [
        {"id": q.id, "text": a.text, "seconds": round(a.seconds, 4), "new_tokens": a.new_tokens}
        for q, a in zip(questions, answers, strict=True)
    ]


def _recall(learned: Sequence[facts.Fact], adapter: Path, engine: str) -> list[dict]:
    asked = [(fact, question) for fact in learned for question in fact.trained]
    texts = facts.ask(LLM.load(adapter, engine=engine), [question for _, question in asked], "recalling")
    return [
        {"id": fact.fact_id, "question": question, "text": text}
        for (fact, question), text in zip(asked, texts, strict=True)
    ]
