"""Answering with CTranslate2 (8-bit integers) as a ratio to transformers in 32-bit floats, timed in this run.

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


def test_reading_a_prompt_one_answer_and_many_side_by_side(engines, prompts):
    def reading(llm):
        return [llm.complete([prompt], 1, min_new_tokens=1)[0] for prompt in prompts[:4]]

    def alone(llm):
        return llm.complete(prompts[:1], TOKENS, min_new_tokens=TOKENS)

    def side_by_side(llm):
        return llm.complete(prompts, TOKENS, min_new_tokens=TOKENS)

    jobs = {"reading 4 prompts": (reading, 4), "one answer": (alone, TOKENS), "32 answers": (side_by_side, 32 * TOKENS)}
    rows = []
    for name, (job, tokens) in jobs.items():
        made = {engine: job(llm) for engine, llm in engines.items()}  # warms up, and is counted
        assert {sum(c.new_tokens for c in done) for done in made.values()} == {tokens}
        assert len({tuple(c.prompt_tokens for c in done) for done in made.values()}) == 1
        same = sum(a.text == b.text for a, b in zip(*made.values(), strict=True))
        seconds = race(*(lambda llm=llm: job(llm) for llm in engines.values()), rounds=1)  # noqa: B023, run at once
        rows.append((name, *seconds, f"{same} of {len(made['transformers'])} texts"))
    report(f"Prompts with three passages, answers of {TOKENS} tokens: transformers, and CTranslate2 with int8", rows)


SETTINGS = [  # type of number, batches side by side, threads for each, prompts in a batch; the first is the obvious one
    ("float32", 1, settings.threads(), 32),
    ("int8", 1, settings.threads(), 32),
    ("int8", settings.threads(), 1, 32 // settings.threads()),
    ("int8", settings.threads(), 1, 8),
    ("int16", settings.threads(), 1, 32 // settings.threads()),
    ("float32", settings.threads(), 1, 32 // settings.threads()),
]


def test_threads_batches_and_types_of_numbers(prompts):
    ctranslate2 = pytest.importorskip("ctranslate2")
    llm = LLM.load(engine="ctranslate2")
    texts = [llm.tokenizer.convert_ids_to_tokens(llm.prompt_ids(prompt)) for prompt in prompts]
    texts.sort(key=len)
    best = {}
    for kind, wide, deep, size in SETTINGS:
        made = {"compute_type": kind, "inter_threads": wide, "intra_threads": deep}
        generator = ctranslate2.Generator(str(converted()), device="cpu", **made)
        batches, written = [texts[start : start + size] for start in range(0, len(texts), size)], []

        def answer(batch, generator=generator, written=written):
            done = generator.generate_batch(batch, min_length=TOKENS, max_length=TOKENS, include_prompt_in_result=False)
            written.extend(len(one.sequences_ids[0]) for one in done)

        jobs = [lambda batch=batch, answer=answer: answer(batch) for batch in batches]
        seconds = []
        for _ in range(3):  # the first round warms up
            start = time.perf_counter()
            batching.run(jobs, wide)
            seconds.append(time.perf_counter() - start)
        assert written == [TOKENS] * len(texts) * 3
        best[f"{kind}, {wide} x {deep} threads, batches of {size}"] = min(seconds[1:])
    first = next(iter(best.values()))
    print(f"\n\n{'32 answers with three passages':44}{'seconds':>9}{'ratio':>7}")
    for name, spent in best.items():
        print(f"{name:44}{spent:9.1f}{first / spent:7.2f}")
