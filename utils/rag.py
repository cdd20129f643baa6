"""Retrieval-augmented answering: the prompt, the answer, its citations, and the choice to say "I don't know"."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from utils import guards
from utils.generation import LLM, Chat, Completion
from utils.retrieval import Hit, Retriever

ABSTENTION = "I don't know."
_ABSTAINS = re.compile(
    r"\b(do not|don't|does not|doesn't|cannot|can't) (know|say|contain|mention|answer)\b|\bunknown\b"
)
_CITATION = re.compile(r"\[(\d+)\]")

SYSTEM = "Answer the question from the numbered passages and give the passage's number."
SYSTEM_ONE = "Answer the question from the context."
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
    """The user's turn: passages numbered from 1 in the order given, a line each, then the question.

    One passage alone has no number and another frame; both frames are those that read best on development questions.
    """
    question, *passages = (guards.one_line(text) for text in (question, *passages))
    if len(passages) == 1:
        return {"role": "user", "content": f"Context:\n- {passages[0]}\n\nQuestion: {question}\nAnswer:"}
    numbered = "".join(f"[{number}] {passage}\n" for number, passage in enumerate(passages, start=1))
    return {"role": "user", "content": f"{numbered}Question: {question}"}


@dataclass(frozen=True)
class WorkedExample:
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
EXAMPLES = (
    WorkedExample(
        "How many books may a child borrow?",
        (
            "Opening hours. The reading room closes at six, on Saturdays at two.",
            "Fines. A book that comes back late costs ten cents a day, a film fifty.",
            "Borrowing. Adults may borrow twelve books at a time. Children may borrow eight books at a time.",
        ),
        3,
        "Children may borrow eight books at a time.",
    ),
    WorkedExample(
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


def opening(examples: Sequence[WorkedExample] = EXAMPLES, passages: int = 3) -> list[dict]:
    """The messages before every question with so many passages: the system prompt and the worked examples."""
    turns = [turn for example in examples for turn in example.turns(passages)]
    return [{"role": "system", "content": SYSTEM_ONE if passages == 1 else SYSTEM}, *turns]


def prompt(question: str, hits: Sequence[Hit], examples: Sequence[WorkedExample] = EXAMPLES) -> Chat:
    """The whole chat for a question and its passages, in the order of ``hits``."""
    return [*opening(examples, len(hits)), user_message(question, [hit.text for hit in hits])]


def closed_book_prompt(question: str) -> Chat:
    """The chat for a question with no passage at hand."""
    return [{"role": "system", "content": CLOSED_BOOK}, {"role": "user", "content": f"Question: {question}"}]


class RagPipeline:
    """Retrieve the best ``k`` passages, read them (best last, next to the question), answer, cite or abstain.

    ``minimum_score``: a cosine (``Retriever.relevance``) under which a question is answered "I don't know." unread. It
    must be chosen on questions of the collection at hand; without one every question is read.
    """

    def __init__(
        self,
        retriever: Retriever,
        llm: LLM,
        k: int = 3,
        examples: Sequence[WorkedExample] = EXAMPLES,
        max_new_tokens: int = 24,
        minimum_score: float | None = None,
    ):
        if minimum_score is not None and not -1 <= minimum_score <= 1:
            raise ValueError(f"minimum_score is {minimum_score}: give a cosine from -1 to 1, or None.")
        self.k = guards.whole_number(k, "k", 1, "a pipeline needs at least one passage")
        self.retriever, self.llm, self.minimum_score = retriever, llm, minimum_score
        self.examples, self.max_new_tokens = tuple(examples), max_new_tokens

    def answer(self, question: str, where: dict | None = None) -> Answer:
        """Answer one question; ``where`` filters the documents it may rest on. ValueError for an empty question."""
        return self.answer_many([question], where)[0]

    def answer_many(self, questions: Sequence[str], where: dict | None = None, label: str = "") -> list[Answer]:
        """Answer questions together, in their order; ``label`` shows a progress bar."""
        questions = guards.texts(questions, "question")
        if any(not question.strip() for question in questions):
            raise ValueError("A question is empty: ask something.")
        start = time.perf_counter()
        found = self.retriever.search_many(questions, self.k, where)
        if self.minimum_score is not None:
            scores = self.retriever.relevance(questions, where)
            found = [hits if score >= self.minimum_score else [] for hits, score in zip(found, scores, strict=True)]
        seconds = (time.perf_counter() - start) / max(1, len(questions))
        return self.read(questions, [hits[::-1] for hits in found], seconds, label)

    def read(
        self, questions: Sequence[str], passages: Sequence[Sequence[Hit]], retrieval_seconds: float = 0.0, label=""
    ) -> list[Answer]:
        """Answer questions from passages already chosen, in the order they shall stand in the prompt.

        A question with no passage is answered "I don't know." without asking the model: there is nothing to read.
        Raises ValueError if there is not one list of passages for every question.
        """
        if len(questions) != len(passages):
            raise ValueError(f"{len(questions)} questions with {len(passages)} lists of passages: give one for each.")
        asked = [number for number, hits in enumerate(passages) if hits]
        chats = [prompt(questions[number], passages[number], self.examples) for number in asked]
        most = max((len(hits) for hits in passages), default=0)
        done = self.llm.complete(chats, self.max_new_tokens, prefix=opening(self.examples, most), label=label)
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
        numbered = text if len(hits) > 1 else "[1]"  # a passage alone is the source without being named
        citations = () if abstained else cited_documents(numbered, hits)
        return Answer(without_citations(text), citations, tuple(hits), abstained, sum(timing.values()), timing)
