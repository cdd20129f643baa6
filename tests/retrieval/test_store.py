"""An index on disk: it comes back as it was, or is refused."""

import datetime as dt
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from killing import killed_everywhere

from utils.corpus import Document
from utils.models import embedder
from utils.retrieval import MODES, Retriever
from utils.settings import SetupError

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


def files_of(folder):
    """What the files of an index hold, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".lock"}


def vectors_of(folder):
    (path,) = folder.glob("vectors-*.npy")
    return path


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
    assert {path.name for path in saved.iterdir()} - {".lock"} == {"store.json"}
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


@pytest.mark.parametrize("name", ["vectors.npy", "vectors-mine.npy", "store.txt", ".store.json"])
def test_a_file_that_only_looks_like_a_part_of_an_index_is_not_overwritten(tmp_path, name):
    (tmp_path / name).write_text("years of work")
    with pytest.raises(ValueError, match="holds something that is no index"):
        Retriever(DOCUMENTS, "keyword").save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_what_somebody_keeps_beside_an_index_stays(saved):
    (saved / "notes.txt").write_text("mine")
    (saved / "vectors.npy").write_text("of an older version")
    Retriever(DOCUMENTS[1:], "dense").save(saved)
    assert (saved / "notes.txt").read_text() == "mine"
    assert len(files_of(saved)) == 3
    assert set(Retriever.load(saved).documents) == {"post"}


def test_a_folder_that_holds_something_else_is_not_overwritten(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match="holds something that is no index: choose another folder"):
        Retriever(DOCUMENTS, "keyword").save(tmp_path)
    with pytest.raises(ValueError, match="holds something that is no index"):
        Retriever(DOCUMENTS, "keyword").save(tmp_path / "thesis.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


class Killed(BaseException):
    """What nothing in the program expects."""


@pytest.mark.parametrize(
    "problem", [OSError(28, "No space left on device"), Killed()], ids=["full disk", "interrupted"]
)
@pytest.mark.parametrize(
    ("owner", "step", "time"), [(np, "save", 1), (Path, "replace", 1), (Path, "write_text", 1), (Path, "replace", 2)]
)
def test_a_failed_save_keeps_the_older_index(saved, monkeypatch, problem, owner, step, time):
    before, original, times = files_of(saved), getattr(owner, step), iter(range(1, 9))

    def fails(*arguments, **options):
        if next(times) == time:
            raise problem
        return original(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(owner, step, fails)
        with pytest.raises(SetupError if isinstance(problem, OSError) else Killed) as told:
            Retriever(DOCUMENTS[1:], "dense").save(saved)
    if isinstance(problem, OSError):
        words = "where an older one stays as it was: free some space there or choose another folder."
        assert str(told.value) == f"The index cannot be kept in {saved} (No space left on device), {words}"
    assert files_of(saved) == before
    assert [path.name for path in saved.parent.iterdir()] == ["index"]


def test_a_save_killed_at_any_point_leaves_the_older_index_or_the_new_one(saved):
    new = Retriever(DOCUMENTS[1:], "dense")
    for _ in killed_everywhere(lambda: new.save(saved), saved.parent):
        assert set(Retriever.load(saved).documents) in ({"tea", "post"}, {"post"})
        Retriever(DOCUMENTS, "hybrid", chunk=1).save(saved)
        assert len(files_of(saved)) == 2, "what was left is cleared up"
    assert set(Retriever.load(saved).documents) == {"post"}


def test_a_first_save_killed_at_any_point_can_be_repeated(tmp_path):
    first, folder = Retriever(DOCUMENTS, "dense"), tmp_path / "index"
    for _ in killed_everywhere(lambda: first.save(folder), tmp_path):
        if (folder / "store.json").exists():
            assert len(Retriever.load(folder).documents) == 2
        first.save(folder)
        assert len(files_of(folder)) == 2
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


def test_a_reader_always_finds_a_whole_index_while_others_write(tmp_path):
    indexes = [Retriever(DOCUMENTS[:1], "dense"), Retriever(DOCUMENTS[1:], "dense"), Retriever(DOCUMENTS, "keyword")]
    indexes[0].save(tmp_path)
    done = threading.Event()

    def write(index):
        for _ in range(25):
            index.save(tmp_path)

    def read():
        found = []
        while not done.is_set():
            found.append(frozenset(Retriever.load(tmp_path).documents))
        return found

    with ThreadPoolExecutor(5) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        try:
            list(pool.map(write, indexes))
        finally:
            done.set()
        found = [documents for reader in readers for documents in reader.result()]
    assert set(found) <= {frozenset(index.documents) for index in indexes}
    assert len(files_of(tmp_path)) <= 2
    Retriever.load(tmp_path)


@pytest.mark.parametrize("target", [".", "link", "link to nothing", "elsewhere/../index"])
def test_a_link_and_the_folder_where_one_stands_are_folders_like_any_other(saved, monkeypatch, target):
    monkeypatch.chdir(saved if target == "." else saved.parent)
    (saved.parent / "link").symlink_to(saved, target_is_directory=True)
    (saved.parent / "link to nothing").symlink_to(saved.parent / "new", target_is_directory=True)
    (saved.parent / "elsewhere").mkdir()
    Retriever(DOCUMENTS[1:], "dense").save(target)
    assert set(Retriever.load(target).documents) == {"post"}
    assert set(Retriever.load(saved).documents) == ({"tea", "post"} if target == "link to nothing" else {"post"})
    assert (saved.parent / "link").is_symlink()


@pytest.mark.parametrize("place", ["file/index", "file"], ids=["below a file", "a file"])
def test_a_place_where_no_folder_can_be_is_told(tmp_path, place):
    (tmp_path / "file").write_text("years of work")
    with pytest.raises((SetupError, ValueError)) as told:
        Retriever(DOCUMENTS, "keyword").save(tmp_path / place)
    assert str(tmp_path / place) in str(told.value)
    assert str(told.value).endswith("choose another folder.")
    assert (tmp_path / "file").read_text() == "years of work"


@pytest.mark.parametrize("name", ["store.json", "vectors-*.npy"])
@pytest.mark.parametrize("size", [None, 0, 1, 70], ids=["missing", "empty", "one byte", "cut off"])
def test_damaged_files_are_refused(saved, name, size):
    (damaged,) = saved.glob(name)
    content = damaged.read_bytes()
    damaged.unlink()
    if size is not None:
        damaged.write_bytes(content[:size])
    refused(saved, "")


@pytest.mark.parametrize("name", ["store.json", "vectors-*.npy"])
def test_a_flipped_bit_changes_no_answer(saved, name):
    (damaged,) = saved.glob(name)
    before, content, refusals = Retriever.load(saved), damaged.read_bytes(), 0
    for place in range(len(content)):
        damaged.write_bytes(content[:place] + bytes([content[place] ^ 1 << place % 8]) + content[place + 1 :])
        try:
            loaded = Retriever.load(saved)
        except ValueError:
            refusals += 1
        else:  # JSON means the same with a tab for a space
            assert (loaded.mode, loaded.chunk, loaded.documents) == (before.mode, before.chunk, before.documents)
            assert np.array_equal(loaded._vectors, before._vectors)
    assert refusals > 0.9 * len(content)


@pytest.mark.parametrize("name", ["store.json", "vectors-*.npy"])
def test_a_file_of_another_index_of_the_same_size_is_refused(saved, tmp_path, name):
    others = [replace(document, text=document.text.replace("a", "ooo")) for document in DOCUMENTS]
    Retriever(others, "hybrid", chunk=1).save(tmp_path / "other")
    (mine,), (theirs,) = saved.glob(name), (tmp_path / "other").glob(name)
    mine.write_bytes(theirs.read_bytes())
    refused(saved, "No such file" if name == "store.json" else "its vectors do not belong to its documents")


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
    np.save(vectors_of(saved), change(np.load(vectors_of(saved))))
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
        ({"mode": "magic"}, "its vectors do not belong to its documents"),
        ({"chunk": 2}, "its vectors do not belong to its documents"),
        ({"mode": "magic", "sha256": None}, "no mode 'magic'"),
        ({"chunk": 0, "sha256": None}, "chunk is 0"),
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
    np.save(vectors_of(saved), vectors, allow_pickle=True)
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
    assert np.load(vectors_of(saved), allow_pickle=False).shape == (3, 4)
