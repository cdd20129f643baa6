"""The studies of notebook 06: how each model size reads best, chosen on dev questions, and then the test questions."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from utils import corpus, rag
from utils.corpus import Question
from utils.evaluation import outputs
from utils.models import LLM, Completion
from utils.rag import Answer, Form
from utils.rag.forms import LONGEST
from utils.retrieval import Hit, Retriever, gold_passages
from utils.settings import SEED

BASE = Form()
FACTORS: dict[str, dict[str, Form]] = {
    "few-shot examples": {str(n): replace(BASE, examples=n) for n in (0, 2, 3, 5)},
    "passages (k)": {str(k): replace(BASE, k=k) for k in (1, 2, 3, 5)},
    "order": {"best first": replace(BASE, best_last=False), "best last": BASE},
    "sentences in a chunk": {
        **{str(size): replace(BASE, chunk=size) for size in (1, 2, 3)},
        "page": replace(BASE, chunk=None, k=1),  # three whole pages don't fit the smallest context
    },
    "an example that abstains": {"none": BASE, "one": replace(BASE, shows_abstaining=True)},
}
ANSWERABLE, UNANSWERABLE = 120, 40  # test questions of notebook 06
JUDGE = "Do the passages contain the answer to the question? Reply with one word: yes or no."


def dev_questions() -> list[Question]:
    """One question for each fact of the dev split, and after them its unanswerable ones."""
    draw = random.Random(SEED)
    facts: dict[str, list[Question]] = {}
    for kind in ("lookup", "changed"):
        for question in corpus.load_questions("dev", kind):
            facts.setdefault(question.fact_id, []).append(question)
    return [draw.choice(several) for several in facts.values()] + corpus.load_questions("dev", "unanswerable")


def test_questions() -> list[Question]:
    """Questions of the test split: those with an answer, and then those without."""
    draw = random.Random(SEED).sample
    lookups = draw(corpus.load_questions("test", "lookup"), ANSWERABLE)
    return lookups + draw(corpus.load_questions("test", "unanswerable"), UNANSWERABLE)


def reading_dev(size: str) -> None:
    """Every level of every factor on the dev questions, the other factors as in ``BASE``; unanswerable ones only where
    abstaining is chosen."""
    asked, llm = dev_questions(), LLM.load()
    answerable = [question for question in asked if question.answers]
    for factor, levels in FACTORS.items():
        abstaining = factor in ("few-shot examples", "an example that abstains")
        for form in levels.values():
            questions = asked if abstaining else answerable
            keep("reading_dev", size, form_name(form), lambda q=questions, form=form: read(q, form, llm))


def reading(size: str) -> None:
    """The test questions, in the form chosen for the size: closed book, RAG without examples and with them, the right
    passage, one example that abstains, and a second question to the model."""
    asked, llm, form = test_questions(), LLM.load(), rag.FORMS[size]
    answerable = [question for question in asked if question.answers]
    systems = {
        "closed book": lambda: closed_book(asked, llm),
        "RAG, zero-shot": lambda: read(asked, replace(form, examples=0, shows_abstaining=False), llm),
        "RAG, few-shot": lambda: read(asked, form, llm),
        "oracle context": lambda: read_oracle(answerable, form, llm),
        "RAG, an example abstains": lambda: read(asked, replace(form, shows_abstaining=True), llm),
        "second question": lambda: judge(asked, form, llm),
    }
    for system, make in systems.items():
        keep("reading", size, system, make)


def keep(study: str, size: str, system: str, make) -> list[dict]:
    """The outputs of a system, made once."""
    return outputs.keep(study, size, system, make, f"python -m utils.studies {study} --size {size}")


def form_name(form: Form) -> str:
    """A form as the name of a system: equal forms, equal names."""
    chunk = "page" if form.chunk is None else form.chunk
    order = "last" if form.best_last else "first"
    silent = ", one more abstains" if form.shows_abstaining else ""
    return f"examples {form.examples}{silent}, k {form.k}, best {order}, chunk {chunk}"


@lru_cache(maxsize=4)
def retriever_for(chunk: int | None) -> Retriever:
    """The handbook of version 1 in chunks of so many sentences."""
    return Retriever(corpus.load_handbook("v1"), chunk=chunk)


def read(questions: Sequence[Question], form: Form, llm: LLM) -> list[dict]:
    """RAG in a form."""
    pipeline = form.pipeline(retriever_for(form.chunk), llm)
    answers = pipeline.answer_many([question.question for question in questions], label=form_name(form)[:40])
    return rows(questions, answers)


def read_oracle(questions: Sequence[Question], form: Form, llm: LLM) -> list[dict]:
    """The right passage of two sentences, in a form: the ceiling of any search."""
    found = gold_passages(questions, retriever_for(BASE.chunk))
    reader = rag.Reader(llm, form.few_shot, max_new_tokens=LONGEST, instruction=rag.IN_A_FEW_WORDS)
    return rows(questions, reader.answer([q.question for q in questions], found, "oracle context"))


def closed_book(questions: Sequence[Question], llm: LLM) -> list[dict]:
    """No passage, with leave to abstain and the same few-shot examples."""
    reader = rag.Reader(llm, closed_book=rag.closed_book_or_abstain)
    return rows(questions, reader.answer([q.question for q in questions], [[] for _ in questions], "closed book"))


def judge(questions: Sequence[Question], form: Form, llm: LLM) -> list[dict]:
    """What the model replies when it is asked whether the passages hold the answer."""
    found = retriever_for(form.chunk).search_many([q.question for q in questions], form.k)
    chats = [
        [{"role": "system", "content": JUDGE}, rag.user_message(q.question, [hit.text for hit in hits[::-1]])]
        for q, hits in zip(questions, found, strict=True)
    ]
    done = llm.complete(chats, max_new_tokens=4, prefix=chats[0][:1], label="second question")
    return [{"id": q.id, "text": one.text} for q, one in zip(questions, done, strict=True)]


def rows(questions: Sequence[Question], answers: Sequence[Answer]) -> list[dict]:
    """Answers as they are kept: the model's own words, its passages, tokens and seconds."""
    return [
        {
            "id": question.id,
            "text": answer.raw,
            "passages": [hit.chunk_id for hit in answer.hits],
            "prompt_tokens": answer.prompt_tokens,
            "new_tokens": answer.new_tokens,
            "seconds": {step: round(seconds, 4) for step, seconds in answer.timing.items()},
        }
        for question, answer in zip(questions, answers, strict=True)
    ]


def answers_of(kept: Sequence[Mapping]) -> list[Answer]:
    """Kept outputs, read as answers again: with today's rules of citing and abstaining."""
    found = []
    for row in kept:
        hits = [Hit(chunk_id.rpartition("#")[0], chunk_id, "", 0.0) for chunk_id in row["passages"]]
        prefill, decoding = row["seconds"]["prefill"], row["seconds"]["decoding"]
        completion = Completion(row["text"], row["prompt_tokens"], row["new_tokens"], prefill, prefill + decoding)
        answer = rag.answer_from(completion, hits)
        found.append(replace(answer, timing=row["seconds"]))
    return found
