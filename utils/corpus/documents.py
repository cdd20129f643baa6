"""The documents of Quillhaven and of Python's own help, their versions, and who may read them."""

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


def page_of(doc_id: str) -> str:
    """The id of the document that a piece with this id was cut from by ``fixed_size``; any other id as it is."""
    return re.sub(r"#\d+$", "", doc_id)


@lru_cache(maxsize=2)
def _folder(name: str) -> tuple[Document, ...]:
    return tuple(read_document(path) for path in sorted((DATA / name).rglob("*.md")))


def load_handbook(version: str = "v1") -> list[Document]:
    """The documents in force: ``v1``, or ``v2`` (bulletins instead of what they supersede, without the withdrawn)."""
    if version not in ("v1", "v2"):
        raise ValueError(f"There is no handbook version {version!r}: ask for 'v1' or 'v2'.")
    if version == "v1":
        return list(_folder("handbook"))
    every = [*_folder("handbook"), *_folder("bulletins")]
    gone = withdrawn_ids() | {document.supersedes for document in every}
    return [document for document in every if document.doc_id not in gone]


def withdrawn_ids() -> set[str]:
    """Ids of the v1 documents that v2 withdraws without a successor."""
    return set(yaml.safe_load((DATA / "bulletins" / "withdrawn.yaml").read_text(encoding="utf-8")))


def load_records(name: str, split: str | None = None) -> list[dict]:
    """The records of ``data/<name>.jsonl``, all or of one split; ValueError for a split that is not there."""
    lines = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").split("\n")
    records = [json.loads(line) for line in lines if line.strip()]
    if split is None:
        return records
    found = [record for record in records if record["split"] == split]
    if not found:
        splits = ", ".join(dict.fromkeys(record["split"] for record in records))
        raise ValueError(f"data/{name}.jsonl has no split {split!r}: choose one of {splits}.")
    return found


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


def visible_to(tenant: str) -> dict[str, list[str]]:
    """The metadata filter for somebody of a clinic: that clinic's documents and the network's, nobody else's."""
    return {"tenant": sorted({tenant, NETWORK})}
