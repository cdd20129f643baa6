"""The pipeline: retrieve, prompt, answer, cite or abstain."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from utils.models import LLM, valid_texts
from utils.rag.prompts import FEW_SHOT, FewShotExample
from utils.rag.readers import MAX_NEW_TOKENS, Answer, Reader
from utils.retrieval import PASSAGES, Retriever, whole_number


class RagPipeline:
    """Retrieve the best ``k`` passages and let a reader answer from them, in the order that ``best_last`` says.

    ``instruction``: the system prompt, if not the usual one. ``minimum_score``: a cosine (``Retriever.relevance``)
    under which a question is answered "I don't know." unread. It must be chosen on questions of the collection at hand;
    without one every question is read.
    """

    def __init__(
        self,
        retriever: Retriever,
        llm: LLM,
        k: int = PASSAGES,
        examples: Sequence[FewShotExample] = FEW_SHOT,
        max_new_tokens: int = MAX_NEW_TOKENS,
        minimum_score: float | None = None,
        instruction: str | None = None,
        best_last: bool = True,
    ):
        if minimum_score is not None and not -1 <= minimum_score <= 1:
            raise ValueError(f"minimum_score is {minimum_score}: give a cosine from -1 to 1, or None.")
        self.k = whole_number(k, "k", 1, "a pipeline needs at least one passage")
        self.retriever, self.minimum_score, self.best_last = retriever, minimum_score, best_last
        self.reader = Reader(llm, tuple(examples), max_new_tokens=max_new_tokens, instruction=instruction)

    def answer(self, question: str, where: Mapping | None = None) -> Answer:
        """Answer one question; ``where`` filters the documents it may rest on. ValueError for an empty question."""
        return self.answer_many([question], where)[0]

    def answer_many(self, questions: Sequence[str], where: Mapping | None = None, label: str = "") -> list[Answer]:
        """Answer questions together, in their order; ``label`` shows a progress bar."""
        questions = valid_texts(questions, "question")
        if not all(question.strip() for question in questions):
            raise ValueError("A question is empty: ask something.")
        start = time.perf_counter()
        found = self.retriever.search_many(questions, self.k, where)
        if self.minimum_score is not None:
            scores = self.retriever.relevance(questions, where)
            found = [hits if score >= self.minimum_score else [] for hits, score in zip(found, scores, strict=True)]
        seconds = (time.perf_counter() - start) / max(1, len(questions))
        passages = [hits[::-1] if self.best_last else hits for hits in found]
        answers = self.reader.answer(questions, passages, label)
        return [replace(answer, timing={**answer.timing, "retrieval": seconds}) for answer in answers]
