"""From a question and its passages to an answer, with its citations, its times and its tokens."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from utils.corpus import Question, visible_to
from utils.models import LLM, Chat, Completion, TooLongError
from utils.rag.citations import cited_documents, without_citations
from utils.rag.prompts import FewShotExample, prompt, prompt_prefix
from utils.retrieval import PASSAGES, Hit, Retriever, gold_passages
from utils.scoring import ABSTENTION, abstains

CONTEXTS = ("none", "retrieved", "oracle")
MAX_NEW_TOKENS = 24  # of an answer from passages, with its number
CLOSED_BOOK_TOKENS = 16  # of an answer without


@dataclass(frozen=True)
class Answer:
    """An answer with where it came from: ``citations`` are ids of documents, ``hits`` the passages of its prompt.

    ``timing``: seconds by step ("retrieval", "prefill", "decoding"), a question's share of its batch. ``raw``: what the
    model wrote, before it was read as an answer. ``problem``: why the model could not be asked, if so.
    """

    text: str
    citations: tuple[str, ...] = ()
    hits: tuple[Hit, ...] = ()
    abstained: bool = False
    timing: Mapping[str, float] = field(default_factory=dict)
    prompt_tokens: int = 0
    new_tokens: int = 0
    raw: str = ""
    problem: str = ""

    @property
    def seconds(self) -> float:
        """Seconds of all steps together."""
        return sum(self.timing.values())


def answer_from(completion: Completion, hits: Sequence[Hit] = ()) -> Answer:
    """What a model wrote, read as an answer: its first line, whether it abstains, and the documents it cites."""
    text = completion.text.split("\n")[0].strip()
    abstained = abstains(text)
    numbered = "[1]" if len(hits) == 1 else text  # a passage alone is the source without being named
    return Answer(
        text=without_citations(text, hits),
        citations=() if abstained else cited_documents(numbered, hits),
        hits=tuple(hits),
        abstained=abstained,
        timing={
            "retrieval": 0.0,
            "prefill": completion.prefill_seconds,
            "decoding": completion.seconds - completion.prefill_seconds,
        },
        prompt_tokens=completion.prompt_tokens,
        new_tokens=completion.new_tokens,
        raw=completion.text,
        problem=completion.problem,
    )


@dataclass(frozen=True)
class Reader:
    """A model and how it is asked: instruction and few-shot examples before its passages, and its prompt without any.

    Without ``closed_book``, a question that has no passage is answered "I don't know." without asking the model.
    """

    llm: LLM
    examples: tuple[FewShotExample, ...] = ()
    closed_book: Callable[[str], Chat] | None = None
    max_new_tokens: int = MAX_NEW_TOKENS
    instruction: str | None = None

    def answer(self, questions: Sequence[str], passages: Sequence[Sequence[Hit]], label: str = "") -> list[Answer]:
        """Answer questions from their passages, in the order in which these stand in the prompt.

        Questions with equally many passages are answered together and share the beginning of their prompt. One whose
        prompt is too long for the model loses only its own answer: that is "I don't know." with a ``problem``, which is
        printed too. Raises ValueError if there is not one list of passages for every question.
        """
        if len(questions) != len(passages):
            raise ValueError(f"{len(questions)} questions with {len(passages)} lists of passages: give one for each.")
        answers: dict[int, Answer] = {}
        for count in sorted({len(hits) for hits in passages}):
            rows = [row for row, hits in enumerate(passages) if len(hits) == count]
            done = self._complete([questions[row] for row in rows], [passages[row] for row in rows], count, label)
            answers |= {row: answer_from(one, passages[row]) for row, one in zip(rows, done, strict=True)}
        for row in sorted(row for row, answer in answers.items() if answer.problem):
            print(f"questions[{row}] is not answered: {answers[row].problem}", flush=True)
        return [answers[row] for row in range(len(passages))]

    def _complete(
        self, questions: Sequence[str], passages: Sequence[Sequence[Hit]], count: int, label: str
    ) -> list[Completion]:
        if count:
            asked = zip(questions, passages, strict=True)
            chats = [prompt(question, hits, self.examples, self.instruction) for question, hits in asked]
            prefix = prompt_prefix(self.examples, count, self.instruction)
            return self._what_fits(chats, self.max_new_tokens, prefix=prefix, label=label)
        if self.closed_book is None:
            return [Completion(ABSTENTION, 0, 0, 0.0, 0.0) for _ in questions]
        return self._what_fits([self.closed_book(question) for question in questions], CLOSED_BOOK_TOKENS, label=label)

    def _what_fits(self, chats: Sequence[Chat], max_new_tokens: int, **options) -> list[Completion]:
        """A completion of every chat; of one that leaves no room in the context, an abstention with a problem."""
        try:
            return self.llm.complete(chats, max_new_tokens, **options)
        except TooLongError as refused:
            fitting = [chat for place, chat in enumerate(chats) if place not in refused.tokens]
            done = iter(self.llm.complete(fitting, max_new_tokens, **options))
            return [
                _unread(refused.tokens[place], refused.room) if place in refused.tokens else next(done)
                for place in range(len(chats))
            ]


def _unread(tokens: int, room: int) -> Completion:
    problem = f"its prompt has {tokens} tokens and may have {room}; shorten the question or its passages."
    return Completion(ABSTENTION, tokens, 0, 0.0, 0.0, problem)


def passages_for(questions: Sequence[Question], retriever: Retriever, context: str) -> list[list[Hit]]:
    """What stands in the prompt: nothing, three retrieved chunks (best last), or the chunks that answer.

    Retrieved ones are of the documents that the asker's clinic may read. Raises ValueError for another context.
    """
    if context not in CONTEXTS:
        raise ValueError(f"There is no context {context!r}: choose one of {', '.join(CONTEXTS)}.")
    if context == "none":
        return [[] for _ in questions]
    if context == "oracle":
        return gold_passages(questions, retriever)
    found = (retriever.search(q.question, PASSAGES, visible_to(q.tenant)) for q in questions)
    return [hits[::-1] for hits in found]
