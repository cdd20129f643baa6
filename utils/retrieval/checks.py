"""What may enter an index, and what may filter a search: checked before a library sees it."""

import datetime as dt
import operator
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from utils.corpus import Document, page_of
from utils.models import valid_texts

FIELD_TYPES = dict.fromkeys(("doc_id", "title", "text", "collection", "tenant", "version"), (str,))
FIELD_TYPES |= {"effective": (dt.date, type(None)), "supersedes": (str, type(None))}  # the types of a document's fields


def whole_number(value: object, name: str, least: int, what: str) -> int:
    """``value`` as an int; ValueError "k is -1: ask for 0 or more passages" for anything below ``least`` or no int."""
    try:
        number = least - 1 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise ValueError(f"{name} is {value!r}: {what}.")
    return number


def checked_documents(new: Iterable[Document], there: Mapping[str, Document]) -> list[Document]:
    """Documents fit to be indexed beside those that are there; ValueError names the first that is not, and why."""
    if not isinstance(new, Iterable):
        raise ValueError(f"Give a list of documents, not {type(new).__name__}.")
    new = list(new)
    for document in new:
        _check_document(document)
    counts = Counter(document.doc_id for document in new)
    twice = {doc_id for doc_id, count in counts.items() if count > 1 or doc_id in there}
    if twice:
        raise ValueError(f"Document id {min(twice)!r} is there already: remove the old one first.")
    _check_successors(new, {**there, **{document.doc_id: document for document in new}})
    return new


def _check_document(document: Document) -> None:
    if not isinstance(document, Document):
        raise ValueError(f"A document is {document!r:.60}: give a corpus.Document.")
    if not document.doc_id:
        raise ValueError(f"A document has the id {document.doc_id!r}: give it a text that is not empty.")
    name = f"Document {document.doc_id!r}"
    for field in FIELD_TYPES:
        value = getattr(document, field)
        if not _is_of_type(field, value):
            raise ValueError(f"{name} has {value!r:.60} as its {field}: give {_types(field)}.")
        if isinstance(value, str) and not value.isascii() and value != valid_texts([value])[0]:
            raise ValueError(f"{name} has half a surrogate pair in its {field}: decode the file again, as UTF-8.")


def _is_of_type(field: str, value: object) -> bool:
    return isinstance(value, FIELD_TYPES[field]) and not isinstance(value, dt.datetime)


def _types(field: str) -> str:
    return " or ".join("None" if kind is type(None) else kind.__name__ for kind in FIELD_TYPES[field])


def _check_successors(new: Sequence[Document], every: Mapping[str, Document]) -> None:
    """No document may replace itself, be it through others: then none of the circle would be in force."""
    links = _links(every.values())
    for document in new:
        seen, older = {page_of(document.doc_id)}, document.supersedes
        while older in links and older not in seen:
            seen.add(older)
            older = links[older]
        if older in seen:
            raise ValueError(f"Document {document.doc_id!r} supersedes itself in a circle: name the older one only.")


def filter_values(where: Mapping | None) -> dict[str, Collection | Callable]:
    """A metadata filter as field -> allowed values, or a function of the value; ValueError for what cannot be one."""
    if where is not None and not isinstance(where, Mapping):
        raise ValueError(f"where is {where!r:.60}: give a dictionary such as {{'tenant': 'elmgate'}}, or None.")
    unknown = [field for field in where or {} if field not in FIELD_TYPES]
    if unknown:
        raise ValueError(f"Documents have no field {unknown[0]!r} to filter on.")
    return {field: _values(field, wanted) for field, wanted in (where or {}).items()}


def _values(field: str, wanted: object) -> Collection | Callable:
    if callable(wanted):
        return wanted
    many = isinstance(wanted, Iterable) and not isinstance(wanted, str | bytes | Mapping)
    try:
        values = frozenset(wanted if many else [wanted])
    except TypeError:
        raise ValueError(f"The filter on {field!r} is {wanted!r:.60}: give a value, or a list of values.") from None
    for value in values:
        if not _is_of_type(field, value):
            raise ValueError(f"The filter on {field!r} asks for {value!r:.60}: give {_types(field)}.")
    return values


def in_force(
    documents: Collection[Document],
    values: Mapping[str, Collection | Callable],
    removed: Iterable[Document] = (),
) -> set[str]:
    """Ids of the documents that pass a filter from ``filter_values`` and are superseded by none that passes too.

    With v3 over v2 over v1, v3 supersedes v1 even where v2 fails the filter or was ``removed``. Only where v2 fails it
    for its tenant is the link broken: what a clinic may not read replaces nothing of what it may.
    """
    passing = [document for document in documents if all(_passes(document, *item) for item in values.items())]
    tenant = {field: wanted for field, wanted in values.items() if field == "tenant"}
    readable = [d for d in (*removed, *documents) if all(_passes(d, *item) for item in tenant.items())]
    links, gone = _links(readable), set()
    for document in passing:
        own, older = page_of(document.doc_id), document.supersedes
        while older and older not in gone | {own}:
            gone.add(older)
            older = links.get(older)
    return {document.doc_id for document in passing if page_of(document.doc_id) not in gone}


def _links(documents: Iterable[Document]) -> dict[str, str | None]:
    """Document -> the one it supersedes. Pieces of a document stand for the document."""
    return {page_of(document.doc_id): document.supersedes for document in documents}


def _passes(document: Document, field: str, wanted: Collection | Callable) -> bool:
    value = getattr(document, field)
    if not callable(wanted):
        return value in wanted
    try:
        return bool(wanted(value))
    except Exception as problem:
        raise ValueError(
            f"The filter on {field!r} cannot judge document {document.doc_id!r}, which has {value!r:.60} there "
            f"({problem}): let your function answer for this value too."
        ) from problem
