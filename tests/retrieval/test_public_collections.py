"""Public test collections: reading the layout, what is wrong told by file and line, and figures that others confirm."""

import shutil
from pathlib import Path

import pytest
from sklearn.metrics import ndcg_score

from utils import evaluation, models
from utils.corpus import Document
from utils.retrieval import Hit, Retriever, public_collections
from utils.retrieval.public_collections import Collection, evaluate_collection, load_collection, ranked_documents

EXAMPLE = Path(__file__).parent / "beir_example"


@pytest.fixture
def folder(tmp_path):
    """A copy of the example, to be damaged."""
    return shutil.copytree(EXAMPLE, tmp_path / "garden")


class Ranked:
    """Stands where a retriever stood: answers every query with the same hits, so that figures can be worked out."""

    def __init__(self, *chunk_ids):
        self.hits = [Hit(chunk_id.split("#")[0], chunk_id, "", 1 / n) for n, chunk_id in enumerate(chunk_ids, 1)]
        self.asked = []

    def search_many(self, queries, k):
        self.asked.append(k)
        return [self.hits[:k] for _ in queries]


def test_the_example_is_read_as_it_stands():
    found = load_collection(EXAMPLE)
    assert [document.doc_id for document in found.documents] == [f"g{n:02}" for n in range(1, 13)]
    assert found.documents[0].title == "Watering tomatoes"
    assert found.documents[0].text.startswith("Tomatoes want water")
    assert found.documents[0].collection == "beir_example"
    assert (found.documents[3].title, found.documents[8].text) == ("", "")
    assert list(found.queries) == ["q1", "q2", "q3", "q4", "g03"]  # q9 has no judgement
    assert found.qrels["q1"] == {"g03": 2, "g04": 2, "g05": 1, "g06": 0}


def test_a_title_may_be_absent_or_null_and_empty_lines_do_no_harm(folder):
    (folder / "corpus.jsonl").write_text('{"_id": "a", "text": "x"}\n\n{"_id": "b", "title": null, "text": "y"}\n')
    assert [document.title for document in load_collection(folder).documents] == ["", ""]


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl", "qrels/test.tsv"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(ValueError, match=rf"There is no file .*{name}: pass the folder"):
        load_collection(folder)


def test_another_split_is_looked_for_in_its_own_file(folder):
    with pytest.raises(ValueError, match=r"There is no file .*dev\.tsv"):
        load_collection(folder, "dev")
    (folder / "qrels" / "dev.tsv").write_text("query-id\tcorpus-id\tscore\nq9\tg12\t1\n")
    assert list(load_collection(folder, "dev").queries) == ["q9"]


