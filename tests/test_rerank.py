"""Rerankers: the pairs they learn from, the cache of what was trained, and that they order as they should."""

import json
from dataclasses import replace

import pytest
import torch

from utils import rerank, settings
from utils.corpus import Document, Question
from utils.rerank import CrossEncoderReranker, LikelihoodReranker, Pair, Recipe
from utils.retrieval import Hit, Retriever

SMALL = Recipe(epochs=12, batch_size=6, learning_rate=2e-4)
PAIRS = [
    Pair(f"which colour has the {thing}", f"The {thing} {verb} {what}.", verb == "has the colour")
    for thing in ("gate", "lamp", "boat")
    for verb, what in (("has the colour", "red"), ("stands", "on the hill"), ("was built", "in June"))
]


def hits(*texts):
    return [Hit(f"d{n}", f"d{n}#0", text, 1.0 / n) for n, text in enumerate(texts, 1)]


def question(text, answers, doc_ids):
    return Question("q", text, answers, doc_ids, "network", "hr", "lookup", "train", None, answers)


@pytest.fixture(scope="module")
def trained():
    return rerank.train(PAIRS, SMALL)


def test_reordering_replaces_scores_and_keeps_the_order_of_equals():
    found = rerank.reordered(hits("a", "b", "c"), [0.1, 0.5, 0.1])
    assert [(hit.text, hit.score) for hit in found] == [("b", 0.5), ("a", 0.1), ("c", 0.1)]
    assert [hit.chunk_id for hit in found] == ["d2#0", "d1#0", "d3#0"]
    with pytest.raises(ValueError, match=r"shorter|longer"):
        rerank.reordered(hits("a", "b"), [0.1])


def test_pairs_are_the_answering_passages_and_hard_negatives():
    documents = [
        Document("leave", "Leave", "Staff have 27 days of leave. Leave is asked for early. So it is 27 days.", "hr"),
        Document("old", "Old leave", "In the old days leave was 27 days.", "hr"),
        Document("pay", "Pay", "Pay for leave comes on Friday. Ask about leave and pay.", "hr"),
        Document("gate", "Gate", "The gate is red.", "hr"),
    ]
    searched = Retriever(documents, "keyword", chunk=1)
    asked = question("how many days of leave", ("27 days",), ("leave",))
    pairs = rerank.training_pairs([asked, question("who?", ("nobody",), ("gate",))], searched, negatives=2)
    right, wrong = [p.passage for p in pairs if p.answers], [p.passage for p in pairs if not p.answers]
    assert right == ["Leave. So it is 27 days.", "Leave. Staff have 27 days of leave."]  # the shorter ranks first
    assert len(wrong) == 2
    assert not any("27" in text or "gate" in text for text in wrong)  # neither another answer nor what was not found
    assert {pair.question for pair in pairs} == {asked.question}


def test_another_pair_recipe_or_embedder_is_another_model(monkeypatch):
    one = rerank.model_path(PAIRS, SMALL)
    assert rerank.model_path(list(PAIRS), replace(SMALL)) == one
    assert rerank.model_path(PAIRS[:-1], SMALL) != one
    assert rerank.model_path([*PAIRS[:-1], replace(PAIRS[-1], answers=True)], SMALL) != one
    assert rerank.model_path(PAIRS, replace(SMALL, seed=1)) != one
    monkeypatch.setenv("RVF_EMBEDDER", "another/model")
    assert rerank.model_path(PAIRS, SMALL) != one


@pytest.mark.parametrize("pairs", [[], [PAIRS[0]], [pair for pair in PAIRS if not pair.answers]])
def test_pairs_of_one_kind_teach_nothing(pairs):
    with pytest.raises(ValueError, match="pass pairs of both"):
        rerank.train(pairs)


def test_an_interrupted_training_leaves_nothing_to_be_taken_for_whole(monkeypatch):
    def broken(folder, *rest):
        folder.mkdir()
        (folder / "training.json").write_text("{}")
        raise KeyboardInterrupt

    monkeypatch.setattr(rerank, "_train_into", broken)
    recipe = replace(SMALL, seed=99)
    with pytest.raises(KeyboardInterrupt):
        rerank.train(PAIRS, recipe)
    assert not rerank.model_path(PAIRS, recipe).exists()
    assert not list(rerank.model_path(PAIRS, recipe).parent.glob("*.part-*"))


def test_a_folder_that_holds_no_reranker_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no reranker: pass the path that train returned"):
        CrossEncoderReranker(tmp_path)


@pytest.mark.model
def test_training_reports_itself_and_happens_once(trained, monkeypatch):
    report = json.loads((trained / "training.json").read_text())
    assert report["pairs"] == len(PAIRS)
    assert report["steps"] == len(report["losses"]) == 2 * SMALL.epochs  # nine pairs, six a batch
    assert report["losses"][-1] < report["losses"][0]
    assert trained.parent == settings.runs_dir() / "rerankers"
    monkeypatch.setattr(rerank, "_train_into", None)
    assert rerank.train(PAIRS, SMALL) == trained


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
def test_the_same_pairs_and_seed_train_the_same_model(trained, tmp_path):
    rerank._train_into(tmp_path / "again", PAIRS, SMALL, "again")
    passages = hits(*(pair.passage for pair in PAIRS))
    one, two = CrossEncoderReranker(trained), CrossEncoderReranker(tmp_path / "again")
    for left, right in zip(one("which colour", passages), two("which colour", passages), strict=True):
        assert (left.text, left.score) == (right.text, pytest.approx(right.score, abs=1e-3))


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
