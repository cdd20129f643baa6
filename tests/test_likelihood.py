"""How well a model expects a page: what is asked and answered, and that its loss is the plain one."""

import random

import pytest
import torch

from utils import likelihood
from utils.corpus import Document


def document(text, title="Opening hours"):
    return Document("d1", title, text, collection="hr")


def test_a_page_is_asked_for_by_its_title():
    chat = likelihood.page(document("We open at eight."))
    assert [message["role"] for message in chat] == ["system", "user", "assistant"]
    assert chat[1]["content"] == "Opening hours"


@pytest.mark.parametrize(("words", "kept"), [(3, 3), (120, 120), (121, 120), (500, 120)])
def test_the_answer_is_the_first_120_words_of_the_page(words, kept):
    chat = likelihood.page(document(" ".join(f"w{n}" for n in range(words))))
    assert chat[-1]["content"] == " ".join(f"w{n}" for n in range(kept))


def test_headings_and_line_breaks_are_words_and_spaces():
    assert likelihood.page(document("# Hours\n\nWe open\nat  eight."))[-1]["content"] == "# Hours We open at eight."


def test_no_pages_have_no_losses():
    assert likelihood.losses(None, []) == []


def shuffled(chat):
    words = chat[-1]["content"].split()
    return [*chat[:-1], {**chat[-1], "content": " ".join(random.Random(0).sample(words, len(words)))}]


@pytest.mark.model
def test_the_loss_is_the_mean_of_minus_log_p_and_word_order_is_missed(llm, handbook):
    pages = [likelihood.page(page) for page in handbook[:2]]
    found = likelihood.losses(llm, [*pages, shuffled(pages[0])])
    asked = llm.prompt_ids(pages[0][:-1])
    answer = llm.tokenizer(pages[0][-1]["content"], add_special_tokens=False)["input_ids"]
    with torch.inference_mode():
        logs = llm.model(input_ids=torch.tensor([asked + answer])).logits[0].float().log_softmax(-1)
    plain = [-float(logs[len(asked) + place - 1, token]) for place, token in enumerate(answer)]
    assert found[0] == pytest.approx(sum(plain) / len(plain), abs=1e-3)
    assert found[1] != pytest.approx(found[0], abs=1e-3), "pages share a loss"
    assert found[2] > found[0] + 0.5
