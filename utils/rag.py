"""Retrieval-augmented answering: the prompt, the answer, its citations, and the choice to say "I don't know"."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from utils.generation import LLM, Chat, Completion
from utils.retrieval import Hit, Retriever

ABSTENTION = "I don't know."
_ABSTAINS = re.compile(
    r"\b(do not|don't|does not|doesn't|cannot|can't) (know|say|contain|mention|answer)\b|\bunknown\b"
)
_CITATION = re.compile(r"\[(\d+)\]")

SYSTEM = (
    "Answer the question from the numbered passages in a few words, then give the passage's number in brackets. "
    "If the passages do not hold the answer, say: I don't know."
)
CLOSED_BOOK = "Answer the question in a few words."


@dataclass(frozen=True)
class Answer:
    """An answer with where it came from. ``citations``: ids of the documents it names; ``seconds``: per question,
    as the sum of ``timing`` ("retrieval", "prefill", "decoding")."""

    text: str
    citations: tuple[str, ...]
    hits: tuple[Hit, ...]
    abstained: bool
    seconds: float
    timing: dict[str, float] = field(default_factory=dict)


def abstains(text: str) -> bool:
    """Whether a text declines to answer."""
    return bool(_ABSTAINS.search(text.lower().replace("’", "'")))


def cited_documents(text: str, hits: Sequence[Hit]) -> tuple[str, ...]:
    """Ids of the documents behind the bracketed numbers of a text, in order, each once.

    Numbers as in the prompt, where passage 1 is the first of ``hits``; a number that no passage has is left out.
    """
    numbers = [int(number) for number in _CITATION.findall(text)]
    return tuple(dict.fromkeys(hits[n - 1].doc_id for n in numbers if 1 <= n <= len(hits)))


def without_citations(text: str) -> str:
    """The text without its bracketed numbers."""
    return " ".join(_CITATION.sub(" ", text).split()).strip()


def user_message(question: str, passages: Sequence[str]) -> dict:
    """The user's turn: passages numbered from 1 in the order given, then the question."""
    numbered = "".join(f"[{number}] {passage}\n" for number, passage in enumerate(passages, start=1))
    return {"role": "user", "content": f"{numbered}Question: {question}"}


# Two worked examples, from a town library that has nothing to do with Quillhaven: one answer, one abstention.
_EXAMPLES = (
    (
        "How many books may a child borrow?",
        (
            "Opening hours. The reading room closes at six, on Saturdays at two.",
            "Fines. A book that comes back late costs ten cents a day, a film fifty.",
            "Borrowing. Adults may borrow twelve books at a time. Children may borrow eight books at a time.",
        ),
        "Eight books [3]",
    ),
    (
        "Who repairs the microfilm reader?",
        (
            "Reservations. A reserved book waits at the desk for five days.",
            "Rooms. The music room on the first floor has a piano and seats for twenty.",
            "Copies. The copier stands beside the microfilm reader and takes coins.",
        ),
        ABSTENTION,
    ),
)


def opening(examples: int = 2) -> list[dict]:
    """The messages before every question: the system prompt and the first 0, 1 or 2 worked examples."""
    if not 0 <= examples <= len(_EXAMPLES):
        raise ValueError(f"There are {len(_EXAMPLES)} worked examples: ask for 0 to {len(_EXAMPLES)} of them.")
    messages = [{"role": "system", "content": SYSTEM}]
    for question, passages, answer in _EXAMPLES[:examples]:
        messages += [user_message(question, passages), {"role": "assistant", "content": answer}]
    return messages


def prompt(question: str, hits: Sequence[Hit], examples: int = 2) -> Chat:
    """The whole chat for a question and its passages, in the order of ``hits``."""
    return [*opening(examples), user_message(question, [hit.text for hit in hits])]


def closed_book_prompt(question: str) -> Chat:
    """The chat for a question with no passage at hand."""
    return [{"role": "system", "content": CLOSED_BOOK}, {"role": "user", "content": f"Question: {question}"}]


class RagPipeline:
    """Retrieve the best ``k`` passages, read them (best last, next to the question), answer, cite or abstain."""

    def __init__(self, retriever: Retriever, llm: LLM, k: int = 3, examples: int = 2, max_new_tokens: int = 32):
        if k < 1:
            raise ValueError(f"k is {k}: a pipeline needs at least one passage.")
        opening(examples)  # refuses a wrong number here rather than at the first question
        self.retriever, self.llm, self.k = retriever, llm, k
        self.examples, self.max_new_tokens = examples, max_new_tokens

    def answer(self, question: str, where: dict | None = None) -> Answer:
        """Answer one question; ``where`` filters the documents it may rest on. ValueError for an empty question."""
        return self.answer_many([question], where)[0]

    def answer_many(self, questions: Sequence[str], where: dict | None = None, label: str = "") -> list[Answer]:
        """Answer questions together, in their order; ``label`` shows a progress bar."""
        if any(not question.strip() for question in questions):
            raise ValueError("A question is empty: ask something.")
        start = time.perf_counter()
        found = self.retriever.search_many(questions, self.k, where)
        seconds = (time.perf_counter() - start) / max(1, len(questions))
        return self.read(questions, [hits[::-1] for hits in found], seconds, label)

    def read(
        self, questions: Sequence[str], passages: Sequence[Sequence[Hit]], retrieval_seconds: float = 0.0, label=""
    ) -> list[Answer]:
        """Answer questions from passages already chosen, in the order they shall stand in the prompt.

        A question with no passage is answered "I don't know." without asking the model: there is nothing to read.
        """
        asked = [number for number, hits in enumerate(passages) if hits]
        chats = [prompt(questions[number], passages[number], self.examples) for number in asked]
        done = self.llm.complete(chats, self.max_new_tokens, prefix=opening(self.examples), label=label)
        completions = dict(zip(asked, done, strict=True))
        nothing = Completion(ABSTENTION, 0, 0, 0.0, 0.0)
        return [
            self._answer(completions.get(number, nothing), hits, retrieval_seconds)
            for number, hits in enumerate(passages)
        ]

    @staticmethod
    def _answer(completion: Completion, hits: Sequence[Hit], retrieval: float) -> Answer:
        text = completion.text.split("\n")[0].strip()
        timing = {
            "retrieval": retrieval,
            "prefill": completion.prefill_seconds,
            "decoding": completion.seconds - completion.prefill_seconds,
        }
        abstained = abstains(text)
        citations = () if abstained else cited_documents(text, hits)
        return Answer(without_citations(text), citations, tuple(hits), abstained, sum(timing.values()), timing)
