"""How a reader is asked: instruction, examples, number and order of passages, size of a chunk; chosen for each size.

The choices were made on questions of the dev split, one factor after another, with the same effort for every size and
for both kinds of prompt (``utils/studies/reading.py``); notebook 06 shows them.
"""

from dataclasses import dataclass, replace

from utils.models import LLM
from utils.rag.pipeline import RagPipeline
from utils.rag.prompts import (
    EXAMPLES,
    IN_A_FEW_WORDS,
    NUMBER_FIRST,
    NUMBER_LAST,
    UNANSWERED,
    WITH_NUMBER,
    FewShotExample,
)
from utils.retrieval import Retriever

LONGEST = 32  # new tokens of an answer: a short sentence and its number
KINDS = ("zero-shot", "few-shot")
# How the examples reply: the instruction that goes with it, the frame of a reply, whether it is a whole sentence.
REPLIES = {
    "[n] sentence": (WITH_NUMBER, "[{number}] {answer}", True),
    "[n] few words": (NUMBER_FIRST, "[{number}] {answer}", False),
    "few words [n]": (NUMBER_LAST, "{answer} [{number}]", False),
    "few words": (IN_A_FEW_WORDS, "{answer}", False),
}


@dataclass(frozen=True)
class Form:
    """``examples``: how many few-shot examples; ``reply``: how they answer, one of ``REPLIES``; ``shows_abstaining``:
    one more, the first, abstains. ``k`` passages of ``chunk`` sentences each (None: whole pages), the best one last or
    first."""

    examples: int = 2
    k: int = 3
    best_last: bool = True
    chunk: int | None = 2
    reply: str = "few words [n]"
    shows_abstaining: bool = False

    @property
    def instruction(self) -> str:
        """The number of a passage is asked for where examples show how, and there is more than one passage."""
        return REPLIES[self.reply][0] if self.examples and self.k > 1 else IN_A_FEW_WORDS

    @property
    def few_shot(self) -> tuple[FewShotExample, ...]:
        """The examples before every question."""
        _, frame, sentence = REPLIES[self.reply]
        shown = (*((UNANSWERED,) if self.shows_abstaining else ()), *EXAMPLES[: self.examples])
        return tuple(replace(one, answer=one.answer if sentence else one.short, reply=frame) for one in shown)

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


FORMS = {
    "zero-shot": {
        "small": Form(examples=0, k=2),
        "medium": Form(examples=0, k=1),
        "large": Form(examples=0, k=2),
    },
    "few-shot": {
        "small": Form(k=1, reply="[n] sentence"),
        "medium": Form(chunk=3),
        "large": Form(examples=5, k=2, best_last=False),
    },
}


def form_for(model: str, kind: str = "few-shot") -> Form:
    """The form of a kind of prompt chosen for a model of the ladder; for any other, the one chosen for ``medium``."""
    return FORMS[kind].get(model, FORMS[kind]["medium"])
