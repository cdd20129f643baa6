"""Questions about the documents, with every answer that counts as right. Format: ``data/README.md``."""

from dataclasses import dataclass, replace

from utils.corpus.documents import load_handbook, load_records

SPLITS = ("train", "dev", "test", "memorise")
KINDS = ("lookup", "changed", "unanswerable", "tenant", "multi", "added", "withdrawn")


@dataclass(frozen=True)
class Question:
    """A question and every answer that counts as right for handbook v1; ``answers_after`` holds those for v2.

    ``answers`` is empty where the handbook does not say; ``doc_ids`` are the v1 documents that are needed.
    """

    id: str
    question: str
    answers: tuple[str, ...]
    doc_ids: tuple[str, ...]
    tenant: str
    collection: str
    kind: str
    split: str
    fact_id: str | None
    answers_after: tuple[str, ...]


def load_questions(split: str | None = None, kind: str | None = None) -> list[Question]:
    """Questions, all or of one split (train, dev, test, memorise) and one kind; ValueError for an unknown one."""
    for value, known, what in ((split, SPLITS, "split"), (kind, KINDS, "kind")):
        if value is not None and value not in known:
            raise ValueError(f"There is no {what} {value!r}: choose one of {', '.join(known)}.")
    wanted = (r for r in load_records("questions") if split in (None, r["split"]) and kind in (None, r["kind"]))
    tuples = ("answers", "doc_ids", "answers_after")
    return [Question(**{**record, **{key: tuple(record[key]) for key in tuples}}) for record in wanted]


def python_questions() -> list[Question]:
    """The questions on ``python_docs()``: each of a question's topics answers it, and holds the phrase to be found."""
    kinds = ("python", "python", "lookup", "test")  # tenant, collection, kind, split
    return [
        Question(row["id"], row["question"], (row["phrase"],), tuple(row["doc_ids"]), *kinds, None, ())
        for row in load_records("python_questions")
    ]


def after_update(question: Question) -> Question:
    """The question as handbook v2 answers it: its later answers, and the documents that replaced those it needs."""
    successors = {d.supersedes: d.doc_id for d in load_handbook("v2") if d.supersedes}
    doc_ids = tuple(successors.get(doc_id, doc_id) for doc_id in question.doc_ids)
    return replace(question, answers=question.answers_after, doc_ids=doc_ids)
