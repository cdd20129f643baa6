"""Fine-tuning the embedder on questions and the windows that answer them, and dense search with any embedder.

The loss sets every window of a batch against every question of it (van den Oord et al. 2018, arXiv 1807.03748; known in
sentence-transformers as MultipleNegativesRankingLoss), and is given hard negatives: wrong windows that a search found.
"""

import hashlib
import json
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from utils import models, raft, settings, training
from utils.artefacts import EMBEDDER
from utils.corpus import Question, visible_to
from utils.evaluation import contains_answer, gold_passages
from utils.retrieval import Hit, Retriever

SCALE = 20.0  # cosines times this go into the softmax, sentence-transformers' default


@dataclass(frozen=True)
class Recipe:
    """How to train: a learning rate that falls linearly, passes over the pairs, pairs a batch."""

    learning_rate: float = 5e-5
    epochs: int = 2
    batch_size: int = 16
    seed: int = settings.SEED


@dataclass(frozen=True)
class Pair:
    """A question with its windows, first the one that answers, then hard negatives; ``tenants``: whose they are.

    ``answers`` and ``readable`` (tenants that the asker may read) say which windows of a batch may count as wrong.
    """

    question: str
    windows: tuple[str, ...]
    tenants: tuple[str, ...]
    answers: tuple[str, ...]
    readable: tuple[str, ...]


def pairs(questions: Sequence[Question], retriever: Retriever, negatives: int = 1) -> list[Pair]:
    """A pair for every question that has an answer: its gold window, and ``negatives`` best-ranked wrong ones."""
    made = []
    for question in questions:
        if question.answers:
            gold = gold_passages([question], retriever)[0][-1]
            hits = [gold, *raft.distractors(question, retriever, negatives)]
            tenants = tuple(retriever.documents[hit.doc_id].tenant for hit in hits)
            readable = tuple(visible_to(question.tenant)["tenant"])
            made.append(Pair(question.question, tuple(hit.text for hit in hits), tenants, question.answers, readable))
    return made


def contrastive_loss(questions, windows, compete):
    """Cross entropy (nats) of picking window i for question i: unit vectors (n, width) and (m, width), m >= n.

    ``compete`` (n, m), bool: which windows take part for which question; its own always must.
    """
    import torch

    scores = (SCALE * questions @ windows.T).masked_fill(~compete, float("-inf"))
    return torch.nn.functional.cross_entropy(scores, torch.arange(len(questions), device=scores.device))


def competing(batch: Sequence[Pair]) -> list[list[bool]]:
    """For every question of a batch, which windows count: its own, and those it may read that do not answer it.

    Windows in the order of ``batch_windows``.
    """
    windows = [pair.windows[0] for pair in batch] + [text for pair in batch for text in pair.windows[1:]]
    tenants = [pair.tenants[0] for pair in batch] + [tenant for pair in batch for tenant in pair.tenants[1:]]
    return [
        [
            place == row or (tenant in pair.readable and not contains_answer(text, pair.answers))
            for place, (text, tenant) in enumerate(zip(windows, tenants, strict=True))
        ]
        for row, pair in enumerate(batch)
    ]


def tuned_path(examples: Sequence[Pair], recipe: Recipe) -> Path:
    """Where the embedder for these pairs, this recipe and the chosen base embedder is, or will be."""
    base = models.identity(settings.embedder_name(), EMBEDDER)
    content = json.dumps([base, asdict(recipe), [asdict(pair) for pair in examples]], sort_keys=True)
    return settings.runs_dir() / "embedders" / hashlib.sha256(content.encode()).hexdigest()[:16]


def tune(examples: Sequence[Pair], recipe: Recipe | None = None, label: str = "tuning") -> Path:
    """Tune the embedder and return its folder; the same pairs, recipe and base embedder are trained only once.

    The folder holds the model and ``training.json`` (pairs, steps, seconds, losses by step), and appears by one rename
    when training is complete. Raises ValueError for fewer than two pairs: there is nothing to tell apart.
    """
    recipe = recipe or Recipe()
    if len(examples) < 2:
        raise ValueError(f"{len(examples)} pairs hold nothing to tell apart: pass at least two.")
    folder = tuned_path(examples, recipe)
    return training.once(folder, lambda made: _tune_into(made, examples, recipe, label))


