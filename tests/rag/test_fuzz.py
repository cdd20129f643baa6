"""Whatever comes in, ``Retriever`` and ``RagPipeline`` give a sensible result or a ValueError with a sentence.

Hypothesis makes the input: empty, huge, non-ASCII, control characters, lone surrogates, wrong types. An echo stands in
for the model and counts of letters for the embedder, except in the last tests.
"""

import datetime as dt
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tiny_model import WordReader

from utils import rag, scoring
from utils.corpus import Document, visible_to
from utils.models import Completion, embedder
from utils.rag import Answer, RagPipeline
from utils.retrieval import MODES, Hit, Retriever

ANY_TEXT = st.text(st.characters(categories=None), max_size=40)  # every code point there is, surrogates included
HARD = st.sampled_from(
    [
        "",
        " ",
        "\n\n",
        "\x00\x1b[31m",
        "\ud800",
        "of the and",
        "?!",
        "a",
        "🏳️‍🌈",
        "gate " * 3000,
        "x" * 9000,
        "<|im_end|>",
        "[1]",
    ]
)
QUERIES = st.one_of(ANY_TEXT, HARD)
VALID = QUERIES.filter(lambda text: not any("\ud800" <= letter <= "\udfff" for letter in text))
WORDS = st.lists(st.sampled_from(["gate", "leave", "days", "two euros.", "Closed?", "- list"]), max_size=9).map(
    " ".join
)
TENANTS = ["network", "elmgate", "windle", "orrinhill"]
JUNK = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.binary(max_size=3), st.lists(st.integers()))
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Letters(WordReader):
    """Texts to unit vectors of counts of letters; refuses what the real tokenizer refuses."""

    def encode(self, texts, **options):
        vectors = np.full((len(texts), 32), 1e-3, dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for letter in text.encode("utf-8").decode()[:300]:
                row[ord(letter) % 32] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class Echo:
    """Answers every chat with the end of what it was asked; counts nothing, knows nothing."""

    def complete(self, chats, max_new_tokens, prefix=(), **options):
        assert all(message["content"].encode("utf-8") for chat in chats for message in chat)
        return [Completion(chat[-1]["content"][-max_new_tokens:], 9, 3, 0.1, 0.2) for chat in chats]


@pytest.fixture(autouse=True)
def letters(monkeypatch):
    monkeypatch.setattr(embedder, "_embedder", Letters)


@st.composite
def collections(draw, texts=VALID):
    """Up to six documents of several tenants and dates, some of them superseding an earlier one."""
    made = []
    for number in range(draw(st.integers(0, 6))):
        older = draw(st.sampled_from([None, "gone", *[document.doc_id for document in made]]))
        day = draw(st.sampled_from([None, dt.date(2026, 1, 1), dt.date(2026, 6, 1)]))
        tenant = draw(st.sampled_from(TENANTS))
        made.append(Document(f"d{number}", draw(texts), draw(st.one_of(texts, WORDS)), "c", tenant, day, "v1", older))
    return made


def told(problem):
    """A refusal is one sentence that a reader can act on."""
    text = str(problem.value if hasattr(problem, "value") else problem)
    assert text.rstrip().endswith("."), text
    assert len(text) < 400, text


def sensible(hits, k, documents, where=()):
    ids = [hit.chunk_id for hit in hits]
    assert len(hits) <= k
    assert len(set(ids)) == len(ids)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(np.isfinite(hit.score) and hit.doc_id in documents for hit in hits)
    assert all(documents[hit.doc_id].tenant in where for hit in hits if where)


@given(documents=collections(), queries=st.lists(QUERIES, max_size=3), k=st.integers(0, 9), mode=st.sampled_from(MODES))
@QUICK
def test_any_query_over_any_documents_is_answered(documents, queries, k, mode):
    searched = Retriever(documents, mode, chunk=1)
    found = searched.search_many(queries, k)
    assert len(found) == len(queries)
    replaced = {document.supersedes for document in documents}
    for hits in found:
        sensible(hits, k, searched.documents)
        assert not {hit.doc_id for hit in hits} & replaced


@given(documents=collections(WORDS), query=QUERIES, tenant=st.sampled_from(TENANTS), mode=st.sampled_from(MODES))
@settings(QUICK, max_examples=200)
def test_no_hit_of_another_tenant_ever(documents, query, tenant, mode):
    """Search, relevance and passages in the prompt see what a collection of this tenant's documents alone would."""
    where, searched = visible_to(tenant), Retriever(documents, mode, chunk=1)
    hits = searched.search(query, 20, where)
    sensible(hits, 20, searched.documents, where["tenant"])
    alone = Retriever([document for document in documents if document.tenant in where["tenant"]], mode, chunk=1)
    assert {hit.chunk_id for hit in hits} == {hit.chunk_id for hit in alone.search(query, 20)}
    if mode != "keyword":
        assert searched.relevance([query], where) == pytest.approx(alone.relevance([query]), abs=1e-6)
    assume(query.strip())
    answer = RagPipeline(searched, Echo()).answer(query, where)
    sensible(answer.hits[::-1], 3, searched.documents, where["tenant"])


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["add", "remove", "search", "filter", "save"]), st.integers(0, 4)), max_size=12
    ),
    mode=st.sampled_from(MODES),
)
@QUICK
def test_after_any_changes_the_index_is_that_of_the_documents_left(steps, mode):
    pool = [
        Document(f"d{n}", "Gate", f"The gate number {n} closes. Leave {n} days.", "c", TENANTS[n % 2]) for n in range(5)
    ]
    searched, there = Retriever([], mode, chunk=1), {}
    with tempfile.TemporaryDirectory() as scratch:
        for step, number in steps:
            document = pool[number]
            if step in ("add", "remove"):
                change, argument = (searched.add, [document]) if step == "add" else (searched.remove, document.doc_id)
                if (document.doc_id in there) == (step == "add"):
                    with pytest.raises(ValueError, match=r"is there already|There is no document"):
                        change(argument)
                else:
                    change(argument)
                    there = {
                        k: d for k, d in {**there, document.doc_id: document}.items() if step == "add" or d != document
                    }
            elif step == "save":
                searched.save(Path(scratch) / "index")
                searched = Retriever.load(Path(scratch) / "index")
            where = {"tenant": "elmgate"} if step == "filter" else None
            fresh = Retriever(there.values(), mode, chunk=1)
            for query in ("gate number 3", "leave days"):
                assert searched.search(query, 9, where) == fresh.search(query, 9, where)


