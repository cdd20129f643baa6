"""The Quillhaven data: documents and their versions, questions, tickets, notes. Format: ``data/README.md``."""

import datetime as dt
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import frontmatter
import yaml

from utils.settings import DATA

NETWORK = "network"  # the tenant of what every clinic may read
SPLITS = ("train", "dev", "test", "memorise")
KINDS = ("lookup", "changed", "unanswerable", "tenant", "multi", "added", "withdrawn")


@dataclass(frozen=True)
class Document:
    """A document of the collection; ``supersedes`` is the id of the older one that it replaces, or None."""

    doc_id: str
    title: str
    text: str
    collection: str
    tenant: str = NETWORK
    effective: dt.date | None = None
    version: str = "v1"
    supersedes: str | None = None


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


def read_document(path: Path | str) -> Document:
    """One Markdown file with front matter as a Document; ValueError names the file and the key that is wrong."""
    path = Path(path)
    try:
        post = frontmatter.loads(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as problem:
        raise ValueError(f"{path.name} has front matter that is not YAML: {problem}") from None
    missing = {"id", "title", "collection", "tenant", "effective", "version"} - set(post.keys())
    if missing:
        raise ValueError(f"{path.name} lacks {', '.join(sorted(missing))} in its front matter: add it at the top.")
    meta = dict(post.metadata)
    return Document(
        doc_id=meta["id"],
        title=meta["title"],
        text=post.content.strip(),
        collection=meta["collection"],
        tenant=meta["tenant"],
        effective=meta["effective"],
        version=meta["version"],
        supersedes=meta.get("supersedes") or None,
    )


@lru_cache(maxsize=2)
def _folder(name: str) -> tuple[Document, ...]:
    return tuple(read_document(path) for path in sorted((DATA / name).rglob("*.md")))


def load_handbook(version: str = "v1") -> list[Document]:
    """The documents in force: ``v1``, or ``v2`` (bulletins instead of what they supersede, without the withdrawn)."""
    if version not in ("v1", "v2"):
        raise ValueError(f"There is no handbook version {version!r}: ask for 'v1' or 'v2'.")
    if version == "v1":
        return list(_folder("handbook"))
    gone = withdrawn_ids() | {document.supersedes for document in _folder("bulletins")}
    kept = [document for document in _folder("handbook") if document.doc_id not in gone]
    return kept + list(_folder("bulletins"))


def withdrawn_ids() -> set[str]:
    """Ids of the v1 documents that v2 withdraws without a successor."""
    return set(yaml.safe_load((DATA / "bulletins" / "withdrawn.yaml").read_text(encoding="utf-8")))


def load_jsonl(name: str) -> list[dict]:
    """The records of ``data/<name>.jsonl``, one dictionary a line."""
    lines = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line.strip()]


def load_questions(split: str | None = None, kind: str | None = None) -> list[Question]:
    """Questions, all or of one split (train, dev, test, memorise) and one kind; ValueError for an unknown one."""
    for value, known, what in ((split, SPLITS, "split"), (kind, KINDS, "kind")):
        if value is not None and value not in known:
            raise ValueError(f"There is no {what} {value!r}: choose one of {', '.join(known)}.")
    wanted = (r for r in load_jsonl("questions") if split in (None, r["split"]) and kind in (None, r["kind"]))
    tuples = ("answers", "doc_ids", "answers_after")
    return [Question(**{**record, **{key: tuple(record[key]) for key in tuples}}) for record in wanted]


def python_docs() -> list[Document]:
    """A real collection beside the invented one: every topic of Python's own help, ``help("assignment")`` and so on.

    It comes with the interpreter (``pydoc_data.topics``, made from the language reference; PSF licence) and changes a
    little with the version of Python. Topics repeat each other: ``compound`` holds all of ``if``. Needs no network.
    """
    from pydoc_data.topics import topics  # here: large, and some builds of Python come without it

    documents = []
    for key, topic in sorted(topics.items()):
        heading, _, body = topic.strip().partition("\n")
        text = re.sub(r"^[*=~-]{3,}\n", "", f"{body}\n", flags=re.MULTILINE).strip("\n")  # the lines under headings
        documents.append(Document(key, heading.replace('"', ""), text, collection="python", tenant="python"))
    return documents


def load_python_questions() -> list[dict]:
    """Questions on ``python_docs()``: ``id``, ``question``, ``doc_ids``, any of which answers it, and ``phrase``.

    ``phrase`` carries the answer: it stands in each of these topics, whatever the line breaks, and in no other.
    """
    return load_jsonl("python_questions")


def visible_to(tenant: str) -> dict[str, list[str]]:
    """The metadata filter for somebody of a clinic: that clinic's documents and the network's, nobody else's."""
    return {"tenant": sorted({tenant, NETWORK})}
