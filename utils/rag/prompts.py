"""The prompt: instruction, few-shot examples, numbered passages, question; with passages and without."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from utils.corpus import Document
from utils.models import Chat
from utils.retrieval import Hit

INSTRUCTION = "Answer the question from the numbered passages and give the passage's number."
INSTRUCTION_ONE_PASSAGE = "Answer the question from the context."
CLOSED_BOOK = "Answer the question in a few words."
_MARKER = re.compile(r"<\|.*?\|>", re.DOTALL)  # <|im_start|> and its like: tokens that begin and end turns of a chat


def one_line(text: str) -> str:
    """A text as it may stand in a prompt: valid Unicode, on one line, without the markers that begin and end a turn.

    So nothing in a document can close the user's turn, write one in the name of the system, or number itself.
    """
    valid = text.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair becomes "?"
    return " ".join(_MARKER.sub(" ", valid).split())


def user_message(question: str, passages: Sequence[str]) -> dict:
    """The user's turn: passages numbered from 1 in the order given, a line each, then the question.

    One passage alone has no number and another frame; both frames are those that read best on development questions.
    """
    question, *passages = (one_line(text) for text in (question, *passages))
    if len(passages) == 1:
        return {"role": "user", "content": f"Context:\n- {passages[0]}\n\nQuestion: {question}\nAnswer:"}
    numbered = "".join(f"[{number}] {passage}\n" for number, passage in enumerate(passages, start=1))
    return {"role": "user", "content": f"{numbered}Question: {question}"}


@dataclass(frozen=True)
class FewShotExample:
    """A question with three passages, answered as every question shall be; ``source``: which one holds the answer,
    counted from 1, or None if none does."""

    question: str
    passages: tuple[str, ...]
    source: int | None
    answer: str

    def turns(self, passages: int) -> list[dict]:
        """The example as two turns of a chat, with no more passages than the questions will have: a model that was
        shown three and is then given one answers far worse."""
        order = sorted(range(len(self.passages)), key=lambda place: place + 1 != self.source)
        kept = sorted(order[:passages])
        number = f"[{kept.index(self.source - 1) + 1}] " if self.source and passages > 1 else ""
        user = user_message(self.question, [self.passages[place] for place in kept])
        return [user, {"role": "assistant", "content": number + self.answer}]


# From a town library that has nothing to do with Quillhaven. The number first, then the sentence that answers: on the
# development questions this read and cited best. An example that abstains made the model abstain from everything.
FEW_SHOT = (
    FewShotExample(
        "How many books may a child borrow?",
        (
            "Opening hours. The reading room closes at six, on Saturdays at two.",
            "Fines. A book that comes back late costs ten cents a day, a film fifty.",
            "Borrowing. Adults may borrow twelve books at a time. Children may borrow eight books at a time.",
        ),
        3,
        "Children may borrow eight books at a time.",
    ),
    FewShotExample(
        "Who looks after the microfilm reader?",
        (
            "Reservations. A reserved book waits at the desk for five days.",
            "Machines. Ruth Tanner looks after the microfilm reader. The copier belongs to the town hall.",
            "Rooms. The music room on the first floor has a piano and seats for twenty.",
        ),
        2,
        "Ruth Tanner looks after the microfilm reader.",
    ),
)


def prompt_prefix(examples: Sequence[FewShotExample] = FEW_SHOT, passages: int = 3) -> list[dict]:
    """The messages before every question with so many passages: the system prompt and the few-shot examples."""
    turns = [turn for example in examples for turn in example.turns(passages)]
    return [{"role": "system", "content": INSTRUCTION_ONE_PASSAGE if passages == 1 else INSTRUCTION}, *turns]


def prompt(question: str, hits: Sequence[Hit], examples: Sequence[FewShotExample] = FEW_SHOT) -> Chat:
    """The prompt for a question and its passages, in the order of ``hits``."""
    return [*prompt_prefix(examples, len(hits)), user_message(question, [hit.text for hit in hits])]


def closed_book_prompt(question: str) -> Chat:
    """The prompt for a question with no passage at hand."""
    return [{"role": "system", "content": CLOSED_BOOK}, {"role": "user", "content": f"Question: {question}"}]


def closed_book_few_shot(question: str) -> Chat:
    """The few-shot prompt with no passage: the same examples, question and answer alone."""
    turns = [
        {"role": role, "content": content}
        for example in FEW_SHOT
        for role, content in (("user", f"Question: {example.question}"), ("assistant", example.answer))
    ]
    system, asked = closed_book_prompt(question)
    return [system, *turns, asked]


def cached_prompt(question: str, documents: Sequence[Document]) -> Chat:
    """The prompt of RAG with one passage, few-shot examples included, where the passage is the whole collection."""
    everything = " ".join(f"{document.title}. {document.text}" for document in documents)
    return [*prompt_prefix(passages=1), user_message(question, [everything])]


def cached_prefix(documents: Sequence[Document]) -> Chat:
    """What is computed once and cached: all of the prompt before the question."""
    *before, asked = cached_prompt("-", documents)
    return [*before, asked | {"content": asked["content"].partition("\n\n")[0]}]