def _trainer_class():
    """transformers.Trainer with ``contrastive_loss``; sentence-transformers' own wants the library datasets."""
    import torch
    import transformers

    class ContrastiveTrainer(transformers.Trainer):
        def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
            vectors = [model(dict(inputs[part]))["sentence_embedding"] for part in ("questions", "windows")]
            units = [torch.nn.functional.normalize(vector, dim=-1) for vector in vectors]
            loss = contrastive_loss(*units, inputs["compete"])
            return (loss, None) if return_outputs else loss

    return ContrastiveTrainer


def _tune_into(folder: Path, examples: Sequence[Pair], recipe: Recipe, label: str) -> None:
    import transformers

    model = models.load_embedder()
    transformers.set_seed(recipe.seed)
    steps = math.ceil(len(examples) / recipe.batch_size) * recipe.epochs
    progress = training.progress(steps, label)
    clock = time.perf_counter()
    trainer = _trainer_class()(
        model=model,
        args=training.arguments(recipe, steps, folder.parent, sampling="random"),
        train_dataset=list(examples),
        data_collator=lambda batch: _collate(model, batch),
        callbacks=[progress],
    )
    trainer.remove_callback(transformers.PrinterCallback)
    trainer.train()
    seconds = round(time.perf_counter() - clock, 2)
    model.save(str(folder), create_model_card=False)
    report = {"recipe": asdict(recipe), "pairs": len(examples), "steps": steps, "seconds": seconds}
    (folder / training.REPORT).write_text(json.dumps(report | {"losses": progress.losses}), encoding="utf-8")


def _collate(model, batch: Sequence[Pair]) -> dict:
    """A batch as tensors: tokens of its questions, tokens of all its windows, and which windows compete."""
    import torch

    options = {"padding": True, "truncation": True, "max_length": model.max_seq_length, "return_tensors": "pt"}
    windows = [pair.windows[0] for pair in batch] + [text for pair in batch for text in pair.windows[1:]]
    questions = [pair.question for pair in batch]
    texts = {"questions": questions, "windows": windows}
    tokens = {part: dict(model.tokenizer(given, **options)) for part, given in texts.items()}
    return tokens | {"compete": torch.tensor(competing(batch))}


def load(folder: Path | str):
    """A tuned embedder as a SentenceTransformer; ValueError for a folder that ``tune`` did not return."""
    from sentence_transformers import SentenceTransformer

    if not (Path(folder) / training.REPORT).is_file():
        raise ValueError(f"{folder} holds no tuned embedder: pass the path that tune returned.")
    return SentenceTransformer(str(folder), device=settings.device())


def search(embedder, retriever: Retriever, questions: Sequence[Question], k: int = 10) -> list[list[Hit]]:
    """Dense search with any embedder over a retriever's windows: the best ``k`` that a question's asker may read."""
    options = {"batch_size": 64, "normalize_embeddings": True, "show_progress_bar": False}
    windows = embedder.encode([piece.text for piece in retriever.chunks], **options)
    asked = embedder.encode([question.question for question in questions], **options)
    tenants = np.array([retriever.documents[piece.doc_id].tenant for piece in retriever.chunks])
    found = []
    for question, scores in zip(questions, asked @ windows.T, strict=True):
        readable = np.flatnonzero(np.isin(tenants, visible_to(question.tenant)["tenant"]))
        best = readable[np.argsort(-scores[readable], kind="stable")][:k]
        pieces = [(retriever.chunks[place], float(scores[place])) for place in best]
        found.append([Hit(piece.doc_id, piece.chunk_id, piece.text, score) for piece, score in pieces])
    return found
