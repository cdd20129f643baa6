"""How a reader is asked: instruction, examples, number and order of passages, size of a chunk; chosen for each size.

The choices were made on questions of the dev split, one factor at a time, with the same effort for every size
(``utils/studies/reading.py``); notebook 06 shows them.
"""

from dataclasses import dataclass

from utils.models import LLM
from utils.rag.pipeline import RagPipeline
from utils.rag.prompts import EXAMPLES, IN_A_FEW_WORDS, UNANSWERED, WITH_NUMBER, FewShotExample
from utils.retrieval import Retriever

LONGEST = 32  # new tokens of an answer: a short sentence and its number


@dataclass(frozen=True)
class Form:
    """``examples``: how many few-shot examples; ``shows_abstaining``: one more, the first, abstains. ``k`` passages of
    ``chunk`` sentences each (None: whole pages), the best one last or first."""

    examples: int = 2
    k: int = 3
    best_last: bool = True
    chunk: int | None = 2
    shows_abstaining: bool = False

    @property
    def instruction(self) -> str:
        """With examples, and more than one passage, the answer begins with the passage's number."""
        return WITH_NUMBER if self.examples and self.k > 1 else IN_A_FEW_WORDS

    @property
    def few_shot(self) -> tuple[FewShotExample, ...]:
        """The examples before every question."""
        return (*((UNANSWERED,) if self.shows_abstaining else ()), *EXAMPLES[: self.examples])

    def pipeline(self, retriever: Retriever, llm: LLM, **options) -> RagPipeline:
        """A pipeline that asks in this form. The retriever must have been made with ``chunk``; ValueError if not."""
        if retriever.chunk != self.chunk:
            raise ValueError(f"The retriever's chunk is {retriever.chunk}: make it with chunk={self.chunk}.")
        return RagPipeline(
            retriever,
            llm,
            self.k,
            self.few_shot,
            LONGEST,
            instruction=self.instruction,
            best_last=self.best_last,
            **options,
        )


FORMS = {"small": Form(), "medium": Form(), "large": Form()}


def form_for(model: str) -> Form:
    """The form chosen for a model of the ladder; for any other model, the one chosen for ``medium``."""
    return FORMS.get(model, FORMS["medium"])
