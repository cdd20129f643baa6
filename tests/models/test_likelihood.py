"""From chats to a training step: labels, padding, and the loss over the answers alone; what a model expects."""

import random

import pytest
import torch

from utils.models import IGNORED, answer_loss, collate, encode_example, losses

SYSTEM = {"role": "system", "content": "Answer briefly."}


def chat(question, answer):
    return [SYSTEM, {"role": "user", "content": question}, {"role": "assistant", "content": answer}]


EXAMPLES = [
    chat("When?", "At seven."),
    chat("What does the yellow lamp by the stairs mean?", "That the lift is being repaired."),
    chat("Where is the key kept over night, and who may fetch it?", "Green"),
]


@pytest.mark.model
def test_labels_stand_on_the_answer_and_the_end_of_its_turn_alone(llm):
    row = encode_example(llm.tokenizer, chat("Who opens the gate?", "Mr. Ode."))
    prompt = "<|im_start|>system\nAnswer briefly.<|im_end|>\n<|im_start|>user\nWho opens the gate?<|im_end|>\n"
    assert llm.tokenizer.decode(row["input_ids"]) == prompt + "<|im_start|>assistant\nMr. Ode.<|im_end|>"
    learned = [label for label in row["labels"] if label != IGNORED]
    assert llm.tokenizer.decode(learned) == "Mr. Ode.<|im_end|>"
    assert row["labels"] == [IGNORED] * (len(row["input_ids"]) - len(learned)) + row["input_ids"][-len(learned) :]


@pytest.mark.model
def test_training_and_asking_use_the_same_prompt(llm):
    row = encode_example(llm.tokenizer, EXAMPLES[0])
    assert [i for i, label in zip(*row.values(), strict=True) if label == IGNORED] == llm.prompt_ids(EXAMPLES[0][:-1])


def test_rows_are_padded_on_the_left():
    rows = [{"input_ids": [5, 6, 7], "labels": [IGNORED, 6, 7]}, {"input_ids": [8], "labels": [8]}]
    batch = {name: tensor.tolist() for name, tensor in collate(2, rows).items()}
    assert batch == {
        "input_ids": [[5, 6, 7], [2, 2, 8]],
        "attention_mask": [[1, 1, 1], [0, 0, 1]],
        "labels": [[IGNORED, 6, 7], [IGNORED, IGNORED, 8]],
    }


@pytest.mark.model
def test_the_loss_is_the_full_vocabulary_loss_of_transformers(llm):
    batch = collate(llm.tokenizer.eos_token_id, [encode_example(llm.tokenizer, example) for example in EXAMPLES])
    with torch.inference_mode():
        assert float(answer_loss(llm.model, batch)) == pytest.approx(float(llm.model(**batch).loss), abs=1e-4)


def test_no_chats_have_no_losses():
    assert losses(None, []) == []


def shuffled(chat):
    words = chat[-1]["content"].split()
    return [*chat[:-1], {**chat[-1], "content": " ".join(random.Random(0).sample(words, len(words)))}]


@pytest.mark.model
def test_the_loss_of_a_text_is_the_mean_of_minus_log_p_and_word_order_is_missed(llm, handbook):
    texts = [chat(page.title, " ".join(page.text.split()[:120])) for page in handbook[:2]]
    found = losses(llm, [*texts, shuffled(texts[0])])
    asked = llm.prompt_ids(texts[0][:-1])
    answer = llm.tokenizer(texts[0][-1]["content"], add_special_tokens=False)["input_ids"]
    with torch.inference_mode():
        logs = llm.model(input_ids=torch.tensor([asked + answer])).logits[0].float().log_softmax(-1)
    plain = [-float(logs[len(asked) + place - 1, token]) for place, token in enumerate(answer)]
    assert found[0] == pytest.approx(sum(plain) / len(plain), abs=1e-3)
    assert found[1] != pytest.approx(found[0], abs=1e-3), "texts share a loss"
    assert found[2] > found[0] + 0.5
