"""Facts of the handbook in eight wordings each, six to train on and two held out, asked with no passage at hand."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from utils import corpus, scoring
from utils.corpus import Document
from utils.finetuning import Recipe
from utils.models import LLM, Chat
from utils.scoring import ABSTENTION, score_answers
from utils.settings import SEED

WORDINGS = 6
MAX_NEW_TOKENS = 20
OUTCOMES = {"r": "right", "a": "abstained", "s": "outdated", "w": "wrong"}
_OR_ABSTAIN = f"Answer. If you don't know, say: {ABSTENTION}"
RECIPE = Recipe(rank=16, alpha=32, learning_rate=4e-3, epochs=4, batch_size=24, top_layers=10)


@dataclass(frozen=True)
class Fact:
    """One fact: ``trained`` and ``held_out`` hold its questions, ``after`` the answers that an update makes right."""

    fact_id: str
    answers: tuple[str, ...]
    after: tuple[str, ...]
    trained: tuple[str, ...]
    held_out: tuple[str, ...]

    @property
    def changes(self) -> bool:
        return self.answers != self.after


def load_facts() -> list[Fact]:
    """All facts with six wordings to train on and two held out: first 20 that an update changes, then the others,
    shuffled once and for all, then the rest of those that change."""
    wordings: dict[str, list[corpus.Question]] = {}
    for question in corpus.load_questions():
        wordings.setdefault(question.fact_id, []).append(question)
    facts = []
    for fact_id, questions in wordings.items():
        trained = tuple(q.question for q in questions if q.split == "memorise")
        held_out = tuple(q.question for q in questions if q.split != "memorise")
        if fact_id and len(trained) == WORDINGS:
            first = questions[0]
            facts.append(Fact(fact_id, first.answers, first.answers_after, trained, held_out))
    shuffled = random.Random(SEED).sample(facts, len(facts))
    changing = [fact for fact in shuffled if fact.changes]
    return changing[:20] + [fact for fact in shuffled if not fact.changes] + changing[20:]


def prompt(question: str) -> Chat:
    """The closed-book prompt, kept short: in an example of thirty tokens every word of it is paid for."""
    return [{"role": "system", "content": "Answer."}, {"role": "user", "content": question}]


def may_abstain(chat: Chat) -> Chat:
    """The same prompt, or example, with leave to abstain."""
    return [{"role": "system", "content": _OR_ABSTAIN}, *chat[1:]]


def example(question: str, answer: str) -> Chat:
    """A training example."""
    return [*prompt(question), {"role": "assistant", "content": answer}]


def examples(facts: Sequence[Fact], wordings: int = WORDINGS, updated: bool = False) -> list[Chat]:
    """Six examples a fact, whatever the number of different wordings: fewer are repeated to equal numbers of steps."""
    return [
        example(fact.trained[place % wordings], (fact.after if updated else fact.answers)[0])
        for place in range(WORDINGS)
        for fact in facts
    ]


def ask(llm: LLM, questions: Sequence[str], label: str = "") -> list[str]:
    """Closed-book answers."""
    done = llm.complete([prompt(question) for question in questions], max_new_tokens=MAX_NEW_TOKENS, label=label)
    return [completion.text for completion in done]


def recall(
    llm: LLM, facts: Sequence[Fact], held_out: bool = False, updated: bool = False, label: str = ""
) -> list[float]:
    """1 or 0 for every question on these facts: their two held-out wordings, or the first trained one."""
    questions = [
        (q, f.after if updated else f.answers) for f in facts for q in (f.held_out if held_out else f.trained[:1])
    ]
    texts = ask(llm, [question for question, _ in questions], label)
    asked, accepted = zip(*questions, strict=True) if questions else ((), ())
    return score_answers(texts, accepted, asked)


def borrowed(text: str, facts: Sequence[Fact]) -> bool:
    """Whether a text gives the value of one of these facts; for answers to other questions, another fact's value."""
    return any(scoring.contains_answer(text, fact.answers[:1]) for fact in facts)


def pages_of(facts: Sequence[Fact]) -> list[Document]:
    """The pages of the handbook before the update that state these facts, each once."""
    wanted = {fact.fact_id for fact in facts}
    ids = {doc_id for q in corpus.load_questions("memorise") if q.fact_id in wanted for doc_id in q.doc_ids}
    return [document for document in corpus.load_handbook("v1") if document.doc_id in ids]


def outcome(text: str, question: str, right: Sequence[str], outdated: Sequence[str] = ()) -> str:
    """What became of an answer, a letter of ``OUTCOMES``; where nothing is ``right``, abstaining is.

    ``outdated``: answers that were right before an update. They count as right where they still are.
    """
    if scoring.abstains(text):
        return "a" if right else "r"
    if scoring.contains_answer(text, right, question):
        return "r"
    return "s" if scoring.contains_answer(text, outdated, question) else "w"


def abstention_examples(questions: Sequence[str]) -> list[Chat]:
    """Examples that teach the model to say that it does not know."""
    return [example(question, ABSTENTION) for question in questions]
