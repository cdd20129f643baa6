"""Tuning the embedder: what is paired and what competes, the loss beside the library's, training, the cache, search."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from utils import corpus, models, settings
from utils.corpus import Document
from utils.finetuning import embedder_tuning, training_report
from utils.finetuning.embedder_tuning import ChunkPair, EmbedderRecipe
from utils.retrieval import Retriever
from utils.scoring import mentions

FRIDAY = ChunkPair(
    "When is cake?", ("Cake is on Friday.", "Tea is at four."), ("network", "network"), ("Friday",), ("network",)
)
TEA = ChunkPair("When is tea?", ("Tea is at four.",), ("network",), ("four",), ("network",))
HERE = ChunkPair("Late day?", ("Elmgate closes late on Tuesday.",), ("elmgate",), ("Tuesday",), ("elmgate", "network"))
THERE = ChunkPair("Late day?", ("Windle closes late on Monday.",), ("windle",), ("Monday",), ("windle", "network"))
SMALL = [FRIDAY, ChunkPair(TEA.question, TEA.chunks * 2, TEA.tenants * 2, TEA.answers, TEA.readable)]


def units(*shape, seed=0):
    rows = torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return torch.nn.functional.normalize(rows, dim=-1)


def library_loss(questions, *chunks):
    try:
        from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
    except ImportError:  # before sentence-transformers 5.4
        from sentence_transformers.losses import MultipleNegativesRankingLoss
    loss = MultipleNegativesRankingLoss(torch.nn.Identity(), scale=embedder_tuning.SCALE)
    return loss.compute_loss_from_embeddings([questions, *chunks], None)


def test_the_loss_is_the_library_s_when_all_chunks_compete():
    questions, gold, hard = units(5, 8), units(5, 8, seed=1), units(5, 8, seed=2)
    everything = torch.ones(5, 10, dtype=torch.bool)
    ours = embedder_tuning.contrastive_loss(questions, torch.cat([gold, hard]), everything)
    assert ours.item() == pytest.approx(library_loss(questions, gold, hard).item(), rel=1e-9)


def test_a_chunk_that_does_not_compete_might_as_well_not_be_there():
    questions, chunks = units(3, 8), units(7, 8, seed=1)
    compete = torch.ones(3, 7, dtype=torch.bool)
    compete[:, 5:] = False
    without = embedder_tuning.contrastive_loss(questions, chunks[:5], compete[:, :5])
    assert embedder_tuning.contrastive_loss(questions, chunks, compete).item() == pytest.approx(without.item())


def test_the_loss_is_small_when_questions_lie_with_their_chunks_and_large_when_they_lie_with_others():
    apart = torch.eye(4)
    everything = torch.ones(4, 4, dtype=torch.bool)
    assert embedder_tuning.contrastive_loss(apart, apart, everything) < 0.001
    assert embedder_tuning.contrastive_loss(apart, apart.flip(0), everything) > 10


def test_a_chunk_that_answers_another_question_does_not_count_against_it():
    # chunks in order: cake, tea of the first pair's hard negative, tea
    assert embedder_tuning.competing([FRIDAY, TEA]) == [[True, True, True], [True, True, False]]
    assert embedder_tuning.competing([FRIDAY, FRIDAY]) == [[True, False, True, True], [False, True, True, True]]


def test_a_chunk_that_the_asker_may_not_read_does_not_count():
    assert embedder_tuning.competing([HERE, THERE]) == [[True, False], [False, True]]
    assert embedder_tuning.competing([HERE, FRIDAY])[0] == [True, True, True]


@pytest.fixture(scope="module")
def found():
    return Retriever(corpus.load_handbook(), mode="keyword")


def test_pairs_begin_with_the_chunk_that_answers_and_go_on_with_chunks_that_do_not(found):
    questions = [q for q in corpus.load_questions("train") if q.kind in ("lookup", "tenant")][::40]
    for question, pair in zip(questions, embedder_tuning.chunk_pairs(questions, found, negatives=2), strict=True):
        texts = {chunk.text: chunk.doc_id for chunk in found.chunks}
        assert texts[pair.chunks[0]] in question.doc_ids
        assert [mentions(chunk, question.answers) for chunk in pair.chunks] == [True, False, False]
        assert pair.tenants == tuple(found.documents[texts[chunk]].tenant for chunk in pair.chunks)
        assert set(pair.tenants) <= set(pair.readable)
        assert (pair.question, pair.answers) == (question.question, question.answers)


def test_what_nobody_answers_is_no_pair(found):
    assert embedder_tuning.chunk_pairs(corpus.load_questions("train", "unanswerable")[:3], found) == []


def test_fewer_than_two_pairs_are_refused():
    for few in ([], [TEA]):
        with pytest.raises(ValueError, match="pass at least two"):
            embedder_tuning.tune_embedder(few)


def test_the_folder_depends_on_pairs_recipe_and_base(monkeypatch, tmp_path):
    def fill(folder, *rest):
        folder.mkdir()
        (folder / "training.json").write_text("{}")

    monkeypatch.setenv("RVF_RUNS", str(tmp_path))
    monkeypatch.setattr(embedder_tuning, "_tune_into", fill)
    first = embedder_tuning.tune_embedder([FRIDAY, TEA], EmbedderRecipe())
    assert first.parent == settings.runs_dir() / "embedders"
    assert embedder_tuning.tune_embedder([FRIDAY, TEA]) == first
    others = {
        embedder_tuning.tune_embedder([TEA, FRIDAY], EmbedderRecipe()),
        embedder_tuning.tune_embedder([FRIDAY, TEA], EmbedderRecipe(epochs=3)),
    }
    monkeypatch.setenv("RVF_EMBEDDER", "somebody/else")
    assert len({first, *others, embedder_tuning.tune_embedder([FRIDAY, TEA], EmbedderRecipe())}) == 4


RECIPE = EmbedderRecipe(learning_rate=2e-4, epochs=4, batch_size=2)


@pytest.fixture(scope="module")
def tuned():
    return embedder_tuning.tune_embedder(SMALL, RECIPE, label="two pairs")


@pytest.mark.model
def test_tuning_lowers_the_loss_and_leaves_a_report_and_nothing_half_done(tuned):
    report = training_report(tuned)
    assert report["losses"][-1] < report["losses"][0]
    assert (report["pairs"], report["steps"], len(report["losses"])) == (2, 4, 4)
    assert [path.name for path in tuned.parent.iterdir() if path.is_dir()] == [tuned.name]


@pytest.mark.model
def test_the_tuned_embedder_brings_a_question_nearer_to_its_chunk(tuned):
    texts = [SMALL[0].question, *SMALL[0].chunks]
    question, right, wrong = models.load_embedder().encode(texts, normalize_embeddings=True)
    embedder = embedder_tuning.load_tuned_embedder(tuned)
    nearer, right_after, wrong_after = embedder.encode(texts, normalize_embeddings=True)
    assert nearer @ right_after - nearer @ wrong_after > question @ right - question @ wrong + 0.01


@pytest.mark.model
def test_tuning_the_same_again_trains_nothing(tuned, monkeypatch):
    monkeypatch.setattr(embedder_tuning, "_tune_into", lambda *arguments: pytest.fail("it was trained again"))
    assert embedder_tuning.tune_embedder(SMALL, RECIPE) == tuned


@pytest.mark.model
def test_tuning_is_the_same_in_another_folder(tuned, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("RVF_RUNS", str(tmp_path))
    again = embedder_tuning.tune_embedder(SMALL, RECIPE, label="two pairs")
    assert again != tuned
    losses = [training_report(folder)["losses"] for folder in (tuned, again)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-3)
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "two pairs" in printed.out


@pytest.mark.model
def test_an_interrupted_tuning_leaves_nothing(monkeypatch, tmp_path):
    def fail(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setenv("RVF_RUNS", str(tmp_path))
    monkeypatch.setattr(embedder_tuning, "contrastive_loss", fail)
    with pytest.raises(KeyboardInterrupt):
        embedder_tuning.tune_embedder(SMALL, RECIPE)
    assert [path.suffix for path in (tmp_path / "embedders").iterdir()] == [".lock"]


def test_a_folder_that_tune_did_not_return_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no tuned embedder"):
        embedder_tuning.load_tuned_embedder(tmp_path)


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


def test_search_ranks_chunks_by_cosine():
    collection = Retriever(PAGES, mode="keyword")
    tea, cake = embedder_tuning.search_with_embedder(
        EMBEDDER, collection, [asking("tea"), asking("cake cake tea")], k=2
    )
    assert [hit.doc_id for hit in tea] == ["tea", "cake"]
    assert tea[0].score == pytest.approx(1.0)
    assert [hit.doc_id for hit in cake] == ["cake", "tea"]
    assert cake[0].text == "Cake. We have cake, and tea."


def test_search_finds_only_what_may_be_read():
    collection = Retriever(PAGES, mode="keyword")
    questions = [asking("late", "elmgate"), asking("late")]
    here, there = embedder_tuning.search_with_embedder(EMBEDDER, collection, questions, k=3)
    assert here[0].doc_id == "late"
    assert {hit.doc_id for hit in there} == {"cake", "tea"}


@pytest.mark.model
def test_search_with_the_base_embedder_is_the_retriever_s_dense_search(handbook):
    few = [document for document in handbook if document.doc_id.startswith("hr-")][:5]
    questions = [asking("How many days off do I get?"), asking("Who pays for my shoes?")]
    dense = Retriever(few, mode="dense").search_many([question.question for question in questions], k=5)
    ours = embedder_tuning.search_with_embedder(models.load_embedder(), Retriever(few, mode="keyword"), questions, k=5)
    assert [[hit.chunk_id for hit in hits] for hits in ours] == [[hit.chunk_id for hit in hits] for hits in dense]
