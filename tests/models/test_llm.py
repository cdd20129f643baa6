"""Batched completion with the real model: the same answers as one by one, in order, stopping and counting rightly."""

import re
from types import SimpleNamespace

import pytest
import torch

from utils.models import LLM, Completion, TooLongError, engines
from utils.models.chats import prefix_tokens
from utils.models.engines import Written

pytestmark = pytest.mark.model

SYSTEM = {"role": "system", "content": "You are a clerk. Answer in one short sentence."}
OPENING = [SYSTEM, {"role": "user", "content": "Who opens the door?"}, {"role": "assistant", "content": "The porter."}]
ASKED = [
    "What is the capital of France?",
    "Name a colour.",
    "How many days has a week, how many hours has a day, and how many minutes has an hour?",
    "Ż? 茶 ☕",
    "Say hello.",
]
CHATS = [[SYSTEM, {"role": "user", "content": text}] for text in ASKED]
CONTINUED = [[*OPENING, {"role": "user", "content": text}] for text in ASKED[:3]]


def texts(completions):
    return [completion.text for completion in completions]


@pytest.fixture(scope="module")
def one_by_one(llm):
    return [llm.complete([chat], max_new_tokens=10)[0] for chat in CHATS]


def test_a_batch_answers_as_one_by_one_and_in_order(llm, one_by_one):
    assert texts(llm.complete(CHATS, max_new_tokens=10)) == texts(one_by_one)
    assert len(set(texts(one_by_one))) > 2
    assert texts(llm.complete(CHATS[::-1], max_new_tokens=10, batch_size=2)) == texts(one_by_one)[::-1]


def test_the_answer_is_what_the_model_alone_would_write(llm, one_by_one):
    ids = llm.tokenizer.apply_chat_template(CHATS[0], add_generation_prompt=True, return_dict=True)["input_ids"]
    with torch.inference_mode():
        for _ in range(10):  # greedy decoding by hand, without a cache
            best = int(llm.model(torch.tensor([ids])).logits[0, -1].argmax())
            if best == llm.tokenizer.convert_tokens_to_ids("<|im_end|>"):
                break
            ids = [*ids, best]
    new = ids[one_by_one[0].prompt_tokens :]
    assert llm.tokenizer.decode(new).strip() == one_by_one[0].text
    assert one_by_one[0].new_tokens == len(new)


def test_a_shared_prefix_changes_the_time_and_nothing_else(llm):
    chats = [*CONTINUED, CHATS[1], OPENING]  # the last two do not begin with the prefix, or have nothing after it
    plain = llm.complete(chats, max_new_tokens=10)
    for _ in range(2):  # computed, then reused
        shared = llm.complete(chats, max_new_tokens=10, prefix=OPENING)
        assert texts(shared) == texts(plain)
        assert [c.prompt_tokens for c in shared] == [c.prompt_tokens for c in plain]


def test_a_prefix_is_computed_once_and_not_worn_by_use(llm, monkeypatch):
    llm.complete(CONTINUED, max_new_tokens=2, prefix=OPENING)
    forward, lengths = llm.model.forward, []

    def watched(*arguments, input_ids, **options):
        lengths.append(input_ids.shape[1])
        return forward(*arguments, input_ids=input_ids, **options)

    monkeypatch.setattr(llm.model, "forward", watched)
    llm.complete(CONTINUED, max_new_tokens=2, prefix=OPENING)
    longest = max(len(llm.prompt_ids(chat)) for chat in CONTINUED)
    prefix = len(llm.tokenizer.apply_chat_template(OPENING, return_dict=True)["input_ids"])
    assert lengths == [longest - prefix, 1]


def test_a_prefix_may_end_within_the_turn_of_the_user(llm):
    begun = [SYSTEM, {"role": "user", "content": "The gate opens at six."}]
    chats = [
        [SYSTEM, {"role": "user", "content": f"The gate opens at six.\n\nQuestion: {q}"}] for q in ("When?", "What?")
    ]
    shared = prefix_tokens(llm.tokenizer, begun)
    assert all(llm.prompt_ids(chat)[: len(shared)] == shared for chat in chats)
    assert len(shared) > len(prefix_tokens(llm.tokenizer, begun[:1])) + 5, "the turn's beginning is part of it"
    assert texts(llm.complete(chats, 10, prefix=begun)) == texts(llm.complete(chats, 10))


def test_nothing_asked_nothing_answered(llm):
    assert llm.complete([]) == []
    assert llm.complete([], prefix=OPENING, label="nothing") == []


@pytest.mark.parametrize("chat", [[], [{"role": "user", "content": ""}], [{"role": "user", "content": " \n"}]])
def test_an_empty_chat_is_refused_by_its_number(llm, chat):
    with pytest.raises(ValueError, match=r"chats\[1\] is empty: give at least one message with text"):
        llm.complete([CHATS[0], chat])


