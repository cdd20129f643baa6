"""An index on disk: it comes back as it was, or is refused."""

import datetime as dt
import json
from dataclasses import replace

import numpy as np
import pytest

from utils.corpus import Document
from utils.models import embedder
from utils.retrieval import MODES, Retriever

DOCUMENTS = [
    Document("tea", "Tea — thé ☕", "Tea is at four. Bring a cup.", "hr", "elmgate", dt.date(2026, 3, 1), "v2", "mate"),
    Document("post", "Post", "Letters leave at noon.", "hr"),
]


class Embedder:
    """Texts to unit vectors by their length and their first letters."""

    def encode(self, texts, **options):
        vectors = np.array([[len(text), *text[:3].ljust(3).encode("ascii", "replace")[:3]] for text in texts], float)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(autouse=True)
def small_embedder(monkeypatch):
    monkeypatch.setattr(embedder, "_embedder", Embedder)


@pytest.fixture
def saved(tmp_path):
    Retriever(DOCUMENTS, "hybrid", chunk=1).save(tmp_path / "deep" / "index")
    return tmp_path / "deep" / "index"


def refused(folder, words):
    with pytest.raises(ValueError, match="cannot be used") as told:
        Retriever.load(folder)
    assert str(told.value).startswith(f"The index in {folder} cannot be used (")
    assert words in str(told.value)
    assert str(told.value).endswith("build it again.")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("chunk", [1, None])
def test_a_loaded_index_finds_the_same(tmp_path, monkeypatch, mode, chunk):
    first = Retriever(DOCUMENTS, mode, chunk)
    first.save(tmp_path / "index")
    second = Retriever.load(str(tmp_path / "index"))
    assert (second.mode, second.chunk, second.documents) == (mode, chunk, first.documents)
    for query in ("tea at four", "letters", "☕"):
        assert second.search(query) == first.search(query)
    second.remove("tea")
    second.add([DOCUMENTS[0]])
    assert {hit.doc_id for hit in second.search("tea four letters", 9)} == {"tea", "post"}


def test_loading_embeds_nothing(saved, monkeypatch):
    monkeypatch.setattr(embedder, "_embedder", lambda: pytest.fail("the vectors are on disk"))
    assert len(Retriever.load(saved).chunks) == 3


def test_saving_again_replaces_all_of_the_older_index(saved):
    Retriever(DOCUMENTS[1:], "keyword").save(saved)
    assert {path.name for path in saved.iterdir()} == {"store.json"}
    assert list(Retriever.load(saved).documents) == ["post"]
    assert [path.name for path in saved.parent.iterdir()] == ["index"]


@pytest.mark.parametrize("mode", MODES)
def test_an_empty_collection_can_be_kept(tmp_path, mode):
    Retriever([], mode).save(tmp_path / "never filled")
    emptied = Retriever(DOCUMENTS, mode)
    emptied.remove(["tea", "post"])
    emptied.save(tmp_path / "emptied")
    for folder in ("never filled", "emptied"):
        loaded = Retriever.load(tmp_path / folder)
        assert loaded.search("tea") == []
        loaded.add(DOCUMENTS)
        assert loaded.search("tea at four", 1)


