"""Bracketed numbers in an answer, and the documents behind them."""

import re
from collections.abc import Sequence

from utils.retrieval import Hit

_CITATION = re.compile(r"\[(\d+)\]")


def cited_documents(text: str, hits: Sequence[Hit]) -> tuple[str, ...]:
    """Ids of the documents behind the bracketed numbers of a text, in order, each once.

    Numbers as in the prompt, where passage 1 is the first of ``hits``; a number that no passage has is left out.
    """
    numbers = [int(number) for number in _CITATION.findall(text)]
    return tuple(dict.fromkeys(hits[n - 1].doc_id for n in numbers if 1 <= n <= len(hits)))


def without_citations(text: str) -> str:
    """The text without its bracketed numbers."""
    return " ".join(_CITATION.sub(" ", text).split()).strip()
