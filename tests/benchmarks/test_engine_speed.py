"""Answering with CTranslate2 as a ratio to transformers in 32-bit floats, timed in this run.

``RVF_LLM=medium`` before ``make benchmarks`` measures another size. Only what can be counted is asserted.
"""

import time

import pytest
from benchmarks.racing import race, report

from utils import rag, settings
from utils.corpus import load_questions
from utils.models import LLM, batching
from utils.models.converted import converted
from utils.retrieval import Retriever

QUESTIONS = load_questions("train", "lookup")[:32]
TOKENS = 24


@pytest.fixture(scope="module")
def prompts(handbook):
    found = Retriever(handbook, "keyword").search_many([question.question for question in QUESTIONS], k=3)
    return [rag.prompt(question.question, hits[::-1]) for question, hits in zip(QUESTIONS, found, strict=True)]


@pytest.fixture(scope="module")
def engines():
    pytest.importorskip("ctranslate2")
    made = {}
    for name in ("transformers", "ctranslate2"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("RVF_ENGINE", name)
            made[name] = LLM.load()
    return made


def timed(engines, job, tokens):
    """The seconds of both engines, and how many texts are the same; both must write so many tokens."""
    made = {engine: job(llm) for engine, llm in engines.items()}  # warms up, and is counted
    assert {sum(c.new_tokens for c in done) for done in made.values()} == {tokens}
    assert len({tuple(c.prompt_tokens for c in done) for done in made.values()}) == 1
    same = sum(a.text == b.text for a, b in zip(*made.values(), strict=True))
    seconds = race(*(lambda llm=llm: job(llm) for llm in engines.values()), rounds=1)
    return *seconds, f"{same} of {len(made['transformers'])} texts"


def test_reading_a_prompt_one_answer_and_many_side_by_side(engines, prompts):
    def reading(llm):
        return [llm.complete([prompt], 1, min_new_tokens=1)[0] for prompt in prompts[:4]]

    def alone(llm):
        return llm.complete(prompts[:1], TOKENS, min_new_tokens=TOKENS)

    def side_by_side(llm):
        return llm.complete(prompts, TOKENS, min_new_tokens=TOKENS)

    jobs = {"reading 4 prompts": (reading, 4), "one answer": (alone, TOKENS), "32 answers": (side_by_side, 32 * TOKENS)}
    rows = [(name, *timed(engines, *job)) for name, job in jobs.items()]
    report(f"Prompts with three passages, answers of {TOKENS} tokens: transformers, and CTranslate2", rows)


def test_answers_without_passages_one_and_many_side_by_side(engines):
    chats = [rag.closed_book_prompt(question.question) for question in QUESTIONS]
    rows = []
    for name, some in {"one closed-book answer": chats[:1], "32 closed-book answers": chats}.items():

        def job(llm, some=some):
            return llm.complete(some, TOKENS, min_new_tokens=TOKENS)

        rows.append((name, *timed(engines, job, len(some) * TOKENS)))
    report(f"Questions alone, answers of {TOKENS} tokens: transformers, and CTranslate2", rows)


SETTINGS = [  # type of number, batches side by side, threads for each, prompts in a batch; the first is the obvious one
    ("float32", 1, settings.threads(), 16),
    ("float32", settings.threads(), 1, 16 // settings.threads()),
    ("int16", settings.threads(), 1, 16 // settings.threads()),
    ("int8", 1, settings.threads(), 16),
    ("int8", settings.threads(), 1, 16 // settings.threads()),
    ("int8", settings.threads(), 1, 4),
]


def test_threads_batches_and_types_of_numbers(prompts):
    ctranslate2 = pytest.importorskip("ctranslate2")
    llm = LLM.load(engine="ctranslate2")
    texts = [llm.tokenizer.convert_ids_to_tokens(llm.prompt_ids(prompt)) for prompt in prompts[::2]]
    texts.sort(key=len)
    spent, possible = {}, ctranslate2.get_supported_compute_types("cpu")
    for kind, wide, deep, size in SETTINGS:
        if kind not in possible:  # 16-bit integers need Intel's library
            continue
        made = {"compute_type": kind, "inter_threads": wide, "intra_threads": deep}
        generator = ctranslate2.Generator(str(converted()), device="cpu", **made)
        batches, written = [texts[start : start + size] for start in range(0, len(texts), size)], []

        def answer(batch, generator=generator, written=written):
            done = generator.generate_batch(batch, min_length=TOKENS, max_length=TOKENS, include_prompt_in_result=False)
            written.extend(len(one.sequences_ids[0]) for one in done)

        jobs = [lambda batch=batch, answer=answer: answer(batch) for batch in batches]
        batching.run(jobs, wide)  # warms up
        start = time.perf_counter()
        batching.run(jobs, wide)
        spent[f"{kind}, {wide} x {deep} threads, batches of {size}"] = time.perf_counter() - start
        assert written == [TOKENS] * len(texts) * 2
    first = next(iter(spent.values()))
    print(f"\n\n{'16 answers with three passages':44}{'seconds':>9}{'ratio':>7}")
    for name, seconds in spent.items():
        print(f"{name:44}{seconds:9.1f}{first / seconds:7.2f}")
