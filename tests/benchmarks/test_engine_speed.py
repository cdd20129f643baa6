"""Answering with CTranslate2 (8-bit integers) as a ratio to transformers in 32-bit floats, timed in this run.

``RVF_LLM=medium`` before ``make benchmarks`` measures another size. Only what can be counted is asserted.
"""

import pytest
from benchmarks.racing import race, report

from utils import rag
from utils.corpus import load_questions
from utils.models import LLM
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
        seconds = race(*(lambda llm=llm: job(llm) for llm in engines.values()), rounds=2)  # noqa: B023, run at once
        rows.append((name, *seconds, f"{same} of {len(made['transformers'])} texts"))
    report(f"Prompts with three passages, answers of {TOKENS} tokens: transformers, and CTranslate2 with int8", rows)