def test_a_prompt_that_leaves_no_room_is_refused_before_anything_is_computed(llm, monkeypatch):
    monkeypatch.setattr(llm.model, "generate", lambda **options: pytest.fail("nothing is to be computed"))
    chat = [{"role": "user", "content": "word " * 9000}]
    with pytest.raises(TooLongError, match=r"chats\[1\] has 9\d\d\d tokens and may have 8160: shorten the prompt"):
        llm.complete([CHATS[0], chat], max_new_tokens=32)


@pytest.mark.parametrize("wrong", [{"max_new_tokens": 0}, {"batch_size": 0}])
def test_wrong_sizes_are_refused(llm, wrong):
    with pytest.raises(ValueError, match="must be 1 or more"):
        llm.complete(CHATS, **wrong)


def test_an_answer_can_be_made_to_go_on_to_a_number_of_tokens(llm):
    (short,) = llm.complete([CHATS[0]], max_new_tokens=40)
    (longer,) = llm.complete([CHATS[0]], max_new_tokens=40, min_new_tokens=40)
    assert (short.new_tokens < 40, longer.new_tokens) == (True, 40)
    assert longer.text.startswith(short.text)
    with pytest.raises(ValueError, match="must not be more than max_new_tokens"):
        llm.complete(CHATS, max_new_tokens=4, min_new_tokens=5)


def test_an_answer_keeps_to_a_grammar_and_ends_with_it(llm):
    grammar = (("Code ",), *[tuple("0123456789")] * 2, (" - yes", " - no"))
    done = llm.complete(CONTINUED, max_new_tokens=20, prefix=OPENING, grammar=grammar)
    assert all(re.fullmatch(r"Code \d\d - (yes|no)", one.text) for one in done)
    assert all(one.new_tokens == len(llm.tokenizer(one.text)["input_ids"]) for one in done)
    assert texts(llm.complete(CONTINUED, max_new_tokens=20, grammar=grammar)) == texts(done)
    (free,) = llm.complete(CONTINUED[:1], max_new_tokens=20)
    assert not free.text.startswith("Code")


def test_an_answer_stops_at_the_end_of_the_turn(llm):
    short, longer = llm.complete([CHATS[0], CHATS[2]], max_new_tokens=48)
    assert 1 <= short.new_tokens < 48
    assert "<|im_" not in short.text + longer.text
    assert short.text == short.text.strip() != ""


def test_no_more_than_the_tokens_allowed(llm):
    assert [c.new_tokens for c in llm.complete(CHATS[:3], max_new_tokens=1)] == [1, 1, 1]


def test_tokens_after_the_end_of_the_turn_are_neither_text_nor_counted(llm):
    words = llm.tokenizer(" two words")["input_ids"]
    end = llm.tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert llm.engine._until_stop([*words, end, *words, end]) == words
    made = llm._completion([5, 6, 7], Written(words, 0.5, 2.0), 1)
    assert made == Completion("two words", prompt_tokens=3, new_tokens=len(words), prefill_seconds=0.5, seconds=2.0)


def test_prompt_tokens_are_those_of_the_chat_and_the_start_of_the_answer(llm, one_by_one):
    for chat, completion in zip(CHATS, one_by_one, strict=True):
        written = (
            f"<|im_start|>system\n{SYSTEM['content']}<|im_end|>\n<|im_start|>user\n{chat[1]['content']}<|im_end|>\n"
        )
        expected = llm.tokenizer(written + "<|im_start|>assistant\n", add_special_tokens=False)["input_ids"]
        assert completion.prompt_tokens == len(expected)


@pytest.mark.parametrize(("workers", "expected"), [(1, (1.0, 3.0)), (2, (0.5, 1.5))])
def test_seconds_are_shares_of_what_passed(llm, monkeypatch, workers, expected):
    clock = iter([100.0, 103.0, 109.0])  # of a machine that answers one batch, or two at the same time
    monkeypatch.setattr(engines, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    prompts = [llm.prompt_ids(chat) for chat in CHATS[:3]]
    written = llm.engine.write(prompts, [], 2, 0)
    done = [llm._completion(ids, one, 3 * workers) for ids, one in zip(prompts, written, strict=True)]
    assert [(c.prefill_seconds, c.seconds) for c in done] == [expected] * 3


def test_a_label_shows_progress(llm, capsys):
    llm.complete(CHATS[:2], max_new_tokens=1, label="closed book")
    assert "closed book: 100%" in capsys.readouterr().out


def test_a_folder_without_an_adapter_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no adapter: pass the path"):
        LLM.load(tmp_path)
