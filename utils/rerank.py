"""Rerankers: read question and passage together, and put the passages that a search found into a better order.

A reranker is called with (query, hits) and gives the same hits with scores of its own, best first. Two kinds:
a cross-encoder trained here (Nogueira and Cho 2019, arXiv 1901.04085), and the likelihood that a language model gives
the question when it has read the passage (Sachan et al. 2022, arXiv 2204.07496), which needs no training.
"""

import dataclasses
import hashlib
import json
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from utils import artefacts, models, settings, training
from utils.corpus import Question
from utils.evaluation import contains_answer
from utils.generation import LLM
from utils.likelihood import losses
from utils.retrieval import Hit, Retriever

Reranker = Callable[[str, Sequence[Hit]], list[Hit]]


@dataclass(frozen=True)
class Pair:
    """A question, a passage, and whether the passage answers it."""

    question: str
    passage: str
    answers: bool


@dataclass(frozen=True)
class Recipe:
    """How to train a cross-encoder. The defaults were chosen on development questions.

    ``max_length``: word pieces of question and passage together; what is longer is cut at the end of the passage.
    """

    learning_rate: float = 5e-5
    epochs: int = 2
    batch_size: int = 16
    max_length: int = 160
    seed: int = settings.SEED


def reordered(hits: Sequence[Hit], scores: Iterable[float]) -> list[Hit]:
    """The hits with new scores, best first; those with equal scores keep their order."""
    scored = [dataclasses.replace(hit, score=float(score)) for hit, score in zip(hits, scores, strict=True)]
    return sorted(scored, key=lambda hit: -hit.score)


def each(
    reranker: Reranker, questions: Sequence[Question], found: Sequence[Sequence[Hit]], depth: int
) -> list[list[Hit]]:
    """For every question its hits with the first ``depth`` in the reranker's order and the others as they were."""
    pairs = zip(questions, found, strict=True)
    return [[*reranker(question.question, hits[:depth]), *hits[depth:]] for question, hits in pairs]


def training_pairs(
    questions: Sequence[Question], retriever: Retriever, negatives: int = 3, depth: int = 20
) -> list[Pair]:
    """For every question its best-ranked answering passages, at most two, and hard negatives: others found near them.

    A passage answers if its document is one that the question needs and it holds an accepted answer. ``negatives``:
    how many of the first ``depth`` hits that do not hold one. A question without an answering passage gives no pair.
    """
    pairs = []
    for question, hits in zip(questions, retriever.search_many([q.question for q in questions], depth), strict=True):
        own = [hit for doc_id in question.doc_ids for hit in retriever.passages(doc_id)]
        right = [hit.text for hit in own if contains_answer(hit.text, question.answers)]
        found = [hit.text for hit in hits]
        right.sort(key=lambda text: found.index(text) if text in found else depth)
        wrong = [hit.text for hit in hits if not contains_answer(hit.text, question.answers)]
        if right:
            pairs += [Pair(question.question, text, True) for text in right[:2]]
            pairs += [Pair(question.question, text, False) for text in wrong[:negatives]]
    return pairs


def model_path(pairs: Sequence[Pair], recipe: Recipe) -> Path:
    """Where the cross-encoder for these pairs, this recipe and the chosen embedder is, or will be."""
    base = models.identity(settings.embedder_name(), artefacts.EMBEDDER)
    content = json.dumps([base, asdict(recipe), [asdict(pair) for pair in pairs]], sort_keys=True)
    return settings.runs_dir() / "rerankers" / hashlib.sha256(content.encode()).hexdigest()[:16]


def train(pairs: Sequence[Pair], recipe: Recipe | None = None, label: str = "training") -> Path:
    """Train a cross-encoder from the embedder's weights and return its folder; the same pairs and recipe only once.

    The folder holds the model and ``training.json`` (pairs, steps, seconds, losses by step), and appears by one rename
    when training is complete. Raises ValueError if the pairs are not of both kinds: there is nothing to tell apart.
    """
    recipe = recipe or Recipe()
    if len({pair.answers for pair in pairs}) < 2:
        raise ValueError("A reranker learns from passages that answer and passages that do not: pass pairs of both.")
    folder = model_path(pairs, recipe)
    return training.once(folder, lambda made: _train_into(made, pairs, recipe, label))


def _train_into(folder: Path, pairs: Sequence[Pair], recipe: Recipe, label: str) -> None:
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()
    settings.prepare_torch()
    transformers.set_seed(recipe.seed)  # the new head begins the same every time
    source = settings.embedder_name() or str(artefacts.fetch(artefacts.EMBEDDER))
    tokenizer = transformers.AutoTokenizer.from_pretrained(source, model_max_length=recipe.max_length)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(source, num_labels=1)
    steps = math.ceil(len(pairs) / recipe.batch_size) * recipe.epochs
    progress = training.progress(steps, label)

    class PairTrainer(transformers.Trainer):
        """sentence-transformers' CrossEncoderTrainer wants the library datasets; its loss for pairs is this line."""

        def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
            wanted = inputs.pop("labels")
            loss = torch.nn.functional.binary_cross_entropy_with_logits(model(**inputs).logits.view(-1), wanted)
            return (loss, None) if return_outputs else loss

    clock = time.perf_counter()
    trainer = PairTrainer(
        model=model,
        args=training.arguments(recipe, steps, folder.parent),
        train_dataset=[_encoded(tokenizer, pair) for pair in pairs],
        data_collator=lambda rows: tokenizer.pad(rows, return_tensors="pt"),
        callbacks=[progress],
    )
    trainer.remove_callback(transformers.PrinterCallback)
    trainer.train()
    seconds = round(time.perf_counter() - clock, 2)
    trainer.model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    report = {"recipe": asdict(recipe), "pairs": len(pairs), "steps": steps, "seconds": seconds}
    (folder / training.REPORT).write_text(json.dumps(report | {"losses": progress.losses}), encoding="utf-8")


def _encoded(tokenizer, pair: Pair) -> dict:
    row = tokenizer(pair.question, pair.passage, truncation="only_second")
    return {**row, "labels": float(pair.answers)}


class CrossEncoderReranker:
    """A trained cross-encoder as a reranker, scores from 0 to 1; ValueError for a folder not made by ``train``."""

    def __init__(self, folder: Path | str):
        from sentence_transformers import CrossEncoder

        if not (Path(folder) / training.REPORT).is_file():
            raise ValueError(f"{folder} holds no reranker: pass the path that train returned.")
        self._model = CrossEncoder(str(folder), device=settings.device())

    def __call__(self, query: str, hits: Sequence[Hit]) -> list[Hit]:
        if not hits:
            return []
        return reordered(hits, self._model.predict([(query, hit.text) for hit in hits], show_progress_bar=False))


class LikelihoodReranker:
    """Scores a passage by the mean log-likelihood a token (nats) that the generator gives the question after it."""

    def __init__(self, llm: LLM):
        self._llm = llm

    def __call__(self, query: str, hits: Sequence[Hit]) -> list[Hit]:
        return reordered(hits, [-loss for loss in losses(self._llm, [self._chat(query, hit.text) for hit in hits])])

    @staticmethod
    def _chat(query: str, passage: str) -> list[dict]:
        return [
            {"role": "system", "content": "Write a question that the passage answers."},
            {"role": "user", "content": passage},
            {"role": "assistant", "content": query},
        ]
