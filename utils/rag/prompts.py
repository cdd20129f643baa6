"""The prompt: instruction, few-shot examples, numbered passages, question; with passages and without."""

from collections.abc import Sequence
from dataclasses import dataclass

from utils.corpus import Document
from utils.models import Chat
from utils.retrieval import Hit
from utils.scoring import ABSTENTION

INSTRUCTION = "Answer the question from the numbered passages and give the passage's number."
INSTRUCTION_ONE_PASSAGE = "Answer the question from the context."
CLOSED_BOOK = "Answer the question in a few words."
# The same two with leave to abstain. Every reader that is scored on abstaining is asked with one of these.
_OR_ABSTAIN = f"If the passages do not contain the answer, reply exactly: {ABSTENTION}"
IN_A_FEW_WORDS = f"Use only the passages. Answer in a few words. {_OR_ABSTAIN}"
WITH_NUMBER = (
    "Use only the passages. Give the number of the passage that holds the answer, then answer in one short sentence. "
    f"{_OR_ABSTAIN}"
)
NUMBER_FIRST = (
    "Use only the passages. Give the number of the passage that holds the answer, then answer in a few words. "
    f"{_OR_ABSTAIN}"
)
NUMBER_LAST = (
    "Use only the passages. Answer in a few words, then give the number of the passage that holds the answer. "
    f"{_OR_ABSTAIN}"
)


def one_line(text: str) -> str:
    """A text as it may stand in a prompt: valid Unicode, on one line, so that no document can number itself.

    What would end the user's turn or begin another is made harmless later, by whoever knows the model's own marks: see
    ``models.neutral``.
    """
    valid = text.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair becomes "?"
    return " ".join(valid.split())


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
    """A question with five passages, answered as every question shall be; ``source``: which one holds the answer,
    counted from 1, or None if none does. ``short``: the answer in a few words. ``reply``: how the answer and the number
    of its passage stand together."""

    question: str
    passages: tuple[str, ...]
    source: int | None
    answer: str
    short: str = ""
    reply: str = "[{number}] {answer}"

    def turns(self, passages: int) -> list[dict]:
        """The example as two turns of a chat, with no more passages than the questions will have: a model that was
        shown three and is then given one answers far worse."""
        order = sorted(range(len(self.passages)), key=lambda place: place + 1 != self.source)
        kept = sorted(order[:passages])
        cites = self.source and passages > 1
        number = kept.index(self.source - 1) + 1 if cites else None
        answer = self.reply.format(number=number, answer=self.answer) if cites else self.answer
        user = user_message(self.question, [self.passages[place] for place in kept])
        return [user, {"role": "assistant", "content": answer}]


# From a town library that has nothing to do with Quillhaven.
EXAMPLES = (
    FewShotExample(
        "How many books may a child borrow?",
        (
            "Opening hours. The reading room closes at six, on Saturdays at two.",
            "Fines. A book that comes back late costs ten cents a day, a film fifty.",
            "Borrowing. Adults may borrow twelve books at a time. Children may borrow eight books at a time.",
            "Cards. A lost card is replaced at the desk for three euros.",
            "Story hour. Children meet in the blue room on Wednesdays at four.",
        ),
        3,
        "Children may borrow eight books at a time.",
        "Eight books at a time.",
    ),
    FewShotExample(
        "Who looks after the microfilm reader?",
        (
            "Reservations. A reserved book waits at the desk for five days.",
            "Machines. Ruth Tanner looks after the microfilm reader. The copier belongs to the town hall.",
            "Rooms. The music room on the first floor has a piano and seats for twenty.",
            "Newspapers. The oldest newspaper on microfilm is from 1871.",
            "Staff. The library has four librarians and two apprentices.",
        ),
        2,
        "Ruth Tanner looks after the microfilm reader.",
        "Ruth Tanner.",
    ),
    FewShotExample(
        "What does it cost to print a page in colour?",
        (
            "Printing. A page in black and white costs fifteen cents.",
            "Scanning. Scanning is free. Bring a stick for the files.",
            "Wireless network. The password of the day hangs beside the lift.",
            "Lockers. A locker takes a one-euro coin and gives it back.",
            "Printing. A page in colour costs forty cents, and twice that on photo paper.",
        ),
        5,
        "A page in colour costs forty cents.",
        "Forty cents.",
    ),
    FewShotExample(
        "By when must a borrowed film be returned?",
        (
            "Films. Borrowed films must be returned after seven days. They can't be renewed.",
            "Renewals. A book may be renewed twice, unless somebody waits for it.",
            "Returns. The box beside the gate takes books at any hour, but no films.",
            "Sundays. The library is closed on Sundays and on public holidays.",
            "Games. Games are lent for three weeks. Missing pieces are charged.",
        ),
        1,
        "A borrowed film must be returned after seven days.",
        "After seven days.",
    ),
    FewShotExample(
        "Where are the maps of the old harbour kept?",
        (
            "Harbour walk. A guided walk along the harbour starts at the library in May.",
            "Photographs. Old photographs of the town hang on the stairs.",
            "Atlases. World atlases stand in the reading room.",
            "Maps. The maps of the old harbour are kept in the cellar, in the steel cabinet.",
            "Archive. The town archive moved to the town hall in spring.",
        ),
        4,
        "The maps of the old harbour are kept in the steel cabinet in the cellar.",
        "In the steel cabinet in the cellar.",
    ),
)
FEW_SHOT = EXAMPLES[:2]
UNANSWERED = FewShotExample(
    "How much is a library card for a visitor from abroad?",
    (
        "Cards. A card for children is free. Adults pay twelve euros a year.",
        "Cards. A lost card is replaced at the desk for three euros.",
        "Visitors. Visitors may use the reading room without a card.",
        "Tours. A tour of the house for visitors from abroad starts at eleven.",
        "Fines. A book that comes back late costs ten cents a day, a film fifty.",
    ),
    None,
    ABSTENTION,
    ABSTENTION,
)


def prompt_prefix(
    examples: Sequence[FewShotExample] = FEW_SHOT, passages: int = 3, instruction: str | None = None
) -> list[dict]:
    """The messages before every question with so many passages: the system prompt and the few-shot examples.

    ``instruction``: the system prompt, where it isn't the one made for so many passages.
    """
    turns = [turn for example in examples for turn in example.turns(passages)]
    instruction = instruction or (INSTRUCTION_ONE_PASSAGE if passages == 1 else INSTRUCTION)
    return [{"role": "system", "content": instruction}, *turns]


def prompt(
    question: str,
    hits: Sequence[Hit],
    examples: Sequence[FewShotExample] = FEW_SHOT,
    instruction: str | None = None,
) -> Chat:
    """The prompt for a question and its passages, in the order of ``hits``; see ``prompt_prefix``."""
    before = prompt_prefix(examples, len(hits), instruction)
    return [*before, user_message(question, [hit.text for hit in hits])]


def closed_book_prompt(question: str) -> Chat:
    """The prompt for a question with no passage at hand."""
    return [{"role": "system", "content": CLOSED_BOOK}, {"role": "user", "content": f"Question: {question}"}]


def closed_book_or_abstain(question: str) -> Chat:
    """The prompt for a question with no passage at hand, with leave to abstain."""
    instruction = f"{CLOSED_BOOK} If you do not know the answer, reply exactly: {ABSTENTION}"
    return [{"role": "system", "content": instruction}, {"role": "user", "content": f"Question: {question}"}]


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
