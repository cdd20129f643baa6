"""Rerankers: that they put what was found into a better order."""

import pytest
import torch
from colour_pairs import PAIRS, RECIPE

from utils import retrieval
from utils.finetuning import cross_encoder
from utils.retrieval import CrossEncoderReranker, Hit, LikelihoodReranker


def hits(*texts):
    return [Hit(f"d{n}", f"d{n}#0", text, 1.0 / n) for n, text in enumerate(texts, 1)]


@pytest.fixture(scope="module")
def trained():
    return cross_encoder.train_cross_encoder(PAIRS, RECIPE)


def test_reordering_replaces_scores_and_keeps_the_order_of_equals():
    found = retrieval.reordered(hits("a", "b", "c"), [0.1, 0.5, 0.1])
    assert [(hit.text, hit.score) for hit in found] == [("b", 0.5), ("a", 0.1), ("c", 0.1)]
    assert [hit.chunk_id for hit in found] == ["d2#0", "d1#0", "d3#0"]
    with pytest.raises(ValueError, match=r"shorter|longer"):
        retrieval.reordered(hits("a", "b"), [0.1])


def test_a_folder_that_holds_no_reranker_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no reranker: pass the path that train_cross_encoder returned"):
        CrossEncoderReranker(tmp_path)


@pytest.mark.model
def test_a_trained_reranker_puts_what_answers_first(trained):
    reranker = CrossEncoderReranker(trained)
    for thing in ("lamp", "boat"):
        texts = [pair.passage for pair in PAIRS if thing in pair.passage][::-1]
        found = reranker(f"which colour has the {thing}", hits(*texts))
        assert found[0].text == f"The {thing} has the colour red."
        assert sorted(hit.text for hit in found) == sorted(texts)
        assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)
        assert all(0 <= hit.score <= 1 for hit in found)
    assert reranker("which colour", []) == []


@pytest.mark.model
def test_passages_that_are_too_long_are_cut_and_the_question_is_not(trained):
    reranker = CrossEncoderReranker(trained)
    long = PAIRS[0].passage + " and so on" * 500
    found = reranker(PAIRS[0].question, hits(long, PAIRS[1].passage))
    assert len(found) == 2


@pytest.mark.model
def test_the_likelihood_is_that_of_the_question_after_the_passage(llm):
    query = "When does the gate close?"
    found = LikelihoodReranker(llm)(query, hits("Bread is sold in the hall.", "Gate. It closes at nine every evening."))
    assert found[0].text.startswith("Gate.")
    chat = [
        {"role": "system", "content": "Write a question that the passage answers."},
        {"role": "user", "content": found[0].text},
    ]
    asked = llm.prompt_ids(chat)
    tokens = llm.tokenizer(query, add_special_tokens=False)["input_ids"]
    with torch.inference_mode():
        logs = llm.model(input_ids=torch.tensor([asked + tokens])).logits[0].float().log_softmax(-1)
    plain = [float(logs[len(asked) + place - 1, token]) for place, token in enumerate(tokens)]
    assert found[0].score == pytest.approx(sum(plain) / len(plain), abs=1e-3)
    assert LikelihoodReranker(llm)(query, []) == []
