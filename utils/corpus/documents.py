"""The documents of Quillhaven and of Python's own help, their versions, and who may read them."""

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
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


REQUIRED = ("id", "title", "collection", "tenant", "effective", "version")
HEADER = (*REQUIRED, "supersedes")


def read_document(path: Path | str) -> Document:
    """One Markdown file with front matter as a Document; ValueError names the file, and the line, that is wrong."""
    path = Path(path)
    text = "".join(line for _, line in placed_lines(path)).replace("\r\n", "\n")
    front, body = _split(text)
    first = text[: text.find(front)].count("\n") + 1
    meta = _metadata(front, lambda line: f"{path.name}, line {first + line}")
    missing = [key for key in REQUIRED if not meta.get(key)]
    if missing:
        raise ValueError(f"{path.name} lacks {', '.join(sorted(missing))} in its front matter: add it at the top.")
    return Document(
        doc_id=meta["id"],
        title=meta["title"],
        text=body.strip(),
        collection=meta["collection"],
        tenant=meta["tenant"],
        effective=dt.date.fromisoformat(meta["effective"]),
        version=meta["version"],
        supersedes=meta.get("supersedes") or None,
    )


def page_of(doc_id: str) -> str:
    """The id of the document that a piece with this id was cut from by ``fixed_size``; any other id as it is."""
    return re.sub(r"#\d+$", "", doc_id)


def _split(text: str) -> tuple[str, str]:
    """Front matter and body; no front matter if it isn't opened or isn't closed."""
    handler = frontmatter.YAMLHandler()
    try:
        return handler.split(text.strip()) if handler.detect(text.strip()) else ("", text)
    except ValueError:
        return "", text


def _metadata(front: str, place: Callable[[int], str]) -> dict[str, str]:
    """The keys of front matter with their texts; ``place`` names a line, counted from 0, in an error message."""
    try:
        root = yaml.compose(front, yaml.SafeLoader)
    except yaml.YAMLError as problem:
        line = place(problem.problem_mark.line) if getattr(problem, "problem_mark", None) else place(0)
        raise ValueError(f"{line} is not YAML: mend the front matter there.") from None
    if root is not None and not isinstance(root, yaml.MappingNode):
        raise ValueError(f"{place(root.start_mark.line)} is not of the form 'key: value': write front matter that way.")
    found: dict[str, str] = {}
    for key, value in root.value if root else ():
        line, name = place(key.start_mark.line), key.value
        if name in found:
            raise ValueError(f"{line} gives {name} a second time: drop one of the two.")
        if name in HEADER and not isinstance(value, yaml.ScalarNode):
            raise ValueError(f"{line} gives {name} several values: give it one.")
        if name == "effective" and value.value and not _is_date(value.value):
            raise ValueError(f"{line} gives {value.value!r} as the effective date: write it like 2026-03-01.")
        found[name] = "" if value.tag.endswith(":null") else value.value  # as it's written: 007 and no are texts
    return found


def _is_date(text: str) -> bool:
    try:
        return bool(dt.date.fromisoformat(text))
    except ValueError:
        return False


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
    """The records of ``data/<name>.jsonl``, all or of one split.

    Raises ValueError for a split that is not there, and for a line that is no JSON object, with its number.
    """
    records = [_record(*line) for line in placed_lines(DATA / f"{name}.jsonl") if line[1].strip()]
    if split is None:
        return records
    found = [record for record in records if record["split"] == split]
    if not found:
        splits = ", ".join(dict.fromkeys(record["split"] for record in records))
        raise ValueError(f"data/{name}.jsonl has no split {split!r}: choose one of {splits}.")
    return found


def _record(place: str, line: str) -> dict:
    try:
        record = json.loads(line)
        if not isinstance(record, dict):
            raise TypeError
        return record
    except (ValueError, TypeError, RecursionError):
        raise ValueError(f"{place} is no JSON object: mend or drop it.") from None


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
