"""Tuning the embedder: what is paired and what competes, the loss beside the library's, training, the cache, search."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from utils import corpus, embedding, models
from utils.corpus import Document
from utils.embedding import Pair, Recipe
from utils.evaluation import contains_answer
from utils.retrieval import Retriever

FRIDAY = Pair(
    "When is cake?", ("Cake is on Friday.", "Tea is at four."), ("network", "network"), ("Friday",), ("network",)
)
TEA = Pair("When is tea?", ("Tea is at four.",), ("network",), ("four",), ("network",))
HERE = Pair("Late day?", ("Elmgate closes late on Tuesday.",), ("elmgate",), ("Tuesday",), ("elmgate", "network"))
THERE = Pair("Late day?", ("Windle closes late on Monday.",), ("windle",), ("Monday",), ("windle", "network"))
SMALL = [FRIDAY, Pair(TEA.question, TEA.windows * 2, TEA.tenants * 2, TEA.answers, TEA.readable)]


def units(*shape, seed=0):
    rows = torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return torch.nn.functional.normalize(rows, dim=-1)


def library_loss(questions, *windows):
    try:
        from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
    except ImportError:  # before sentence-transformers 5.4
        from sentence_transformers.losses import MultipleNegativesRankingLoss
    loss = MultipleNegativesRankingLoss(torch.nn.Identity(), scale=embedding.SCALE)
    return loss.compute_loss_from_embeddings([questions, *windows], None)


def test_the_loss_is_the_library_s_when_all_windows_compete():
    questions, gold, hard = units(5, 8), units(5, 8, seed=1), units(5, 8, seed=2)
    everything = torch.ones(5, 10, dtype=torch.bool)
    ours = embedding.contrastive_loss(questions, torch.cat([gold, hard]), everything)
    assert ours.item() == pytest.approx(library_loss(questions, gold, hard).item(), rel=1e-9)


def test_a_window_that_does_not_compete_might_as_well_not_be_there():
    questions, windows = units(3, 8), units(7, 8, seed=1)
    compete = torch.ones(3, 7, dtype=torch.bool)
    compete[:, 5:] = False
    without = embedding.contrastive_loss(questions, windows[:5], compete[:, :5])
    assert embedding.contrastive_loss(questions, windows, compete).item() == pytest.approx(without.item())


def test_the_loss_is_small_when_questions_lie_with_their_windows_and_large_when_they_lie_with_others():
    apart = torch.eye(4)
    everything = torch.ones(4, 4, dtype=torch.bool)
    assert embedding.contrastive_loss(apart, apart, everything) < 0.001
    assert embedding.contrastive_loss(apart, apart.flip(0), everything) > 10


def test_a_window_that_answers_another_question_does_not_count_against_it():
    # windows in order: cake, tea of the first pair's hard negative, tea
    assert embedding.competing([FRIDAY, TEA]) == [[True, True, True], [True, True, False]]
    assert embedding.competing([FRIDAY, FRIDAY]) == [[True, False, True, True], [False, True, True, True]]


def test_a_window_that_the_asker_may_not_read_does_not_count():
    assert embedding.competing([HERE, THERE]) == [[True, False], [False, True]]
    assert embedding.competing([HERE, FRIDAY])[0] == [True, True, True]


@pytest.fixture(scope="module")
def found():
    return Retriever(corpus.load_handbook(), mode="keyword")


def test_pairs_begin_with_the_window_that_answers_and_go_on_with_windows_that_do_not(found):
    questions = [q for q in corpus.load_questions("train") if q.kind in ("lookup", "tenant")][::40]
    for question, pair in zip(questions, embedding.pairs(questions, found, negatives=2), strict=True):
        texts = {piece.text: piece.doc_id for piece in found.chunks}
        assert texts[pair.windows[0]] in question.doc_ids
        assert [contains_answer(window, question.answers) for window in pair.windows] == [True, False, False]
        assert pair.tenants == tuple(found.documents[texts[window]].tenant for window in pair.windows)
        assert set(pair.tenants) <= set(pair.readable)
        assert (pair.question, pair.answers) == (question.question, question.answers)


def test_what_nobody_answers_is_no_pair(found):
    assert embedding.pairs(corpus.load_questions("train", "unanswerable")[:3], found) == []


def test_fewer_than_two_pairs_are_refused():
    for few in ([], [TEA]):
        with pytest.raises(ValueError, match="pass at least two"):
            embedding.tune(few)


def test_the_folder_depends_on_pairs_recipe_and_base(monkeypatch):
    first = embedding.tuned_path([FRIDAY, TEA], Recipe())
    assert embedding.tuned_path([FRIDAY, TEA], Recipe()) == first
    others = {embedding.tuned_path([TEA, FRIDAY], Recipe()), embedding.tuned_path([FRIDAY, TEA], Recipe(epochs=3))}
    monkeypatch.setenv("RVF_EMBEDDER", "somebody/else")
    assert len({first, *others, embedding.tuned_path([FRIDAY, TEA], Recipe())}) == 4


RECIPE = Recipe(learning_rate=2e-4, epochs=4, batch_size=2)


@pytest.fixture(scope="module")
def tuned():
    return embedding.tune(SMALL, RECIPE, label="two pairs")


@pytest.mark.model
def test_tuning_lowers_the_loss_and_leaves_a_report_and_nothing_half_done(tuned):
    report = json.loads((tuned / "training.json").read_text())
    assert report["losses"][-1] < report["losses"][0]
    assert (report["pairs"], report["steps"], len(report["losses"])) == (2, 4, 4)
    assert [path.name for path in tuned.parent.iterdir() if path.is_dir()] == [tuned.name]


@pytest.mark.model
def test_the_tuned_embedder_brings_a_question_nearer_to_its_window(tuned):
    texts = [SMALL[0].question, *SMALL[0].windows]
    question, right, wrong = models.load_embedder().encode(texts, normalize_embeddings=True)
    nearer, right_after, wrong_after = embedding.load(tuned).encode(texts, normalize_embeddings=True)
    assert nearer @ right_after - nearer @ wrong_after > question @ right - question @ wrong + 0.01


@pytest.mark.model
def test_tuning_the_same_again_trains_nothing(tuned, monkeypatch):
    monkeypatch.setattr(embedding, "_trainer_class", lambda: pytest.fail("it was trained again"))
    assert embedding.tune(SMALL, RECIPE) == tuned


@pytest.mark.model
def test_tuning_is_the_same_in_another_folder(tuned, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("RVF_RUNS", str(tmp_path))
    again = embedding.tune(SMALL, RECIPE, label="two pairs")
    assert again != tuned
    losses = [json.loads((folder / "training.json").read_text())["losses"] for folder in (tuned, again)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-3)
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "two pairs" in printed.out


@pytest.mark.model
def test_an_interrupted_tuning_leaves_nothing(monkeypatch, tmp_path):
    def fail(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setenv("RVF_RUNS", str(tmp_path))
    monkeypatch.setattr(embedding, "_trainer_class", fail)
    with pytest.raises(KeyboardInterrupt):
        embedding.tune(SMALL, RECIPE)
    assert [path.name for path in (tmp_path / "embedders").iterdir() if path.is_dir()] == []


def test_a_folder_that_tune_did_not_return_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no tuned embedder"):
        embedding.load(tmp_path)


WORDS = ("cake", "tea", "late")
PAGES = [
    Document("cake", "Cake", "We have cake, and tea.", "hr"),
    Document("tea", "Tea", "Tea, tea, tea.", "hr"),
    Document("late", "Late", "It is late.", "clinics", tenant="elmgate"),
]


def counting_encode(texts, **options):
    """An embedder that counts three words."""
    counts = np.array([[text.lower().count(word) for word in WORDS] for text in texts], dtype=float)
    return counts / np.linalg.norm(counts, axis=1, keepdims=True)


EMBEDDER = SimpleNamespace(encode=counting_encode)


def asking(text, tenant="network"):
    return corpus.Question(text, text, (), (), tenant, "hr", "lookup", "test", None, ())


def test_search_ranks_windows_by_cosine():
    shelf = Retriever(PAGES, mode="keyword")
    tea, cake = embedding.search(EMBEDDER, shelf, [asking("tea"), asking("cake cake tea")], k=2)
    assert [hit.doc_id for hit in tea] == ["tea", "cake"]
    assert tea[0].score == pytest.approx(1.0)
    assert [hit.doc_id for hit in cake] == ["cake", "tea"]
    assert cake[0].text == "Cake. We have cake, and tea."


def test_search_finds_only_what_may_be_read():
    shelf = Retriever(PAGES, mode="keyword")
    here, there = embedding.search(EMBEDDER, shelf, [asking("late", "elmgate"), asking("late")], k=3)
    assert here[0].doc_id == "late"
    assert {hit.doc_id for hit in there} == {"cake", "tea"}


@pytest.mark.model
def test_search_with_the_base_embedder_is_the_retriever_s_dense_search(handbook):
    few = [document for document in handbook if document.doc_id.startswith("hr-")][:5]
    questions = [asking("How many days off do I get?"), asking("Who pays for my shoes?")]
    dense = Retriever(few, mode="dense").search_many([question.question for question in questions], k=5)
    ours = embedding.search(models.load_embedder(), Retriever(few, mode="keyword"), questions, k=5)
    assert [[hit.chunk_id for hit in hits] for hits in ours] == [[hit.chunk_id for hit in hits] for hits in dense]
