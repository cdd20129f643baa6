"""Public test collections in the BEIR layout (Thakur et al. 2021, arXiv 2104.08663): load one, score a search on it.

``python -m utils.retrieval.public_collections FOLDER --mode keyword`` prints the figures of a collection that was
downloaded and unpacked. Published nDCG@10 on SciFact: 0.6451 with all-MiniLM-L6-v2 (dense), 0.6874 with bm25s
(keyword).
"""

import argparse
import csv
import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from utils import evaluation, settings
from utils.corpus import Document, placed_lines
from utils.retrieval.retriever import MODES, Retriever

BATCH = 256  # queries searched together
HEADER = ["query-id", "corpus-id", "score"]


@dataclass(frozen=True)
class Collection:
    """Documents, queries by id, and judgements: query id -> document id -> grade, above 0 where it is relevant."""

    documents: list[Document]
    queries: dict[str, str]
    qrels: dict[str, dict[str, int]]


def load_collection(folder: Path | str, split: str = "test") -> Collection:
    """A collection from ``corpus.jsonl``, ``queries.jsonl`` and ``qrels/<split>.tsv``; queries: those with judgements.

    Raises ValueError that names the file, and the line if there is one, for what is missing, malformed or there twice.
    """
    folder = Path(folder)
    documents = [
        Document(doc_id, entry.get("title") or "", entry["text"], collection=folder.name)
        for doc_id, entry in _entries(folder / "corpus.jsonl")
    ]
    asked = {query_id: entry["text"] for query_id, entry in _entries(folder / "queries.jsonl")}
    qrels = _judgements(folder / "qrels" / f"{split}.tsv")
    unknown = qrels.keys() - asked.keys()
    if unknown:
        raise ValueError(
            f"{split}.tsv judges a query {min(unknown)!r} that queries.jsonl lacks: take both from one set."
        )
    return Collection(documents, {query_id: asked[query_id] for query_id in qrels}, qrels)


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """The lines of a file that are not empty, each with its place for an error message."""
    if not path.is_file():
        raise ValueError(f"There is no file {path}: pass the folder of an unpacked BEIR collection.")
    yield from ((place, line) for place, line in placed_lines(path) if line.strip())


def _entries(path: Path) -> Iterator[tuple[str, dict]]:
    """Id and fields of every line of a .jsonl file."""
    seen = set()
    for place, line in _lines(path):
        try:
            entry = json.loads(line)
            doc_id = entry["_id"]
            if not isinstance(doc_id, str) or not isinstance(entry["text"], str):
                raise TypeError
        except (ValueError, LookupError, TypeError):
            raise ValueError(f"{place} is no JSON object with the texts _id and text: mend or drop it.") from None
        if doc_id in seen:
            raise ValueError(f"{place} has the _id {doc_id!r} of an earlier line: drop one of them.")
        seen.add(doc_id)
        yield doc_id, entry


def _judgements(path: Path) -> dict[str, dict[str, int]]:
    """Query id -> document id -> grade."""
    qrels: dict[str, dict[str, int]] = {}
    for number, (place, line) in enumerate(_lines(path)):
        fields = next(csv.reader([line.rstrip("\r\n")], delimiter="\t", quoting=csv.QUOTE_NONE))
        if number == 0:
            if fields != HEADER:
                raise ValueError(f"{place} is not the header {', '.join(HEADER)}: begin the file with it.")
            continue
        try:
            query_id, doc_id, grade = fields
            qrels.setdefault(query_id, {})[doc_id] = int(grade)
        except ValueError:
            raise ValueError(f"{place} is not query-id, corpus-id and a whole number, by tabs: mend it.") from None
    return qrels


def ranked_documents(retriever: Retriever, queries: Mapping[str, str], depth: int) -> dict[str, list[str]]:
    """Query id -> the best ``depth`` documents, a document standing where its best chunk stands.

    A document with the id of the query is left out, as BEIR does: ArguAna's queries are documents of the collection.
    """
    asked = depth + 1
    while True:
        found = retriever.search_many(list(queries.values()), asked)
        ranked = {
            query_id: [doc_id for doc_id in dict.fromkeys(hit.doc_id for hit in hits) if doc_id != query_id][:depth]
            for query_id, hits in zip(queries, found, strict=True)
        }
        short = any(len(ranked[q]) < depth and len(hits) == asked for q, hits in zip(queries, found, strict=True))
        if not short:  # several chunks of a document may have crowded others out: then look deeper
            return ranked
        asked *= 4


def evaluate_collection(
    retriever: Retriever, collection: Collection, k: int = 10, depth: int = 100, label: str = ""
) -> pd.DataFrame:
    """One row per query that has a relevant document: nDCG@k, recall@k, recall@depth and MRR@k (reciprocal rank).

    Mean over the rows for the figure of a collection. ``label`` shows a progress bar.
    Raises ValueError if no query has a relevant document, or for a depth below k.
    """
    if not 0 < k <= depth:
        raise ValueError(f"k is {k} and depth {depth}: choose k from 1 to depth.")
    relevant = {q: [d for d, grade in grades.items() if grade > 0] for q, grades in collection.qrels.items()}
    wanted = {query_id: collection.queries[query_id] for query_id, ids in relevant.items() if ids}
    if not wanted:
        raise ValueError("No query has a relevant document: check the judgements.")
    ids, rows = list(wanted), {}
    bar = settings.progress(len(ids), label, "query") if label else None
    for start in range(0, len(ids), BATCH):
        batch = {query_id: wanted[query_id] for query_id in ids[start : start + BATCH]}
        for query_id, ranked in ranked_documents(retriever, batch, depth).items():
            rows[query_id] = {
                f"nDCG@{k}": evaluation.ndcg_at_k(ranked, collection.qrels[query_id], k),
                f"recall@{k}": evaluation.recall_at_k(ranked, relevant[query_id], k),
                f"recall@{depth}": evaluation.recall_at_k(ranked, relevant[query_id], depth),
                f"MRR@{k}": evaluation.reciprocal_rank(ranked[:k], relevant[query_id]),
            }
        if bar:
            bar.update(len(batch))
    if bar:
        bar.close()
    return pd.DataFrame.from_dict(rows, orient="index")


def main(arguments: list[str] | None = None) -> int:
    """Print the figures of a collection, each with its 95 % interval; 1 and one sentence if it cannot be read."""
    parser = argparse.ArgumentParser(
        prog="python -m utils.retrieval.public_collections", description="Score a search on a BEIR collection."
    )
    parser.add_argument("folder", help="holds corpus.jsonl, queries.jsonl and qrels/")
    parser.add_argument("--mode", choices=MODES, default="hybrid")
    parser.add_argument("--split", default="test")
    options = parser.parse_args(arguments)
    try:
        collection = load_collection(options.folder, options.split)
        start = time.perf_counter()
        retriever = Retriever(collection.documents, mode=options.mode, chunk=None)
        indexed = time.perf_counter() - start
        scores = evaluate_collection(retriever, collection, label="searching")
    except (ValueError, settings.SetupError) as problem:
        print(problem, file=sys.stderr)
        return 1
    seconds = time.perf_counter() - start - indexed
    print(f"{options.mode}: {len(collection.documents)} documents indexed in {indexed:.1f} s,", end=" ")
    print(f"{len(scores)} queries at {1000 * seconds / len(scores):.1f} ms each")
    for name, values in scores.items():
        low, high = evaluation.interval(values)
        print(f"{name:10} {values.mean():.4f}  (95 % interval {low:.4f} to {high:.4f})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
