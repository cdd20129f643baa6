"""Training a reader for retrieval (RAFT, Zhang et al. 2024, arXiv 2403.10131): examples with the passages that the real
retriever finds, some of them without the one that answers.
"""

import random
from collections.abc import Sequence

from utils import corpus, rag, scoring
from utils.corpus import Question, sentences
from utils.finetuning.adapters import Recipe
from utils.models import Chat
from utils.retrieval import PASSAGES, Retriever, distractors, gold_passages
from utils.scoring import mentions
from utils.settings import SEED

FORMS = ("short", "sentence")
COUNT = 240  # examples of the recipe
RECIPE = Recipe(rank=16, alpha=32, learning_rate=2e-3, epochs=1, batch_size=8, top_layers=15)


def questions() -> list[Question]:
    """What a reader may learn from: the training questions that one document answers, or none."""
    return [question for question in corpus.load_questions("train") if question.kind != "multi"]


def answer_text(question: Question, chunk: str, form: str) -> str:
    """What the reader shall say: the accepted answer itself, or the sentence of the chunk that holds it."""
    if form not in FORMS:
        raise ValueError(f"There is no answer form {form!r}: choose one of {', '.join(FORMS)}.")
    held = [part for part in sentences(chunk) if mentions(part, question.answers)]
    return question.answers[0] if form == "short" or not held else held[0]


def example(question: Question, retriever: Retriever, form: str, with_gold: bool, rng: random.Random) -> Chat:
    """A training example: three passages in random order and the question; the answer with its source's number, or
    "I don't know." where the passage that answers is kept out or does not exist."""
    others, answered = distractors(question, retriever), bool(with_gold and question.answers)
    passages = others[:PASSAGES]
    if answered:
        gold = gold_passages([question], retriever)[0][-1]
        passages = [gold, *others[: PASSAGES - 1]]
    rng.shuffle(passages)
    reply = scoring.ABSTENTION
    if answered:
        reply = f"[{passages.index(gold) + 1}] {answer_text(question, gold.text, form)}"
    return [*rag.prompt(question.question, passages, ()), {"role": "assistant", "content": reply}]


def examples(
    questions: Sequence[Question],
    retriever: Retriever,
    count: int = COUNT,
    unanswered: float = 0.2,
    form: str = "short",
    seed: int = SEED,
) -> list[Chat]:
    """``count`` examples from these questions, a share ``unanswered`` of them without a passage that answers.

    Of the unanswered, every second asks what the handbook does not say at all, as long as such questions last.
    Raises ValueError if there are not enough questions.
    """
    rng = random.Random(seed)
    shuffled = rng.sample(list(questions), len(questions))
    near_misses = [question for question in shuffled if not question.answers]
    answerable = [question for question in shuffled if question.answers]
    without = round(count * unanswered)
    nowhere = near_misses[: without // 2]
    removed = answerable[: without - len(nowhere)]
    read = answerable[len(removed) : len(removed) + count - without]
    if len(read) < count - without:
        raise ValueError(f"{len(questions)} questions are not enough for {count} examples: ask for fewer.")
    made = [example(question, retriever, form, False, rng) for question in nowhere + removed]
    made += [example(question, retriever, form, True, rng) for question in read]
    return rng.sample(made, len(made))
