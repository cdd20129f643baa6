"""Pages of documentation, asked for by their title: for continued training, and for measuring what is forgotten."""

from utils.corpus import Document
from utils.models import Chat

WORDS = 120  # of a page; enough for a stable mean


def example(document: Document) -> Chat:
    """A page as a training example: asked for by its title, the beginning of its text is the answer."""
    text = " ".join(document.text.split()[:WORDS])
    return [
        {"role": "system", "content": "Write the page."},
        {"role": "user", "content": document.title},
        {"role": "assistant", "content": text},
    ]
