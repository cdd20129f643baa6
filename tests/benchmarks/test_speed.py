"""Speed as a ratio to the obvious way, both timed in this run: ``make benchmarks``. Only the results are asserted.

Both ways are warmed up, then timed in turns; the best of the rounds counts, being the least disturbed.
"""

import pytest
from benchmarks.racing import race, report

from utils import finetuning, models, rag
from utils.corpus import load_questions
from utils.models import answer_loss, collate, encode_example
from utils.retrieval import Retriever

QUESTIONS = [question for question in load_questions("dev", "lookup") if question.answers][:64]
NEW_TOKENS = 16


@pytest.fixture(scope="module")
def passages(handbook):
    found = Retriever(handbook, "keyword").search_many([question.question for question in QUESTIONS], k=3)
    return [hits[::-1] for hits in found]


def test_answering_64_questions_in_batches_or_one_by_one(llm, passages):
    asked = [question.question for question in QUESTIONS]
    assert len(asked) == 64
    closed = [rag.closed_book_prompt(question) for question in asked]
    with_passages = [rag.prompt(question, hits) for question, hits in zip(asked, passages, strict=True)]
    rows = []
    for name, chats, prefix in (("closed book", closed, ()), ("RAG", with_passages, rag.prompt_prefix())):
        texts = {}

        def one_by_one(chats=chats, texts=texts):
            texts["obvious"] = [llm.complete([chat], NEW_TOKENS)[0].text for chat in chats]

        def batched(chats=chats, prefix=prefix, texts=texts):
            texts["ours"] = [done.text for done in llm.complete(chats, NEW_TOKENS, prefix=prefix)]

        llm.complete(chats[:1], NEW_TOKENS)
        llm.complete(chats[:2], NEW_TOKENS, prefix=prefix)
        seconds = race(one_by_one, batched, rounds=2)
        same = sum(a == b for a, b in zip(texts["obvious"], texts["ours"], strict=True))
        rows.append((name, *seconds, f"{same} of 64 texts"))
    report("Answering 64 questions: one by one, and in batches with the beginning of the prompt computed once", rows)
    # Sums in another order may turn a near tie between two words, but no more than that.
    assert all(int(row[3].split()[0]) >= 58 for row in rows)


def test_a_training_step_with_the_loss_on_answers_or_on_everything(passages):
    model, tokenizer = models.load_llm()
    model = finetuning.add_adapter(model, finetuning.Recipe()).train()
    answers = [{"role": "assistant", "content": question.answers[0]} for question in QUESTIONS]
    closed = [rag.closed_book_prompt(question.question) for question in QUESTIONS]
    reading = [rag.prompt(q.question, hits, ()) for q, hits in zip(QUESTIONS, passages, strict=True)]
    rows = []
    for name, chats, size in (("24 closed-book examples", closed, 24), ("8 examples with passages", reading, 8)):
        encoded = [
            encode_example(tokenizer, [*chat, answer]) for chat, answer in zip(chats[:size], answers, strict=False)
        ]
        batch = collate(tokenizer.eos_token_id, encoded)
        losses = {}

        def step(way, compute, losses=losses):
            model.zero_grad()
            loss = compute()
            loss.backward()
            losses[way] = loss.item()

        def everything(batch=batch, step=step):
            step("obvious", lambda: model(**batch).loss)

        def answers_alone(batch=batch, step=step):
            step("ours", lambda: answer_loss(model, batch))

        everything()
        answers_alone()
        seconds = race(everything, answers_alone, rounds=3)
        rows.append((name, *seconds, f"losses {losses['obvious']:.5f}, {losses['ours']:.5f}"))
        assert losses["ours"] == pytest.approx(losses["obvious"], abs=1e-4)
    report(
        "A LoRA step, forward and backward: loss over the whole vocabulary everywhere, and on the answers alone", rows
    )
