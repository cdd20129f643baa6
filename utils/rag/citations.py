"""Bracketed numbers in an answer, and the documents behind them."""

import re
from collections.abc import Iterator, Sequence

from utils.retrieval import Hit
from utils.scoring.tokens import CITATION


def cited_documents(text: str, hits: Sequence[Hit]) -> tuple[str, ...]:
    """Ids of the documents behind the bracketed numbers of a text, in order, each once: [2], [1, 3], [1-3], [Source 2].

    Numbers as in the prompt, where passage 1 is the first of ``hits``; a number that no passage has is left out. A
    bracket that stands beside the same word in a passage was copied from there, and cites nothing.
    """
    numbers = [number for citation in _citations(text, hits) for number in _numbers(citation[0], len(hits))]
    return tuple(dict.fromkeys(hits[number - 1].doc_id for number in numbers))


def without_citations(text: str, hits: Sequence[Hit] = ()) -> str:
    """The text without its citations; brackets copied from a passage of ``hits`` stay."""
    kept, end = [], 0
    for citation in _citations(text, hits):
        kept.append(text[end : citation.start()])
        end = citation.end()
    return " ".join(" ".join([*kept, text[end:]]).split())


def _citations(text: str, hits: Sequence[Hit]) -> Iterator[re.Match]:
    passages = [" ".join(hit.text.split()) for hit in hits]
    brackets = re.finditer(CITATION, text, re.IGNORECASE)
    yield from (bracket for bracket in brackets if not _is_copied(bracket, text, passages))


def _is_copied(bracket: re.Match, text: str, passages: Sequence[str]) -> bool:
    """Whether a passage has the bracket with the word before it, or the one after it where it begins the text."""
    before = re.search(r"\S+\s*$", text[: bracket.start()])
    after = re.match(r"\s*\S+", text[bracket.end() :])
    if not (before or after):
        return False
    said = before[0] + bracket[0] if before else bracket[0] + after[0]
    copied = re.compile(rf"(?<!\w){re.escape(' '.join(said.split()))}(?!\w)")
    return any(copied.search(passage) for passage in passages)


def _numbers(citation: str, last: int) -> Iterator[int]:
    """The numbers from 1 to ``last`` in a citation: 1, 2 and 3 for "[1-3]"."""
    for first, end in re.findall(r"(\d+)(?:\s*[-–]\s*(\d+))?", citation):
        yield from range(max(1, int(first)), min(last, int(end or first)) + 1)
