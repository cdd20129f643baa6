"""How well a model expects a text: its loss on whole pages, for measuring what is learned and what is forgotten."""

from collections.abc import Sequence

from utils.batches import IGNORED, answer_loss, collate, encode
from utils.corpus import Document
from utils.generation import LLM, Chat

WORDS = 120  # of a page; enough for a stable mean


def page(document: Document) -> Chat:
    """A page as a chat: asked for by its title, the beginning of its text is the answer."""
    text = " ".join(document.text.split()[:WORDS])
    return [
        {"role": "system", "content": "Write the page."},
        {"role": "user", "content": document.title},
        {"role": "assistant", "content": text},
    ]


def losses(llm: LLM, pages: Sequence[Chat]) -> list[float]:
    """Mean negative log-likelihood a token of every page's text, in nats; its exponential is the perplexity."""
    import torch

    with torch.inference_mode():
        return [float(answer_loss(llm.model, collate(0, [_text_alone(encode(llm.tokenizer, chat))]))) for chat in pages]


def _text_alone(row: dict) -> dict:
    """The row with the end of the turn unlabelled: a page that was cut does not end there."""
    return row | {"labels": [*row["labels"][:-1], IGNORED]}
