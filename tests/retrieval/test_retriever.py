"""Search: ranking, filters, adding and removing, and odd queries. A countable embedder stands in for the real one."""

import datetime as dt
import json
import re
import unicodedata
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_model import WordReader

from utils.corpus import Document, fixed_size
from utils.models import embedder
from utils.retrieval import FILTERS_KEPT, MODES, Retriever, fuse

LEAVE = Document("leave", "Annual leave", "Staff have 27 days. Ask early. Founders' Day is free.", "hr")
ELMGATE = Document("park-e", "Parking", "The gate closes at eight. Visitors pay two euros.", "clinics", "elmgate")
WINDLE = Document("park-w", "Parking", "The gate closes at nine. Visitors pay nothing.", "clinics", "windle")
ALL = [LEAVE, ELMGATE, WINDLE]
ODD = ["", "  ", "\x00\x07\u200b", "?!", "Żółć 茶 ☕", "gate " * 2000, "the of and"]


class WordCounts(WordReader):
    """Texts to unit vectors of word counts, so that a cosine can be worked out by hand."""

    def __init__(self):
        self.seen = []

    def encode(self, texts, **options):
        self.seen += texts
        vectors = np.full((len(texts), 256), 1e-3, dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in text.lower().replace(".", "").split():
                row[zlib.crc32(word.encode()) % 256] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(autouse=True)
def counts(monkeypatch):
    fake = WordCounts()
    monkeypatch.setattr(embedder, "_embedder", lambda: fake)
    return fake


def ids(hits):
    return [hit.chunk_id for hit in hits]


def test_fusion_adds_the_reciprocal_ranks():
    scores = fuse([[7, 8], [8, 9]], k=60)
    assert scores == {7: pytest.approx(1 / 61), 8: pytest.approx(1 / 62 + 1 / 61), 9: pytest.approx(1 / 62)}
    assert fuse([]) == fuse([[], []]) == {}


@pytest.mark.parametrize("mode", MODES)
def test_the_chunk_that_answers_comes_first(mode):
    hits = Retriever(ALL, mode, chunk=1).search("when closes the gate at nine", k=2)
    assert ids(hits) == ["park-w#0", "park-e#0"]
    assert hits[0].text == "Parking. The gate closes at nine."
    assert hits[0].score > hits[1].score


def test_a_dense_score_is_the_cosine():
    hits = Retriever([Document("d", "", "gate gate", "hr")], "dense").search("gate key")
    assert hits[0].score == pytest.approx(2**-0.5, abs=0.02)  # (2, 0) against (1, 1), each of length 1


def test_keyword_search_prefers_the_rare_word_and_drops_what_shares_none():
    assert ids(Retriever(ALL, "keyword", chunk=1).search("visitors nothing")) == ["park-w#1", "park-e#1"]


@pytest.mark.parametrize("mode", MODES)
def test_a_filter_applies_before_the_best_are_cut(mode):
    many = [Document(f"e{n}", "Gate", "The gate closes at nine.", "clinics", "elmgate") for n in range(150)]
    searched = Retriever([*many, WINDLE], mode)
    assert {hit.doc_id for hit in searched.search("gate closes at nine", 1, {"tenant": "windle"})} == {"park-w"}
    assert len(searched.search("gate closes at nine", 140, {"tenant": ["elmgate"]})) == 140


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("where", "found"),
    [
        (None, {"leave", "park-e", "park-w"}),
        ({}, {"leave", "park-e", "park-w"}),
        ({"tenant": ["elmgate", "network"]}, {"leave", "park-e"}),
        ({"tenant": {"windle"}, "collection": "clinics"}, {"park-w"}),
        ({"tenant": "windle", "collection": "hr"}, set()),
        ({"tenant": []}, set()),
        ({"tenant": "nowhere"}, set()),
        ({"effective": None, "doc_id": ("leave",)}, {"leave"}),
        ({"tenant": lambda tenant: tenant != "windle"}, {"leave", "park-e"}),
        ({"tenant": {"windle": 1, "network": 2}.keys()}, {"leave", "park-w"}),
    ],
    ids=lambda value: re.sub(" at 0x[0-9a-f]+", "", str(value)),
)
def test_filters(mode, where, found):
    assert {hit.doc_id for hit in Retriever(ALL, mode).search("days gate", 10, where)} == found


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"clinic": "windle"}, "Documents have no field 'clinic' to filter on"),
        ({7: "windle", "clinic": 1}, "Documents have no field 7 to filter on"),
        ({"tenant": {"a": 1}}, "The filter on 'tenant' is {'a': 1}: give a value, or a list of values"),
        ({"tenant": [["elmgate"]]}, "The filter on 'tenant' is"),
        ({"tenant": 7}, "The filter on 'tenant' asks for 7: give str."),
        ({"tenant": ["elmgate", None]}, "The filter on 'tenant' asks for None: give str."),
        ({"title": b"Parking"}, "The filter on 'title' asks for b'Parking': give str."),
        ({"supersedes": 1}, "The filter on 'supersedes' asks for 1: give str or None."),
        ({"effective": "2026-01-01"}, "The filter on 'effective' asks for '2026-01-01': give date or None."),
        ({"effective": [dt.datetime(2026, 1, 1)]}, "asks for datetime.datetime(2026, 1, 1, 0, 0): give date or None."),
        ({"effective": lambda day: day < dt.date(2026, 1, 1)}, "cannot judge document 'leave', which has None there"),
        ({"tenant": lambda tenant: {"elmgate": True}[tenant]}, "cannot judge document 'leave', which has 'network'"),
        ({"tenant": lambda tenant: np.ones(2)}, "let your function answer for this value too."),
        ("tenant", "where is 'tenant': give a dictionary"),
        ([("tenant", "windle")], "where is"),
    ],
    ids=str,
)
def test_a_filter_that_cannot_be_one_is_refused(where, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        Retriever(ALL, "keyword").search("gate", where=where)


def test_a_function_may_let_through_what_has_no_date():
    dated = replace(ELMGATE, effective=dt.date(2026, 3, 1))
    where = {"effective": lambda day: day is None or day < dt.date(2026, 1, 1)}
    assert {hit.doc_id for hit in Retriever([LEAVE, dated], "keyword").search("days gate", where=where)} == {"leave"}


def test_a_function_that_cannot_be_hashed_is_a_filter_too():
    class Windle:
        __hash__ = None

        def __call__(self, tenant):
            return tenant == "windle"

    found = Retriever(ALL, "keyword").search("days gate", where={"tenant": Windle()})
    assert {hit.doc_id for hit in found} == {"park-w"}


def test_a_filter_is_answered_anew_after_a_change():
    searched, where = Retriever(ALL, "keyword"), {"tenant": ["windle", "elmgate"]}
    limit = ["elmgate"]
    chosen = {"tenant": lambda tenant: tenant in limit}
    assert {hit.doc_id for hit in searched.search("gate", where=where)} == {"park-e", "park-w"}
    assert {hit.doc_id for hit in searched.search("gate", where=chosen)} == {"park-e"}
    limit[:] = ["windle"]  # the function is the same and says something else
    assert {hit.doc_id for hit in searched.search("gate", where=chosen)} == {"park-w"}
    searched.remove("park-w")
    assert {hit.doc_id for hit in searched.search("gate", where=where)} == {"park-e"}
    searched.add([replace(WINDLE, tenant="elmgate")])
    assert {hit.doc_id for hit in searched.search("gate", where=where)} == {"park-e", "park-w"}


def test_more_filters_than_are_remembered_still_find_their_own():
    many = [Document(f"d{n}", "Gate", "The gate.", "clinics", f"t{n}") for n in range(2 * FILTERS_KEPT)]
    searched = Retriever(many, "keyword")
    for _ in range(2):
        assert [ids(searched.search("gate", where={"tenant": d.tenant})) for d in many] == [
            [f"{d.doc_id}#0"] for d in many
        ]


OLD, NEWER, NEWEST = (
    replace(LEAVE, doc_id=f"leave-{n}", text=f"Staff have {n} days.", version=f"v{n}", effective=dt.date(2026, n, 1))
    for n in (1, 2, 3)
)
CHAIN = [OLD, replace(NEWER, supersedes="leave-1"), replace(NEWEST, supersedes="leave-2")]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("order", [CHAIN, CHAIN[::-1]], ids=["old first", "new first"])
def test_what_is_superseded_is_left_out_while_its_successor_is_there(mode, order):
    searched = Retriever([*order, WINDLE], mode)

    def found(where=None):
        return {hit.doc_id for hit in searched.search("days of staff", 10, where)} - {"park-w"}

    assert found() == {"leave-3"}
    assert found({"effective": lambda day: day and day < dt.date(2026, 2, 15)}) == {"leave-2"}  # as it was in February
    assert found({"version": "v1"}) == {"leave-1"}  # asked for by its version, it is found
    assert found({"version": ["v1", "v3"]}) == {"leave-3"}  # the one in between fails the filter
    searched.remove("leave-2")
    assert found() == {"leave-3"}  # and here it's gone
    searched.remove("leave-3")
    searched.add([CHAIN[2]])  # a correction, as it's made
    assert found() == {"leave-3"}
    searched.add([CHAIN[1]])
    searched.remove("leave-3")
    assert found() == {"leave-2"}
    searched.remove("leave-2")
    assert found() == {"leave-1"}


@pytest.mark.parametrize("mode", ["keyword", "dense"])
def test_what_a_removed_document_superseded_is_kept_on_disk(tmp_path, mode):
    searched = Retriever(CHAIN, mode)
    searched.remove("leave-2")
    searched.save(tmp_path / "index")
    loaded = Retriever.load(tmp_path / "index")
    assert {hit.doc_id for hit in loaded.search("days of staff", 10)} == {"leave-3"}
    store = tmp_path / "index" / "store.json"
    facts = json.loads(store.read_text(encoding="utf-8"))
    assert "2 days" not in json.dumps(facts)
    for links in (7, [["leave-2"]], [["leave-2", "network", ["leave-1"]]], [["leave-2", "network", "leave-2"]]):
        store.write_text(json.dumps(facts | {"removed": links}), encoding="utf-8")
        with pytest.raises(ValueError, match=r"The index in .* cannot be used"):
            Retriever.load(tmp_path / "index")


def test_an_index_saved_without_links_is_read(tmp_path):
    Retriever(CHAIN, "keyword").save(tmp_path)
    store = tmp_path / "store.json"
    facts = json.loads(store.read_text(encoding="utf-8"))
    del facts["removed"]
    store.write_text(json.dumps(facts), encoding="utf-8")
    assert set(Retriever.load(tmp_path).documents) == {document.doc_id for document in CHAIN}


def test_a_document_that_returns_to_replace_its_successor_is_in_force():
    searched = Retriever(CHAIN[:2], "keyword")
    searched.remove(["leave-1", "leave-2"])
    searched.add([replace(OLD, supersedes="leave-2")])
    assert {hit.doc_id for hit in searched.search("days of staff")} == {"leave-1"}


@pytest.mark.parametrize("words", [1, 2, 100])
def test_pieces_of_a_document_supersede_all_pieces_of_the_older_one(words):
    pieces = [piece for document in [*CHAIN, WINDLE] for piece in fixed_size(document, words)]
    searched = Retriever(pieces, "keyword", chunk=None)
    searched.remove([piece.doc_id for piece in pieces if piece.doc_id.startswith("leave-2#")])
    assert {hit.doc_id.split("#")[0] for hit in searched.search("staff days gate", 20)} == {"leave-3", "park-w"}
    with pytest.raises(ValueError, match="supersedes itself in a circle"):
        searched.add(fixed_size(replace(OLD, doc_id="leave-0", supersedes="leave-0"), words))


def test_a_successor_that_may_not_be_read_replaces_nothing():
    theirs = Document("park-x", "Parking", "The gate closes never.", "clinics", "windle", supersedes="leave")
    searched = Retriever([LEAVE, theirs], "keyword")
    assert {hit.doc_id for hit in searched.search("days", where={"tenant": ["elmgate", "network"]})} == {"leave"}
    assert searched.search("days", where={"tenant": ["windle", "network"]}) == []


@pytest.mark.parametrize("removed", [False, True])
@pytest.mark.parametrize(
    ("tenants", "found"),
    [
        (["elmgate", "network"], {"leave-1", "leave-3"}),  # what Windle wrote links nothing for Elmgate
        (["windle", "network"], {"leave-3"}),
        (None, {"leave-3"}),
    ],
)
def test_a_link_that_may_not_be_read_hides_nothing(tenants, found, removed):
    searched = Retriever([CHAIN[0], replace(CHAIN[1], tenant="windle"), CHAIN[2]], "keyword")
    if removed:
        searched.remove("leave-2")
    hits = searched.search("days of staff", where={"tenant": tenants} if tenants else None)
    assert {hit.doc_id for hit in hits} == found


@pytest.mark.parametrize("circle", [["leave"], ["park-e", "leave"], ["park-e", "park-w", "leave"]], ids=len)
def test_documents_cannot_supersede_each_other_in_a_circle(circle):
    known = {document.doc_id: document for document in ALL}
    older = dict(zip(["leave", *circle], circle, strict=False))
    first, *rest = [replace(known[doc_id], supersedes=old) for doc_id, old in older.items()]
    searched = Retriever(rest, "keyword")
    with pytest.raises(ValueError, match="supersedes itself in a circle: name the older one only"):
        searched.add([first])
    assert set(searched.documents) == {document.doc_id for document in rest}


@pytest.mark.parametrize("mode", ["dense", "hybrid"])
def test_relevance_is_the_cosine_of_the_nearest_chunk(mode):
    searched = Retriever(ALL, mode, chunk=1)
    same, part, none = searched.relevance(["Parking. The gate closes at nine.", "gate key", "zebra"])
    assert same == pytest.approx(1, abs=1e-5)
    assert 0.1 < part < 0.9
    assert none < 0.1
    dense = Retriever(ALL, "dense", chunk=1).search("gate key", 1, {"tenant": "elmgate"})[0].score
    assert searched.relevance(["gate key"], {"tenant": "elmgate"}) == [pytest.approx(dense)]
    assert searched.relevance(["gate key"], {"tenant": "nobody"}) == [-1]
    assert Retriever([], mode).relevance(["gate"]) == [-1]
    assert searched.relevance([]) == []


def test_keyword_search_has_no_relevance():
    with pytest.raises(ValueError, match="Keyword search has no cosines to judge relevance by: use mode 'dense'"):
        Retriever(ALL, "keyword").relevance(["gate"])


@pytest.mark.parametrize("mode", MODES)
def test_a_filter_that_lets_everything_through_changes_nothing(mode):
    searched = Retriever(ALL, mode, chunk=1)
    queries = ["gate closes", "days free", "eight"] * 10
    everything = {"tenant": ["network", "elmgate", "windle"]}
    assert searched.search_many(queries) == searched.search_many(queries, where=everything)


@pytest.mark.parametrize("mode", MODES)
def test_adding_and_removing_is_the_same_as_building_so(mode, counts):
    changed = Retriever([ELMGATE, LEAVE], mode)
    counts.seen.clear()
    changed.add([WINDLE])
    assert all("Parking" in text for text in counts.seen)  # only what is new is embedded
    changed.remove("park-e")
    for query in ("gate closes", "days free", "eight"):
        assert changed.search(query) == Retriever([LEAVE, WINDLE], mode).search(query)
    changed.remove(["leave", "park-w"])
    assert changed.search("gate") == []
    changed.add([ELMGATE])
    assert ids(changed.search("gate", 1)) == ["park-e#0"]


@pytest.mark.parametrize("documents", [[LEAVE], [WINDLE, WINDLE]], ids=["there already", "twice in one call"])
def test_a_document_id_stands_for_one_document(documents):
    searched = Retriever([LEAVE], "keyword")
    with pytest.raises(ValueError, match="is there already: remove the old one first"):
        searched.add(documents)
    assert list(searched.documents) == ["leave"]
    assert {hit.doc_id for hit in searched.search("days gate")} == {"leave"}
    with pytest.raises(ValueError, match="'leave' is there already"):
        Retriever([LEAVE, LEAVE])


def test_removing_what_is_not_there_removes_nothing():
    searched = Retriever(ALL, "keyword")
    with pytest.raises(ValueError, match="There is no document 'nine' to remove"):
        searched.remove(["leave", "nine"])
    assert set(searched.documents) == {"leave", "park-e", "park-w"}


@pytest.mark.parametrize("mode", MODES)
def test_how_many_are_asked_for(mode):
    searched = Retriever(ALL, mode, chunk=None)
    assert searched.search("gate", k=0) == []
    assert len(searched.search("days gate", k=1)) == 1
    assert len(searched.search("days gate", k=1000)) == 3
    assert len(searched.search("days gate", k=10**30)) == 3
    assert len(searched.search("days gate", k=np.int64(2))) == 2
    for k in (-1, 1.5, "2", None, True, float("nan"), [1], np.ones(2)):
        with pytest.raises(ValueError, match=rf"k is {re.escape(repr(k))}: ask for 0 or more passages"):
            searched.search("gate", k=k)


@pytest.mark.parametrize("typed", ["Żółć", "ＺＯË", "oﬃce"])
@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_keywords_are_found_in_every_form_of_unicode(typed, form):
    there = [Document("same", "", f"About {typed}.", "hr"), LEAVE]
    for stored, asked in ((there, unicodedata.normalize(form, typed)), (_in_form(there, form), typed)):
        assert [hit.doc_id for hit in Retriever(stored, "keyword").search(asked)] == ["same"]


def _in_form(documents, form):
    return [replace(document, text=unicodedata.normalize(form, document.text)) for document in documents]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("query", ODD, ids=lambda query: repr(query[:12]))
def test_odd_queries_get_an_answer(mode, query):
    hits = Retriever(ALL, mode).search(query, k=2)
    assert len(hits) <= 2
    if mode == "keyword" and "gate" not in query:
        assert hits == []


@pytest.mark.parametrize("mode", MODES)
def test_no_documents_no_questions_no_text(mode):
    assert Retriever([], mode).search("gate") == []
    assert Retriever([], mode).search_many(["a", "b"]) == [[], []]
    assert Retriever(ALL, mode).search_many([]) == []
    empty = Retriever([Document("e", "Closing time", "", "hr"), Document("x", "", "", "hr"), LEAVE], mode)
    assert empty.search("closing time", 1)[0].text == "Closing time."


@pytest.mark.parametrize(("mode", "chunk"), [("magic", 2), ("dense", 0), ("dense", -1), ("dense", 1.5)])
def test_wrong_settings_are_refused(mode, chunk):
    with pytest.raises(ValueError, match=r"There is no mode 'magic'|give a number of sentences from 1"):
        Retriever(ALL, mode, chunk)


def test_the_passages_of_a_document_stand_in_its_order():
    searched = Retriever(ALL, "keyword", chunk=1)
    assert ids(searched.passages("leave")) == ["leave#0", "leave#1", "leave#2"]
    assert searched.passages("nine") == []


@pytest.mark.parametrize("query", [None, 7, b"gate", ["gate"]], ids=repr)
def test_a_question_that_is_no_text_is_refused(query):
    with pytest.raises(ValueError, match=r"A question is .*: give a text"):
        Retriever(ALL, "keyword").search(query)
    with pytest.raises(ValueError, match="Give a list with a text for every question, not str"):
        Retriever(ALL, "keyword").search_many("gate")


def test_building_is_put_off_until_it_is_needed_and_done_once(monkeypatch):
    built = []
    monkeypatch.setattr("utils.retrieval.retriever.KeywordIndex", lambda texts: built.append(texts) or FakeIndex())
    searched = Retriever([LEAVE], "keyword")
    for number in range(9):
        searched.add([replace(WINDLE, doc_id=f"w{number}")])
    assert built == []
    searched.search("gate")
    searched.search("days")
    assert [len(texts) for texts in built] == [len(searched.chunks)]
    searched.remove("w0")
    searched.search("gate")
    assert [len(texts) for texts in built][1:] == [len(searched.chunks)]


class FakeIndex:
    def search(self, query, k, allowed):
        return {}


@given(
    texts=st.lists(st.text(max_size=30), max_size=4),
    queries=st.lists(st.text(max_size=20), min_size=1, max_size=3),
    k=st.integers(0, 6),
    mode=st.sampled_from(MODES),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_texts_hits_are_ranked_distinct_and_allowed(texts, queries, k, mode):
    day = dt.date(2026, 1, 1)
    documents = [Document(f"d{n}", "T", text, "hr", "ab"[n % 2], day) for n, text in enumerate(texts)]
    searched = Retriever(documents, mode)
    found = searched.search_many(queries, k, {"tenant": "a", "effective": day})
    assert [searched.search(query, k, {"tenant": "a", "effective": day}) for query in queries] == found
    for hits in found:
        assert len(hits) <= k
        assert len(set(ids(hits))) == len(hits)
        assert {hit.doc_id for hit in hits} <= {"d0", "d2"}
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


@pytest.mark.model
def test_the_real_embedder_finds_what_is_said_in_other_words(monkeypatch, retriever):
    monkeypatch.undo()
    hits = retriever.search("How much vacation does full-time staff get?", 3)
    assert "hr-annual-leave" in {hit.doc_id for hit in hits}