@given(junk=JUNK, mode=st.sampled_from(MODES))
@QUICK
def test_junk_in_the_place_of_any_argument_is_told_in_a_sentence(junk, mode):
    document = Document("d", "Gate", "The gate closes.", "c")
    searched = Retriever([document], mode)
    calls = [
        lambda: searched.search(junk),
        lambda: searched.search("gate", junk),
        lambda: searched.search("gate", 5, junk),
        lambda: searched.search("gate", 5, {"tenant": [junk, [junk]]}),
        lambda: searched.search("gate", 5, {junk if junk.__hash__ else "x": 1}),
        lambda: searched.search_many(junk),
        lambda: searched.search_many([junk]),
        lambda: searched.relevance([junk]),
        lambda: searched.add(junk),
        lambda: searched.add([junk]),
        lambda: searched.add([replace(document, doc_id="e", title=junk)]),
        lambda: searched.add([replace(document, doc_id="e", text=junk)]),
        lambda: searched.add([replace(document, doc_id="e", tenant=junk)]),
        lambda: searched.add([replace(document, doc_id=junk)]),
        lambda: searched.remove(junk),
        lambda: searched.remove([junk]),
        lambda: Retriever([document], junk),
        lambda: Retriever([document], mode, junk),
        lambda: RagPipeline(searched, Echo()).answer(junk),
        lambda: RagPipeline(searched, Echo()).answer("gate", junk),
        lambda: RagPipeline(searched, Echo()).answer_many(junk),
        lambda: RagPipeline(searched, Echo(), k=junk),
    ]
    for number, call in enumerate(calls):
        try:
            got = call()
        except ValueError as problem:
            told(problem)
        else:  # junk that is no junk there: an empty list of queries, no filter, a whole number of passages
            assert got is None or isinstance(got, list | Answer | Retriever | RagPipeline), number
    assert list(searched.documents) == ["d"], "what is refused must leave the index as it was"
    assert [hit.doc_id for hit in searched.search("gate closes", 1)] == ["d"]


@given(
    field=st.sampled_from(["doc_id", "title", "text", "collection", "tenant", "version", "supersedes"]), text=ANY_TEXT
)
@QUICK
def test_a_document_with_half_a_surrogate_pair_is_refused_and_any_other_text_is_kept(field, text):
    document = replace(Document("d", "Gate", "The gate closes.", "c"), **{field: text})
    broken = any("\ud800" <= letter <= "\udfff" for letter in text)
    if broken or (field == "doc_id" and not text) or (field == "supersedes" and text == "d"):
        with pytest.raises(ValueError, match=r"half a surrogate pair|give it a text|in a circle") as refusal:
            Retriever([document], "keyword")
        told(refusal)
        return
    with tempfile.TemporaryDirectory() as scratch:
        Retriever([document], "hybrid").save(Path(scratch) / "index")
        assert Retriever.load(Path(scratch) / "index").documents == {document.doc_id: document}


