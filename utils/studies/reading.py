"""The studies of notebook 06: how each model size reads best, chosen on dev questions, and then the test questions."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from utils import corpus, evaluation, rag
from utils.corpus import Question
from utils.evaluation import outputs
from utils.models import LLM, Completion
from utils.rag import Answer, Form
from utils.rag.forms import LONGEST, REPLIES
from utils.retrieval import Hit, Retriever, gold_passages
from utils.settings import SEED, SetupError

Levels = dict[str, Form]
JUDGE = "Do the passages contain the answer to the question? Reply with one word: yes or no."


def dev_questions() -> list[Question]:
    """All questions of the dev split that the handbook of version 1 answers, and after them its unanswerable ones."""
    answerable = [q for kind in ("lookup", "changed") for q in corpus.load_questions("dev", kind)]
    return answerable + corpus.load_questions("dev", "unanswerable")


def test_questions() -> list[Question]:
    """Questions of the test split: one for each fact, in random order, and then those without an answer."""
    draw, facts = random.Random(SEED), {}
    for question in corpus.load_questions("test", "lookup"):
        facts.setdefault(question.fact_id, []).append(question)
    lookups = [draw.choice(several) for several in facts.values()]
    return draw.sample(lookups, len(lookups)) + corpus.load_questions("test", "unanswerable")


def factors(kind: str) -> dict[str, Callable[[Form], Levels]]:
    """What is varied for a kind of prompt, in this order: from the best form so far to its levels by name."""
    replies = {"reply": lambda form: {name: replace(form, reply=name) for name in REPLIES}}
    examples = {"few-shot examples": lambda form: {str(n): replace(form, examples=n) for n in (2, 3, 5)}}
    return (replies | examples if kind == "few-shot" else {}) | {
        "passages (k)": lambda form: {str(k): replace(form, k=k) for k in (1, 2, 3, 5)},
        "order": lambda form: {f"best {'last' if last else 'first'}": replace(form, best_last=last) for last in (1, 0)},
        "sentences in a chunk": lambda form: {
            **{str(size): replace(form, chunk=size) for size in (2, 1, 3)},
            "page": replace(form, chunk=None, k=1),  # three whole pages don't fit the smallest context
        },
    }


@dataclass(frozen=True)
class Step:
    """One factor of the choice: by level, 1 or 0 for each answerable dev question and the form; and the level taken."""

    factor: str
    right: dict[str, list[float]]
    forms: Levels
    taken: str


def choose(size: str, kind: str, llm: LLM | None = None) -> list[Step]:
    """The choice of a form for a size and a kind of prompt, factor by factor, on the answerable dev questions.

    The level with most right answers is taken, the first one if several have as many; a reply without the number of its
    passage is measured, but not taken: what RAG is for includes naming the source. What isn't kept yet is answered by
    ``llm``; without one that raises SetupError.
    """
    asked = dev_questions()

    def answered(one: Form) -> list[dict]:
        if llm is None:
            command = f"python -m utils.studies reading_dev --size {size}"
            raise SetupError(f"The dev answers of {form_name(one)!r} aren't there: run `{command}` first.")
        return read(asked, one, llm)

    form, steps = Form(examples=0 if kind == "zero-shot" else 2), []
    for factor, vary in factors(kind).items():
        forms = vary(form)
        right = {
            level: _right(keep("reading_dev", size, form_name(one), lambda one=one: answered(one)), asked)
            for level, one in forms.items()
        }
        taken = max((level for level in forms if level != "few words"), key=lambda level: sum(right[level]))
        form = forms[taken]
        steps.append(Step(factor, right, forms, taken))
    return steps


def chosen(size: str, llm: LLM | None = None) -> dict[str, Form]:
    """The form of each kind of prompt that the dev questions choose for a size."""
    last = {kind: choose(size, kind, llm)[-1] for kind in rag.KINDS}
    return {kind: step.forms[step.taken] for kind, step in last.items()}


def _right(kept: Sequence[Mapping], asked: Sequence[Question]) -> list[float]:
    """1 for each answerable question that is answered right, 0 for the others."""
    answers = zip(answers_of(kept), asked, strict=True)
    return [float(evaluation.is_right(answer, question)) for answer, question in answers if question.answers]


def reading_dev(size: str) -> None:
    """The choice of the forms, and the chosen few-shot form with one more example, which abstains."""
    llm = LLM.load()
    form = replace(chosen(size, llm)["few-shot"], shows_abstaining=True)
    keep("reading_dev", size, form_name(form), lambda: read(dev_questions(), form, llm))


def reading(size: str) -> None:
    """The test questions, in the forms chosen for the size: closed book, RAG without examples and with them, the right
    passage in both forms, one example that abstains, and a second question to the model."""
    asked, llm, forms = test_questions(), LLM.load(), chosen(size)
    zero, few = forms["zero-shot"], forms["few-shot"]
    answerable = [question for question in asked if question.answers]
    systems = {
        "closed book": lambda: closed_book(asked, llm),
        "RAG, zero-shot": lambda: read(asked, zero, llm),
        "RAG, few-shot": lambda: read(asked, few, llm),
        "oracle context, zero-shot": lambda: read_oracle(answerable, zero, llm),
        "oracle context, few-shot": lambda: read_oracle(answerable, few, llm),
        "RAG, an example abstains": lambda: read(asked, replace(few, shows_abstaining=True), llm),
        "second question": lambda: judge(asked, few, llm),
    }
    for system, make in systems.items():
        keep("reading", size, system, make)


def scores(size: str) -> list[dict]:
    """For each kept system: shares of the test questions answered right with its 95% interval, abstained on, refused
    though they have an answer, and of right documents cited."""
    asked, rows = test_questions(), []
    for system, kept in outputs.load("reading", size).items():
        if system == "second question":  # yes or no, no answer
            continue
        pairs = list(zip(answers_of(kept), asked, strict=False))  # some systems were asked the answerable ones alone
        good, near = ([(a, q) for a, q in pairs if bool(q.answers) == answerable] for answerable in (True, False))
        right = [float(evaluation.is_right(a, q)) for a, q in good]
        low, high = evaluation.interval(right)
        rows.append(
            {
                "system": system,
                "n": len(good),
                "right": sum(right) / len(right),
                "low": low,
                "high": high,
                "right document cited": sum(evaluation.citation_recall(a, q) for a, q in good) / len(good),
                "abstains": sum(a.abstained for a, _ in near) / len(near) if near else None,
                "refuses": sum(a.abstained for a, _ in good) / len(good),
            }
        )
    return rows


def keep(study: str, size: str, system: str, make) -> list[dict]:
    """The outputs of a system, made once."""
    return outputs.keep(study, size, system, make, f"python -m utils.studies {study} --size {size}")


def form_name(form: Form) -> str:
    """A form as the name of a system: equal forms, equal names."""
    chunk = "page" if form.chunk is None else form.chunk
    order = "last" if form.best_last else "first"
    silent = ", one more abstains" if form.shows_abstaining else ""
    examples = f"{form.examples} examples ({form.reply}){silent}" if form.examples else "no examples"
    return f"{examples}, k {form.k}, best {order}, chunk {chunk}"


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
    found = gold_passages(questions, retriever_for(Form().chunk))
    reader = rag.Reader(llm, form.few_shot, max_new_tokens=LONGEST, instruction=rag.IN_A_FEW_WORDS)
    return rows(questions, reader.answer([q.question for q in questions], found, "oracle context"))


def closed_book(questions: Sequence[Question], llm: LLM) -> list[dict]:
    """No passage, with leave to abstain."""
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
