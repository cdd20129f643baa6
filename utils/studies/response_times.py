"""How long every system takes for one request: a study of notebook 11."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from utils import corpus, finetuning, rag
from utils.corpus import Document
from utils.models import LLM, Chat
from utils.rag import timing
from utils.rag.timing import TimedSystem
from utils.retrieval import Hit, Retriever
from utils.settings import SEED
from utils.studies import cached_prompt
from utils.tasks import facts

REQUESTS = 60
CACHED_DOCUMENTS = 8  # the small collection of the cached prompt
MERGED, UNMERGED = "fine-tuned, merged", "fine-tuned, unmerged"
SHARED, READER = "RAG, k = 3, shared prefix", "RAFT reader, k = 3"
CACHED = f"cached prompt, {CACHED_DOCUMENTS} documents"


def response_times() -> list[dict]:
    """Notebook 11: seconds of 60 requests to every system, by part; the adapter is trained for one step only."""
    retriever, base, adapter = Retriever(corpus.load_handbook()), LLM.load(), one_step_adapter()
    asked = random.Random(SEED).sample(corpus.load_questions("test", "lookup"), REQUESTS)
    systems = timed_systems(base, LLM.load(adapter), LLM.load(adapter, merged=False))
    return timing.measure_requests(systems, [question.question for question in asked], retriever, label="requests")


def one_step_adapter() -> Path:
    """An adapter of the shape of notebook 03's after one step of training on one fact: it knows nothing, and takes as
    long as a trained one, because the sums are the same whatever the numbers are."""
    recipe = replace(facts.RECIPE, epochs=1)
    return finetuning.train(facts.examples(facts.load_facts()[:1]), recipe, "one step")


def timed_systems(base: LLM, merged: LLM, unmerged: LLM) -> dict[str, TimedSystem]:
    """All systems by name, around the untrained model and one with an adapter, merged and beside the weights.

    A model keeps one prefix at a time, so each system with a prefix gets a wrapper of its own around the same weights.
    The RAFT reader is the untrained model with its short prompt: merged weights take no longer.
    """
    documents: Sequence[Document] = cached_prompt.collection(CACHED_DOCUMENTS)

    def keeping(prompt, k: int, prefix: Chat) -> TimedSystem:
        return TimedSystem(LLM(base.model, base.tokenizer), prompt, k, prefix)

    few_shot, cached = rag.closed_book_few_shot, partial(rag.cached_prompt, documents=documents)
    return {
        "closed book": TimedSystem(base, without_passages(rag.closed_book_prompt)),
        "closed book, few-shot": keeping(without_passages(few_shot), 0, few_shot("-")[:-1]),
        MERGED: TimedSystem(merged, without_passages(facts.prompt)),
        UNMERGED: TimedSystem(unmerged, without_passages(facts.prompt)),
        **{f"RAG, k = {k}": TimedSystem(base, rag.prompt, k) for k in (1, 3, 5)},
        SHARED: keeping(rag.prompt, 3, rag.prompt_prefix()),
        READER: keeping(partial(rag.prompt, examples=()), 3, rag.prompt_prefix((), 3)),
        CACHED: keeping(without_passages(cached), 0, rag.cached_prefix(documents)),
    }


def without_passages(prompt: Callable[[str], Chat]) -> Callable[[str, Sequence[Hit]], Chat]:
    """A prompt for a question alone, as one that is also handed passages and leaves them."""
    return lambda question, hits: prompt(question)