def test_a_folder_that_holds_something_else_is_not_overwritten(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match="holds something that is no index: choose another folder"):
        Retriever(DOCUMENTS, "keyword").save(tmp_path)
    with pytest.raises(ValueError, match="holds something that is no index"):
        Retriever(DOCUMENTS, "keyword").save(tmp_path / "thesis.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_failed_save_keeps_the_older_index(saved, monkeypatch):
    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(OSError, match="No space left"):
        Retriever(DOCUMENTS[1:], "dense").save(saved)
    assert [path.name for path in saved.parent.iterdir()] == ["index"]
    assert set(Retriever.load(saved).documents) == {"tea", "post"}


@pytest.mark.parametrize("name", ["store.json", "vectors.npy"])
@pytest.mark.parametrize("size", [None, 0, 1, 70], ids=["missing", "empty", "one byte", "cut off"])
def test_damaged_files_are_refused(saved, name, size):
    content = (saved / name).read_bytes()
    (saved / name).unlink()
    if size is not None:
        (saved / name).write_bytes(content[:size])
    refused(saved, "")


@pytest.mark.parametrize("name", ["store.json", "vectors.npy"])
def test_a_file_of_another_index_of_the_same_size_is_refused(saved, tmp_path, name):
    others = [replace(document, text=document.text.replace("a", "ooo")) for document in DOCUMENTS]
    Retriever(others, "hybrid", chunk=1).save(tmp_path / "other")
    (saved / name).write_bytes((tmp_path / "other" / name).read_bytes())
    refused(saved, "its vectors do not belong to its documents")


@pytest.mark.parametrize(
    "change",
    [
        lambda vectors: vectors * np.nan,
        lambda vectors: vectors[:, :2],
        lambda vectors: vectors.astype(np.float16),
        lambda vectors: vectors[::-1],
        lambda vectors: vectors.ravel(),
    ],
    ids=["not a number", "another dimension", "another type", "another order", "another shape"],
)
def test_vectors_that_were_changed_are_refused(saved, change):
    np.save(saved / "vectors.npy", change(np.load(saved / "vectors.npy")))
    refused(saved, "its vectors do not belong to its documents")


@pytest.mark.parametrize("text", ["[]", "7", '"store"', "null", "{}", "[" * 100_000, '{"documents": [7]}', "\ud800"])
def test_json_of_another_shape_is_refused(saved, text):
    (saved / "store.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    refused(saved, "")


def test_documents_may_be_corrected_by_hand_where_there_are_no_vectors(tmp_path):
    Retriever(DOCUMENTS, "keyword").save(tmp_path)
    store = tmp_path / "store.json"
    text = store.read_text(encoding="utf-8")
    store.write_text(text.replace("at four", "at five"), encoding="utf-8")
    assert "at five" in Retriever.load(tmp_path).search("tea")[0].text
    tea, post = json.loads(text)["documents"]
    for documents, words in [
        ([tea, post, tea], "'tea' is there already"),
        ([tea | {"title": None}], "has None as its title"),
        ([tea | {"colour": "blue"}], "colour"),
        ([tea | {"effective": "soon"}], "soon"),
        ([tea | {"supersedes": "post"}, post | {"supersedes": "tea"}], "in a circle"),
    ]:
        store.write_text(json.dumps(json.loads(text) | {"documents": documents}), encoding="utf-8")
        refused(tmp_path, words)


def test_documents_that_were_changed_are_refused_where_there_are_vectors(saved):
    store = saved / "store.json"
    store.write_text(store.read_text(encoding="utf-8").replace("at four", "at five"), encoding="utf-8")
    refused(saved, "its vectors do not belong to its documents")


def test_what_was_removed_is_in_no_file_after_saving_again(saved):
    kept = Retriever.load(saved)
    kept.remove("tea")
    assert {hit.doc_id for hit in Retriever.load(saved).search("tea at four", 9)} >= {"tea"}  # not saved yet
    kept.save(saved)
    assert set(Retriever.load(saved).documents) == {"post"}
    assert {hit.doc_id for hit in Retriever.load(saved).search("tea at four", 9)} == {"post"}
    assert not any(b"four" in path.read_bytes() for path in saved.parent.rglob("*") if path.is_file())


def test_a_folder_without_an_index_is_refused(tmp_path):
    refused(tmp_path / "nowhere", "No such file")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mode": "magic"}, "no mode 'magic'"),
        ({"chunk": 0}, "chunk is 0"),
        ({"documents": []}, "its vectors do not belong to its documents"),
        ({"documents": [{"doc_id": "tea"}]}, "effective"),
        ({"documents": 7}, "int"),
    ],
    ids=str,
)
def test_a_store_that_says_something_else_is_refused(saved, change, words):
    store = json.loads((saved / "store.json").read_text(encoding="utf-8"))
    (saved / "store.json").write_text(json.dumps(store | change), encoding="utf-8")
    refused(saved, words)


@pytest.mark.parametrize("vectors", [np.ones(3), np.array([{}] * 3)], ids=["one dimension", "pickled"])
def test_vectors_of_another_kind_are_refused(saved, vectors):
    np.save(saved / "vectors.npy", vectors, allow_pickle=True)
    refused(saved, "")


def test_an_index_of_another_embedder_is_refused_where_vectors_matter(saved, tmp_path, monkeypatch):
    Retriever(DOCUMENTS, "keyword").save(tmp_path / "words")
    monkeypatch.setenv("RVF_EMBEDDER", "someone/embedder")
    refused(saved, "made with another embedder")
    assert Retriever.load(tmp_path / "words").search("letters")[0].doc_id == "post"


def test_the_store_is_readable_and_holds_no_pickle(saved):
    text = (saved / "store.json").read_text(encoding="utf-8")
    assert "Tea — thé ☕" in text
    assert json.loads(text)["documents"][0]["effective"] == "2026-03-01"
    assert np.load(saved / "vectors.npy", allow_pickle=False).shape == (3, 4)
