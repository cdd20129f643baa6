"""Training a cross-encoder: the pairs it learns from, the cache of what was trained, and that a seed repeats it."""

from dataclasses import replace

import pytest
from colour_pairs import PAIRS, RECIPE

from utils import settings
from utils.corpus import Document, Question
from utils.finetuning import cross_encoder, training_report
from utils.retrieval import CrossEncoderReranker, Hit, Retriever


def question(text, answers, doc_ids):
    return Question("q", text, answers, doc_ids, "network", "hr", "lookup", "train", None, answers)


@pytest.fixture(scope="module")
def trained():
    return cross_encoder.train_cross_encoder(PAIRS, RECIPE)


def test_pairs_are_the_answering_passages_and_hard_negatives():
    documents = [
        Document("leave", "Leave", "Staff have 27 days of leave. Leave is asked for early. So it is 27 days.", "hr"),
        Document("old", "Old leave", "In the old days leave was 27 days.", "hr"),
        Document("pay", "Pay", "Pay for leave comes on Friday. Ask about leave and pay.", "hr"),
        Document("gate", "Gate", "The gate is red.", "hr"),
    ]
    searched = Retriever(documents, "keyword", chunk=1)
    asked = question("how many days of leave", ("27 days",), ("leave",))
    pairs = cross_encoder.passage_pairs([asked, question("who?", ("nobody",), ("gate",))], searched, negatives=2)
    right, wrong = [p.passage for p in pairs if p.answers], [p.passage for p in pairs if not p.answers]
    assert right == ["Leave. So it is 27 days.", "Leave. Staff have 27 days of leave."]  # the shorter ranks first
    assert len(wrong) == 2
    assert not any("27" in text or "gate" in text for text in wrong)  # neither another answer nor what was not found
    assert {pair.question for pair in pairs} == {asked.question}


def test_another_pair_recipe_or_embedder_is_another_model(monkeypatch, tmp_path):
    def fill(folder, *rest):
        folder.mkdir()
        (folder / "training.json").write_text("{}")

    monkeypatch.setenv("RVF_RUNS", str(tmp_path))
    monkeypatch.setattr(cross_encoder, "_train_into", fill)
    one = cross_encoder.train_cross_encoder(PAIRS, RECIPE)
    assert cross_encoder.train_cross_encoder(list(PAIRS), replace(RECIPE)) == one
    assert cross_encoder.train_cross_encoder(PAIRS[:-1], RECIPE) != one
    changed = [*PAIRS[:-1], replace(PAIRS[-1], answers=True)]
    assert cross_encoder.train_cross_encoder(changed, RECIPE) != one
    assert cross_encoder.train_cross_encoder(PAIRS, replace(RECIPE, seed=1)) != one
    monkeypatch.setenv("RVF_EMBEDDER", "another/model")
    assert cross_encoder.train_cross_encoder(PAIRS, RECIPE) != one


@pytest.mark.parametrize("pairs", [[], [PAIRS[0]], [pair for pair in PAIRS if not pair.answers]])
def test_pairs_of_one_kind_teach_nothing(pairs):
    with pytest.raises(ValueError, match="pass pairs of both"):
        cross_encoder.train_cross_encoder(pairs)


def test_an_interrupted_training_leaves_nothing_to_be_taken_for_whole(monkeypatch, tmp_path):
    def broken(folder, *rest):
        folder.mkdir()
        (folder / "training.json").write_text("{}")
        raise KeyboardInterrupt

    monkeypatch.setenv("RVF_RUNS", str(tmp_path))
    monkeypatch.setattr(cross_encoder, "_train_into", broken)
    with pytest.raises(KeyboardInterrupt):
        cross_encoder.train_cross_encoder(PAIRS, RECIPE)
    assert [path.suffix for path in (tmp_path / "rerankers").iterdir()] == [".lock"]


@pytest.mark.model
def test_training_reports_itself_and_happens_once(trained, monkeypatch):
    report = training_report(trained)
    assert report["pairs"] == len(PAIRS)
    assert report["steps"] == len(report["losses"]) == 2 * RECIPE.epochs  # nine pairs, six a batch
    assert report["losses"][-1] < report["losses"][0]
    assert trained.parent == settings.runs_dir() / "rerankers"
    monkeypatch.setattr(cross_encoder, "_train_into", None)
    assert cross_encoder.train_cross_encoder(PAIRS, RECIPE) == trained


@pytest.mark.model
def test_the_same_pairs_and_seed_train_the_same_model(trained, tmp_path):
    cross_encoder._train_into(tmp_path / "again", PAIRS, RECIPE, "again")
    passages = [Hit(pair.passage, f"{pair.passage}#0", pair.passage, 1.0) for pair in PAIRS]
    one, two = CrossEncoderReranker(trained), CrossEncoderReranker(tmp_path / "again")
    for left, right in zip(one("which colour", passages), two("which colour", passages), strict=True):
        assert (left.text, left.score) == (right.text, pytest.approx(right.score, abs=1e-3))