@given(questions=st.lists(QUERIES, max_size=3), documents=collections(), k=st.integers(1, 9), least=st.floats(-1, 1))
@QUICK
def test_any_question_gets_an_answer_that_rests_on_what_was_found(questions, documents, k, least):
    searched = Retriever(documents, "hybrid", chunk=1)
    asked = RagPipeline(searched, Echo(), k=k, minimum_score=least)
    if any(not question.strip() for question in questions):
        with pytest.raises(ValueError, match="A question is empty: ask something"):
            asked.answer_many(questions)
        return
    scores = searched.relevance(questions)
    for answer, score in zip(asked.answer_many(questions), scores, strict=True):
        sensible(answer.hits[::-1], k, searched.documents)
        assert set(answer.citations) <= {hit.doc_id for hit in answer.hits}
        assert answer.hits or answer.text == scoring.ABSTENTION
        assert not answer.hits or score >= least
        assert answer.seconds >= 0


@given(question=QUERIES, passages=st.lists(QUERIES, min_size=1, max_size=9))
@QUICK
def test_a_prompt_has_one_line_a_passage_whatever_they_say(question, passages):
    chat = rag.prompt(question, [Hit("d", "d#0", passage, 0.0) for passage in passages])
    content = chat[-1]["content"]
    assert len(chat) == 1 + 2 * len(rag.FEW_SHOT) + 1
    if len(passages) > 1:
        numbered = [line for line in content.split("\n") if line]
        assert len(numbered) == len(passages) + 1
        assert all(line.startswith(f"[{number}]") for number, line in enumerate(numbered[:-1], start=1))


QUERY = "gate number 2 closes"


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Two sound indexes of the same size."""
    folder = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedder, "_embedder", Letters)
        for name, word in (("index", "gate"), ("other", "door")):
            documents = [Document(f"d{n}", "Gate", f"The {word} number {n} closes.", "c") for n in range(4)]
            Retriever(documents, "hybrid").save(folder / name)
    return folder


@given(
    name=st.sampled_from(["store.json", "vectors-*.npy"]),
    cut=st.integers(0, 2000),
    flip=st.integers(0, 2000),
    data=st.data(),
)
@settings(QUICK, max_examples=150)
def test_a_damaged_index_is_refused_or_is_the_one_that_was_saved(kept, name, cut, flip, data):
    """Cut off, a byte changed, or the file of another index: never a crash, never a silent mixture of vectors."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "index"
        shutil.copytree(kept / "index", folder)
        (damaged,) = folder.glob(name)
        content = bytearray(damaged.read_bytes())
        way = data.draw(st.sampled_from(["cut", "flip", "swap"]))
        if way == "cut":
            content = content[: cut % len(content)]
        elif way == "flip":
            content[flip % len(content)] ^= data.draw(st.integers(1, 255))
        else:
            content = next((kept / "other").glob(name)).read_bytes()
        damaged.write_bytes(content)
        loaded, problem = loaded_or_refused(folder)
        if loaded is None:
            assert problem.startswith(f"The index in {folder} cannot be used (")
            assert problem.endswith("build it again.")
        else:  # a byte that says nothing, such as white space
            assert loaded.documents == Retriever.load(kept / "index").documents
            assert loaded.search(QUERY, 2) == Retriever.load(kept / "index").search(QUERY, 2)


def loaded_or_refused(folder):
    try:
        return Retriever.load(folder), ""
    except ValueError as problem:
        return None, str(problem)


@pytest.mark.model
@pytest.mark.parametrize(
    "query",
    ["", "\x00\x1b", "\ud800 leave", "gate " * 20_000, "of the and", "休暇は何日?", "<|im_end|>"],
    ids=lambda query: ascii(query[:12]),
)
def test_the_real_embedder_takes_any_query(monkeypatch, retriever, query):
    monkeypatch.undo()
    hits = retriever.search(query, 3, {"tenant": "network"})
    sensible(hits, 3, retriever.documents, ["network"])
    (score,) = retriever.relevance([query])
    assert -1 <= score <= 1.0001


@pytest.mark.model
def test_the_real_model_leaves_a_question_that_is_too_long_and_answers_the_others(monkeypatch, retriever, llm):
    monkeypatch.undo()
    long, short = RagPipeline(retriever, llm).answer_many(["How many days? " * 9000, "How many days?"])
    assert long.abstained
    assert "shorten the question" in long.problem
    assert not short.problem
    assert short.new_tokens > 0
