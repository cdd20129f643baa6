"""Pages of documentation, asked for by their title: for continued training, and for measuring what is forgotten."""

from utils.corpus import Document
from utils.models import Chat

WORDS = 120  # of a page; enough for a stable mean


def example(document: Document, words: int | None = WORDS) -> Chat:
    """A page as a training example: asked for by its title, its text is the answer, or the first ``words`` of it."""
    text = " ".join(document.text.split()[:words])
    return [
        {"role": "system", "content": "Write the page."},
        {"role": "user", "content": document.title},
        {"role": "assistant", "content": text},
    ]