@pytest.mark.parametrize(
    ("name", "line", "words"),
    [
        ("corpus.jsonl", "{not json", r"corpus\.jsonl, line 13 is no JSON object"),
        ("corpus.jsonl", '["g13", "text"]', r"corpus\.jsonl, line 13 is no JSON object"),
        ("corpus.jsonl", '{"_id": "g13", "title": "no text"}', r"corpus\.jsonl, line 13 is no JSON object"),
        ("corpus.jsonl", '{"_id": 13, "text": "a number"}', r"corpus\.jsonl, line 13 is no JSON object"),
        ("corpus.jsonl", '{"_id": "g01", "text": "again"}', r"corpus\.jsonl, line 13 has the _id 'g01' of an earlier"),
        ("queries.jsonl", '{"text": "who?"}', r"queries\.jsonl, line 7 is no JSON object"),
        ("qrels/test.tsv", "q1\tg01", r"test\.tsv, line 13 is not query-id, corpus-id and a whole number"),
        ("qrels/test.tsv", "q1\tg01\thigh", r"test\.tsv, line 13 is not query-id"),
        ("qrels/test.tsv", "q1 g01 1", r"test\.tsv, line 13 is not query-id"),
        ("qrels/test.tsv", "q77\tg01\t1", r"test\.tsv judges a query 'q77' that queries\.jsonl lacks"),
    ],
)
def test_a_wrong_line_is_named_with_its_file(folder, name, line, words):
    with open(folder / name, "a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(ValueError, match=words) as told:
        load_collection(folder)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl", "qrels/test.tsv"])
def test_a_byte_order_mark_is_passed_over_and_another_encoding_is_told(folder, name):
    path, whole = folder / name, load_collection(folder)
    content = path.read_bytes()
    path.write_bytes(b"\xef\xbb\xbf" + content)
    assert load_collection(folder) == whole
    path.write_bytes(content + b"caf\xe9\n")
    with pytest.raises(ValueError, match=rf"^{path.name}, line {content.count(10) + 1} is not in UTF-8: save the file"):
        load_collection(folder)


def test_judgements_without_their_header_are_refused(folder):
    (folder / "qrels" / "test.tsv").write_text("q1\tg01\t1\n")
    with pytest.raises(ValueError, match=r"test\.tsv, line 1 is not the header query-id, corpus-id, score"):
        load_collection(folder)


def test_chunks_are_folded_to_documents_and_the_query_itself_is_left_out():
    searched = Ranked("a#1", "q#0", "a#0", "b#3", "c#0")
    assert ranked_documents(searched, {"q": "?"}, 2) == {"q": ["a", "b"]}
    assert searched.asked == [3, 12]  # three chunks held one document beside the query: deeper
    assert ranked_documents(Ranked("a#1", "b#0", "c#0"), {"q": "?"}, 2) == {"q": ["a", "b"]}


def test_a_search_that_is_exhausted_ends():
    searched = Ranked("a#0", "a#1", "a#2")
    assert ranked_documents(searched, {"q": "?"}, 5) == {"q": ["a"]}
    assert searched.asked == [6]


def test_figures_worked_out_by_hand():
    qrels = {"q1": {"a": 2, "b": 1, "c": 0}, "q2": {"x": 1}, "unanswered": {"a": 0}}
    collection = Collection([], dict.fromkeys(qrels, "?"), qrels)
    scores = evaluate_collection(Ranked("c", "b", "a", "d"), collection, k=2, depth=3)
    assert list(scores.index) == ["q1", "q2"]  # nothing can be found for the third
    assert scores.loc["q1", "recall@2"] == 1 / 2
    assert scores.loc["q1", "recall@3"] == 1
    assert scores.loc["q1", "MRR@2"] == 1 / 2
    assert scores.loc["q1", "nDCG@2"] == pytest.approx((1 * 0.63093) / (2 * 1 + 1 * 0.63093), abs=1e-4)
    assert scores.loc["q2"].tolist() == [0, 0, 0, 0]


def test_the_reciprocal_rank_ends_at_k():
    searched, collection = Ranked("a", "b", "c"), Collection([], {"q": "?"}, {"q": {"c": 1}})
    assert evaluate_collection(searched, collection, k=2, depth=3).loc["q", "MRR@2"] == 0
    assert evaluate_collection(searched, collection, k=3, depth=3).loc["q", "MRR@3"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(("k", "depth"), [(0, 10), (11, 10), (-1, 10)])
def test_a_depth_below_k_is_refused(k, depth):
    with pytest.raises(ValueError, match=f"k is {k} and depth {depth}: choose k from 1 to depth"):
        evaluate_collection(Ranked("a"), load_collection(EXAMPLE), k=k, depth=depth)


def test_judgements_with_nothing_relevant_are_refused():
    with pytest.raises(ValueError, match="No query has a relevant document"):
        evaluate_collection(Ranked("a"), Collection([], {"q": "?"}, {"q": {"a": 0}}))


def test_queries_are_searched_in_batches_with_the_same_result(monkeypatch, capsys):
    collection = load_collection(EXAMPLE)
    searched = Retriever(collection.documents, "keyword", chunk=None)
    at_once = evaluate_collection(searched, collection)
    monkeypatch.setattr(public_collections, "BATCH", 2)
    assert evaluate_collection(searched, collection, label="searching").equals(at_once)
    assert "5/5" in capsys.readouterr().out


def test_keyword_search_finds_what_shares_words(capsys):
    collection = load_collection(EXAMPLE)
    scores = evaluate_collection(Retriever(collection.documents, "keyword", chunk=None), collection)
    assert scores.loc["q2", "MRR@10"] == 1  # brown spots on tomato leaves
    assert scores.loc["g03", "nDCG@10"] == 1  # the other page on slugs comes first once the query itself is out
    assert scores.loc["q4", "recall@10"] < 1  # no page has the word lemon, one has trees
    assert public_collections.main([str(EXAMPLE), "--mode", "keyword"]) == 0
    printed = capsys.readouterr().out
    assert "12 documents" in printed
    assert f"nDCG@10    {scores['nDCG@10'].mean():.4f}" in printed


def test_a_folder_that_cannot_be_read_is_told_in_one_line(tmp_path, capsys):
    assert public_collections.main([str(tmp_path)]) == 1
    told = capsys.readouterr().err.strip()
    assert told.startswith("There is no file ")
    assert "\n" not in told


def test_graded_gain_agrees_with_scikit_learn():
    ids = [f"d{n}" for n in range(12)]
    grades = dict(zip(ids, [0, 3, 0, 1, 2, 0, 0, 1, 0, 0, 3, 0], strict=True))
    for ranked in (ids, ids[::-1], ids[5:] + ids[:5]):
        for k in (1, 3, 10, 12):
            wanted = ndcg_score([[grades[d] for d in ids]], [[-ranked.index(d) for d in ids]], k=k)
            assert evaluation.ndcg_at_k(ranked, grades, k) == pytest.approx(wanted)


@pytest.mark.model
def test_dense_figures_agree_with_those_of_sentence_transformers():
    from sentence_transformers.sentence_transformer.evaluation import InformationRetrievalEvaluator

    found = load_collection(EXAMPLE)
    binary = {q: {d: min(grade, 1) for d, grade in grades.items()} for q, grades in found.qrels.items() if q != "g03"}
    queries = {query_id: found.queries[query_id] for query_id in binary}
    searched = Retriever(found.documents, "dense", chunk=None)
    judge = InformationRetrievalEvaluator(
        queries,
        {piece.doc_id: piece.text for piece in searched.chunks},
        {q: {d for d, grade in grades.items() if grade} for q, grades in binary.items()},
        mrr_at_k=[1, 10],
        ndcg_at_k=[1, 3, 10],
        precision_recall_at_k=[1, 3, 10],
        accuracy_at_k=[1],
        map_at_k=[10],
        show_progress_bar=False,
        write_csv=False,
    )
    theirs = judge(models.load_embedder())
    for k in (1, 3, 10):
        ours = evaluate_collection(searched, Collection(found.documents, queries, binary), k=k, depth=12).mean()
        assert ours[f"nDCG@{k}"] == pytest.approx(theirs[f"cosine_ndcg@{k}"], abs=1e-6)
        assert ours[f"recall@{k}"] == pytest.approx(theirs[f"cosine_recall@{k}"], abs=1e-6)
        if k != 3:
            assert ours[f"MRR@{k}"] == pytest.approx(theirs[f"cosine_mrr@{k}"], abs=1e-6)


def test_documents_are_indexed_whole():
    long = Document("long", "Title", " ".join(f"Sentence number {n} stands here." for n in range(300)), "c")
    searched = Retriever([long, Document("other", "Other", "Nothing.", "c")], "keyword", chunk=None)
    assert [piece.chunk_id for piece in searched.chunks] == ["long#0", "other#0"]
    assert searched.chunks[0].text.endswith("Sentence number 299 stands here.")
