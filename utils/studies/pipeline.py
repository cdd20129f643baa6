"""The studies of notebook 05."""

from collections.abc import Iterator
from dataclasses import replace

from utils import corpus, retrieval
from utils.corpus import Document, fixed_size
from utils.finetuning import cross_encoder
from utils.retrieval import Retriever, ranking_quality


def chunking() -> list[dict]:
    """Notebook 05: both collections cut in several ways, each searched with the development questions (hybrid).

    One row per way: how many chunks, the words in the first three (mean), and one value per question of every metric.
    """
    asked, rows = ranking_quality.question_sets("dev"), []
    for collection, way, documents, size in _ways_to_cut():
        index = Retriever(documents, "hybrid", size)
        found = ranking_quality.search_all(index, asked[collection])
        words = sum(len(hit.text.split()) for hits in found for hit in hits[:3]) / len(found)
        row = {"collection": collection, "way": way, "chunks": len(index.chunks), "words in 3": round(words, 1)}
        rows.append(row | ranking_quality.measure(found, asked[collection]).round(4).to_dict("list"))
    return rows


def reranking() -> list[dict]:
    """Notebook 05: both collections searched in three ways, with the filter, and with a cross-encoder on the best 20.

    One row per stage: milliseconds a question and one value per question of every metric, on the test questions. The
    cross-encoder is trained on all training questions about the handbook.
    """
    asked, train = ranking_quality.question_sets("test"), ranking_quality.reranker_questions()
    indexes = {"handbook": Retriever(corpus.load_handbook()), "Python": Retriever(corpus.python_docs())}
    pairs = cross_encoder.passage_pairs(train, indexes["handbook"])
    cross = retrieval.CrossEncoderReranker(cross_encoder.train_cross_encoder(pairs, label="cross-encoder"))
    stages, last = ranking_quality.Stages(asked), {"handbook": "filter", "Python": "hybrid"}
    for collection, index in indexes.items():
        for mode in ("keyword", "dense", "hybrid"):
            index.mode = mode
            stages.add(mode, collection, ranking_quality.search_all, index, asked[collection], False)
        if collection == "handbook":
            stages.add("filter", collection, ranking_quality.search_all, index, asked[collection], after="hybrid")
        found = stages.found[collection, last[collection]]
        stages.add(
            "cross-encoder",
            collection,
            retrieval.rerank_all,
            cross,
            asked[collection],
            found,
            20,
            after=last[collection],
        )
    return [
        {"collection": collection, "stage": stage, "pairs": len(pairs), "milliseconds": round(spent, 1)}
        | ranking_quality.measure(stages.found[collection, stage], asked[collection]).round(4).to_dict("list")
        for (collection, stage), spent in stages.milliseconds.items()
    ]


def _ways_to_cut() -> Iterator[tuple[str, str, list[Document], int | None]]:
    """Collection, name of the way, documents to index, sentences a chunk."""
    collections = {"handbook": corpus.load_handbook(), "Python": corpus.python_docs()}
    for collection, documents in collections.items():
        yield collection, "whole", documents, None
        for size in (120, 60):
            yield collection, f"{size} words", [piece for d in documents for piece in fixed_size(d, size)], None
        for size in (3, 2, 1):
            yield collection, f"{size} sentence{'s' * (size > 1)}", documents, size
        yield collection, "2 sentences, no title", [replace(document, title="") for document in documents], 2
