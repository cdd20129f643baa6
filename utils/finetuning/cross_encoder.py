"""Training a cross-encoder that tells passages that answer a question from passages that do not."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from utils import models, settings
from utils.corpus import Question
from utils.finetuning import training
from utils.retrieval import Retriever
from utils.scoring import mentions


@dataclass(frozen=True)
class PassagePair:
    """A question, a passage, and whether the passage answers it."""

    question: str
    passage: str
    answers: bool


@dataclass(frozen=True)
class CrossEncoderRecipe:
    """How to train a cross-encoder. The defaults were chosen on development questions.

    ``max_length``: word pieces of question and passage together; what is longer is cut at the end of the passage.
    """

    learning_rate: float = 5e-5
    epochs: int = 2
    batch_size: int = 16
    max_length: int = 160
    seed: int = settings.SEED


def passage_pairs(
    questions: Sequence[Question], retriever: Retriever, negatives: int = 3, depth: int = 20
) -> list[PassagePair]:
    """For every question its best-ranked answering passages, at most two, and hard negatives: others found near them.

    A passage answers if its document is one that the question needs and it holds an accepted answer. ``negatives``:
    how many of the first ``depth`` hits that do not hold one. A question without an answering passage gives no pair.
    """
    pairs = []
    for question, hits in zip(questions, retriever.search_many([q.question for q in questions], depth), strict=True):
        own = [hit for doc_id in question.doc_ids for hit in retriever.passages(doc_id)]
        right = [hit.text for hit in own if mentions(hit.text, question.answers)]
        found = [hit.text for hit in hits]
        right.sort(key=lambda text: found.index(text) if text in found else depth)
        wrong = [hit.text for hit in hits if not mentions(hit.text, question.answers)]
        if right:
            pairs += [PassagePair(question.question, text, True) for text in right[:2]]
            pairs += [PassagePair(question.question, text, False) for text in wrong[:negatives]]
    return pairs


def train_cross_encoder(
    pairs: Sequence[PassagePair], recipe: CrossEncoderRecipe | None = None, label: str = "training"
) -> Path:
    """Train a cross-encoder from the embedder's weights and return its folder; the same pairs and recipe only once.

    The folder holds the model and ``training.json`` (pairs, steps, seconds, losses by step), and appears by one rename
    when training is complete. Raises ValueError if the pairs are not of both kinds: there is nothing to tell apart.
    """
    recipe = recipe or CrossEncoderRecipe()
    if len({pair.answers for pair in pairs}) < 2:
        raise ValueError("A reranker learns from passages that answer and passages that do not: pass pairs of both.")
    base = models.identity(models.chosen_embedder())
    folder = training.cache_folder("rerankers", base, asdict(recipe), [asdict(pair) for pair in pairs])
    return training.train_once(folder, lambda made: _train_into(made, pairs, recipe, label))


def _train_into(folder: Path, pairs: Sequence[PassagePair], recipe: CrossEncoderRecipe, label: str) -> None:
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()
    settings.prepare_torch()
    transformers.set_seed(recipe.seed)  # the new head begins the same every time
    source = models.location(models.chosen_embedder())
    tokenizer = transformers.AutoTokenizer.from_pretrained(source, model_max_length=recipe.max_length)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(source, num_labels=1)

    def loss(model, inputs):  # sentence-transformers' CrossEncoderTrainer wants the library datasets for this line
        wanted = inputs.pop("labels")
        return torch.nn.functional.binary_cross_entropy_with_logits(model(**inputs).logits.view(-1), wanted)

    run = training.Training(recipe, math.ceil(len(pairs) / recipe.batch_size) * recipe.epochs, label)
    rows = [_encoded(tokenizer, pair) for pair in pairs]
    run.fit(model, rows, lambda some: tokenizer.pad(some, return_tensors="pt"), loss, folder).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    run.report(folder, pairs=len(pairs))


def _encoded(tokenizer, pair: PassagePair) -> dict:
    row = tokenizer(pair.question, pair.passage, truncation="only_second")
    return {**row, "labels": float(pair.answers)}
