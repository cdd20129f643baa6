"""Fine-tuning the embedder on questions and the chunks that answer them, and dense search with any embedder.

The loss sets every chunk of a batch against every question of it (van den Oord et al. 2018, arXiv 1807.03748; known in
sentence-transformers as MultipleNegativesRankingLoss), and is given hard negatives: wrong chunks that a search found.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from utils import models, retrieval, settings
from utils.corpus import Question, visible_to
from utils.finetuning import training
from utils.models import TRAINING_REPORT
from utils.retrieval import Hit, Retriever, gold_passages
from utils.scoring import mentions

SCALE = 20.0  # cosines times this go into the softmax, sentence-transformers' default


@dataclass(frozen=True)
class EmbedderRecipe:
    """How to train: a learning rate that falls linearly, passes over the pairs, pairs a batch."""

    learning_rate: float = 5e-5
    epochs: int = 2
    batch_size: int = 16
    seed: int = settings.SEED


@dataclass(frozen=True)
class ChunkPair:
    """A question with its chunks, first the one that answers, then hard negatives; ``tenants``: whose they are.

    ``answers`` and ``readable`` (tenants that the asker may read) say which chunks of a batch may count as wrong.
    """

    question: str
    chunks: tuple[str, ...]
    tenants: tuple[str, ...]
    answers: tuple[str, ...]
    readable: tuple[str, ...]


def chunk_pairs(questions: Sequence[Question], retriever: Retriever, negatives: int = 1) -> list[ChunkPair]:
    """A pair for every question that has an answer: its gold chunk, and ``negatives`` best-ranked wrong ones."""
    made = []
    for question in questions:
        if question.answers:
            gold = gold_passages([question], retriever)[0][-1]
            hits = [gold, *retrieval.distractors(question, retriever, negatives)]
            tenants = tuple(retriever.documents[hit.doc_id].tenant for hit in hits)
            readable = tuple(visible_to(question.tenant)["tenant"])
            made.append(
                ChunkPair(question.question, tuple(hit.text for hit in hits), tenants, question.answers, readable)
            )
    return made


def contrastive_loss(questions, chunks, compete):
    """Cross entropy (nats) of picking chunk i for question i: unit vectors (n, width) and (m, width), m >= n.

    ``compete`` (n, m), bool: which chunks take part for which question; its own always must.
    """
    import torch

    scores = (SCALE * questions @ chunks.T).masked_fill(~compete, float("-inf"))
    return torch.nn.functional.cross_entropy(scores, torch.arange(len(questions), device=scores.device))


def competing(batch: Sequence[ChunkPair]) -> list[list[bool]]:
    """For every question of a batch, which chunks count: its own, and those it may read that do not answer it.

    Chunks in the order of ``_collate``.
    """
    chunks = [pair.chunks[0] for pair in batch] + [text for pair in batch for text in pair.chunks[1:]]
    tenants = [pair.tenants[0] for pair in batch] + [tenant for pair in batch for tenant in pair.tenants[1:]]
    return [
        [
            place == row or (tenant in pair.readable and not mentions(text, pair.answers))
            for place, (text, tenant) in enumerate(zip(chunks, tenants, strict=True))
        ]
        for row, pair in enumerate(batch)
    ]


def tune_embedder(examples: Sequence[ChunkPair], recipe: EmbedderRecipe | None = None, label: str = "tuning") -> Path:
    """Tune the embedder and return its folder; the same pairs, recipe and base embedder are trained only once.

    The folder holds the model and ``training.json`` (pairs, steps, seconds, losses by step), and appears by one rename
    when training is complete. Raises ValueError for fewer than two pairs: there is nothing to tell apart.
    """
    recipe = recipe or EmbedderRecipe()
    if len(examples) < 2:
        raise ValueError(f"{len(examples)} pairs hold nothing to tell apart: pass at least two.")
    base = models.identity(models.chosen_embedder())
    folder = training.cache_folder("embedders", base, asdict(recipe), [asdict(pair) for pair in examples])
    return training.train_once(folder, lambda made: _tune_into(made, examples, recipe, label))


def _tune_into(folder: Path, examples: Sequence[ChunkPair], recipe: EmbedderRecipe, label: str) -> None:
    import torch
    import transformers

    model = models.load_embedder()
    transformers.set_seed(recipe.seed)

    def loss(model, inputs):  # sentence-transformers' own trainer wants the library datasets
        vectors = [model(dict(inputs[part]))["sentence_embedding"] for part in ("questions", "chunks")]
        units = [torch.nn.functional.normalize(vector, dim=-1) for vector in vectors]
        return contrastive_loss(*units, inputs["compete"])

    run = training.Training(recipe, math.ceil(len(examples) / recipe.batch_size) * recipe.epochs, label)
    run.fit(model, list(examples), lambda batch: _collate(model, batch), loss, folder, sampling="random")
    model.save(str(folder), create_model_card=False)
    run.report(folder, pairs=len(examples))


def _collate(model, batch: Sequence[ChunkPair]) -> dict:
    """A batch as tensors: tokens of its questions, tokens of all its chunks, and which chunks compete."""
    import torch

    options = {"padding": True, "truncation": True, "max_length": model.max_seq_length, "return_tensors": "pt"}
    chunks = [pair.chunks[0] for pair in batch] + [text for pair in batch for text in pair.chunks[1:]]
    questions = [pair.question for pair in batch]
    texts = {"questions": questions, "chunks": chunks}
    tokens = {part: dict(model.tokenizer(given, **options)) for part, given in texts.items()}
    return tokens | {"compete": torch.tensor(competing(batch))}


def load_tuned_embedder(folder: Path | str):
    """A tuned embedder as a SentenceTransformer; ValueError for a folder that ``tune_embedder`` did not return."""
    from sentence_transformers import SentenceTransformer

    if not (Path(folder) / TRAINING_REPORT).is_file():
        raise ValueError(f"{folder} holds no tuned embedder: pass the path that tune_embedder returned.")
    return SentenceTransformer(str(folder), device=settings.device())


def search_with_embedder(embedder, retriever: Retriever, questions: Sequence[Question], k: int = 10) -> list[list[Hit]]:
    """Dense search with any embedder over a retriever's chunks: the best ``k`` that a question's asker may read."""
    options = {"batch_size": 64, "normalize_embeddings": True, "show_progress_bar": False}
    chunks = embedder.encode([chunk.text for chunk in retriever.chunks], **options)
    asked = embedder.encode([question.question for question in questions], **options)
    tenants = np.array([retriever.documents[chunk.doc_id].tenant for chunk in retriever.chunks])
    found = []
    for question, scores in zip(questions, asked @ chunks.T, strict=True):
        readable = np.flatnonzero(np.isin(tenants, visible_to(question.tenant)["tenant"]))
        best = readable[np.argsort(-scores[readable], kind="stable")][:k]
        hits = [(retriever.chunks[place], float(scores[place])) for place in best]
        found.append([Hit(chunk.doc_id, chunk.chunk_id, chunk.text, score) for chunk, score in hits])
    return found
