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


def placed_lines(path: Path) -> Iterator[tuple[str, str]]:
    """The lines of a text file, each after its place for an error message, such as "tea.md, line 3".

    Raises ValueError at the first line that isn't UTF-8; a byte-order mark is no part of the text.
    """
    with open(path, "rb") as file:
        for number, line in enumerate(file, start=1):
            place = f"{path.name}, line {number}"
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError:
                raise ValueError(f"{place} is not in UTF-8: save the file in this encoding.") from None
            yield place, text


HEADER = ("id", "title", "collection", "tenant", "effective", "version")


def read_document(path: Path | str) -> Document:
    """One Markdown file with front matter as a Document; ValueError names the file, and the line, that is wrong."""
    path = Path(path)
    places, lines = zip(*placed_lines(path), strict=True) if path.stat().st_size else ((), ())
    text = "".join(lines).replace("\r\n", "\n").strip()
    front, body = _split(text)
    first = next((number for number, line in enumerate(lines) if line.strip()), 0) + 1  # below the opening ---
    where: dict[str, str] = {}
    for place, line in zip(places[first:], front.split("\n"), strict=False):
        key = line.partition(":")[0]
        if key in where and key in (*HEADER, "supersedes"):
            raise ValueError(f"{place} gives {key} a second time: drop one of the two.")
        where[key] = place
    try:
        meta = yaml.load(front, yaml.BaseLoader) or {}  # everything as it is written: 007 and no are texts
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        place = places[min(first + mark.line, len(places) - 1)] if mark else path.name
        raise ValueError(f"{place} is not YAML ({problem.problem}): mend the front matter.") from None
    if not isinstance(meta, dict):
        raise ValueError(f"{path.name} has front matter without keys: write a line such as 'id: tea' for each.")
    missing = [key for key in HEADER if not meta.get(key)]
    if missing:
        raise ValueError(f"{path.name} lacks {', '.join(sorted(missing))} in its front matter: add it at the top.")
    for key in (*HEADER, "supersedes"):
        if not isinstance(meta.get(key, ""), str):
            raise ValueError(f"{where.get(key, path.name)} gives {key} several values: give it one.")
    try:
        effective = dt.date.fromisoformat(meta["effective"])
    except ValueError:
        told = f"gives {meta['effective']!r} as the effective date: write it as 2026-03-01."
        raise ValueError(f"{where.get('effective', path.name)} {told}") from None
    return Document(
        doc_id=meta["id"],
        title=meta["title"],
        text=body.strip(),
        collection=meta["collection"],
        tenant=meta["tenant"],
        effective=effective,
        version=meta["version"],
        supersedes=meta.get("supersedes") or None,
    )


def _split(text: str) -> tuple[str, str]:
    """Front matter and body of a document's text; no front matter if it isn't closed."""
    opening, _, rest = text.partition("\n")
    front, closing, body = re.split(r"^(---)[ \t]*$", rest, maxsplit=1, flags=re.MULTILINE) if re.search(r"^---[ \t]*$", rest, re.MULTILINE) else ("", "", "")
    return (front, body) if opening.rstrip() == "---" and closing else ("", text)


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
