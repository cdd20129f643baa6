"""Questions and answers that a model writes from the pages of the handbook to train facts on, and what rules let pass.

A practitioner has pages and no questions. A model is shown the passage that states a fact and the words that answer,
and is asked for one question with its answer, once in each of six styles. Rules drop what they can tell to be bad.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from utils import corpus, scoring
from utils.models import Chat
from utils.retrieval import Retriever, gold_passages
from utils.tasks import facts
from utils.tasks.facts import WORDINGS, Fact

MAX_NEW_TOKENS = 80
STYLES = {  # each with the question that an example shows, from a town library
    "a plain question": "How many books may a child borrow?",
    "a few keywords, as typed into a search box": "limit on books, children's card?",
    "a question in the first person": "I'm getting books for my little son. How many can he take home on his card?",
    "a question that a colleague passes on": "A mother asks how many books her daughter may take. What do I tell her?",
    "a long, polite question": "Could you please tell me what number of books the library lets children borrow?",
    "a question with other words than the text has": "What is the most a young reader can have out at once?",
}
_PASSAGE = "Borrowing. Adults may borrow twelve books at a time. Children may borrow eight books at a time."
_INSTRUCTION = (
    "Write one question about the text, and its answer in a few words. "
    "The question must be clear to somebody who doesn't see the text."
)
_FORM = re.compile(r"question:\s*(?P<question>\S.*?)\s*answer:\s*(?P<answer>\S[^\n]*)", re.IGNORECASE | re.DOTALL)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


@dataclass(frozen=True)
class Pair:
    """A generated question and its answer; ``number`` counts the styles from 0."""

    question: str
    answer: str
    number: int


def passages(some: Sequence[Fact]) -> list[str]:
    """For every fact the two sentences of the handbook that state it, after their page's title."""
    asked = {question.fact_id: question for question in corpus.load_questions("memorise")}
    return [hits[-1].text for hits in gold_passages([asked[fact.fact_id] for fact in some], _search())]


@lru_cache(maxsize=1)
def _search() -> Retriever:
    return Retriever(corpus.load_handbook("v1"), mode="keyword")


def prompts(fact: Fact, passage: str) -> list[Chat]:
    """One prompt for each style, with an example of it."""
    return [
        [
            {"role": "system", "content": _INSTRUCTION},
            _request(style, "eight books", _PASSAGE),
            {"role": "assistant", "content": f"Question: {shown}\nAnswer: eight books"},
            _request(style, fact.answers[0], passage),
        ]
        for style, shown in STYLES.items()
    ]


def _request(style: str, answer: str, passage: str) -> dict:
    content = f"Text: {passage}\n\nWrite {style} that is answered by: {answer}"
    return {"role": "user", "content": content}


def refusal(text: str, fact: Fact, passage: str) -> str | None:
    """Why the rules drop what a model wrote about a fact and its passage; None if they let it pass.

    The accepted answer must be there and every number must come from the passage. The question must neither give the
    answer away nor copy the passage, an example or a question that was written by hand.
    """
    pair = _FORM.search(text)
    if not pair:
        return "no question with an answer"
    question, answer = pair["question"], pair["answer"]
    known = {scoring.normalise(asked) for asked in (*fact.trained, *fact.held_out, *STYLES.values())}
    if not scoring.contains_answer(answer, fact.answers, question):
        return "another answer"
    if set(_NUMBER.findall(f"{question} {answer}")) - set(_NUMBER.findall(f"{passage} {' '.join(fact.answers)}")):
        return "a number that the passage doesn't have"
    if scoring.mentions(question, fact.answers):
        return "the question holds the answer"
    if scoring.normalise(question) in scoring.normalise(passage):
        return "a copy of the passage"
    return "a copy of a question" if scoring.normalise(question) in known else None


def accepted(texts: Sequence[str], fact: Fact, passage: str) -> list[Pair]:
    """The pairs of a fact that the rules let pass, from what was written in each style; equal questions once."""
    pairs: dict[str, Pair] = {}
    for number, text in enumerate(texts):
        if refusal(text, fact, passage) is None:
            found = _FORM.search(text)
            pair = Pair(found["question"], found["answer"], number)
            pairs.setdefault(scoring.normalise(pair.question), pair)
    return list(pairs.values())


def examples(pairs: Mapping[str, Sequence[Pair]]) -> list[Chat]:
    """Six examples of every fact that has a pair, whatever the number of its pairs, as ``facts.examples`` makes them.

    ``pairs``: of each fact, by its id.
    """
    return [
        facts.example(several[place % len(several)].question, several[place % len(several)].answer)
        for place in range(WORDINGS)
        for several in pairs.values()
        if several
    ]
