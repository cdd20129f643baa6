"""The ways to answer whose times notebook 11 compares."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from utils import facts, finetuning, rag, shelf
from utils.corpus import Document
from utils.generation import LLM, Chat
from utils.grid import closed_book_examples
from utils.latency import Arm
from utils.retrieval import Hit

KEPT_DOCUMENTS = 8  # the small collection of the cached prompt
MERGED, UNMERGED = "fine-tuned, merged", "fine-tuned, unmerged"
SHARED, READER = "RAG, k = 3, shared prefix", "trained reader, k = 3"
CACHED = f"cached prompt, {KEPT_DOCUMENTS} documents"


def stand_in() -> Path:
    """An adapter of the shape of notebook 03's after one step of training on one fact: it knows nothing, and takes as
    long as a trained one, because the sums are the same whatever the numbers are."""
    recipe = replace(facts.RECIPE, epochs=1)
    return finetuning.train(facts.examples(facts.load_facts()[:1]), recipe, "one step")


def every(base: LLM, merged: LLM, unmerged: LLM, documents: Sequence[Document]) -> dict[str, Arm]:
    """All arms by name; ``documents`` stand in the cached prompt.

    A model keeps one prefix at a time, so each arm with a prefix gets a wrapper of its own around the same weights.
    The trained reader is the untrained model with its short prompt: merged weights take no longer.
    """

    def keeping(prompt, k: int, prefix: Chat) -> Arm:
        return Arm(LLM(base.model, base.tokenizer), prompt, k, prefix)

    return {
        "closed book": Arm(base, closed(rag.closed_book_prompt)),
        "closed book, few-shot": keeping(closed(closed_book_examples), 0, closed_book_examples("-")[:-1]),
        MERGED: Arm(merged, closed(facts.chat)),
        UNMERGED: Arm(unmerged, closed(facts.chat)),
        **{f"RAG, k = {k}": Arm(base, rag.prompt, k) for k in (1, 3, 5)},
        SHARED: keeping(rag.prompt, 3, rag.opening()),
        READER: keeping(partial(rag.prompt, examples=()), 3, rag.opening((), 3)),
        CACHED: keeping(closed(partial(shelf.chat, documents=documents)), 0, shelf.opening(documents)),
    }


def closed(prompt):
    """A prompt for a question alone, as one that is also handed passages and leaves them."""

    def chat(question: str, hits: Sequence[Hit]) -> Chat:
        return prompt(question)

    return chat
