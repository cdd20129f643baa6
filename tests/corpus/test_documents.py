"""Reading documents: what is taken, what is refused, which version is in force, and who may read it."""

import datetime as dt
from dataclasses import replace

import pytest

from utils.corpus import (
    Document,
    documents,
    load_handbook,
    load_records,
    page_of,
    read_document,
    visible_to,
    withdrawn_ids,
)

WHOLE = {
    "id": "hr-tea",
    "title": "Tea",
    "collection": "hr",
    "tenant": "elmgate",
    "effective": "2026-03-01",
    "version": "v2",
    "supersedes": "hr-coffee",
}


def write(path, text="Tea is at four.\n\nBring a cup.", **header):
    lines = "\n".join(f"{key}: {value}" for key, value in header.items())
    path.write_text(f"---\n{lines}\n---\n{text}\n", encoding="utf-8")
    return path


def test_a_file_becomes_a_document(tmp_path):
    document = read_document(write(tmp_path / "tea.md", **WHOLE))
    assert document == Document(
        doc_id="hr-tea",
        title="Tea",
        text="Tea is at four.\n\nBring a cup.",
        collection="hr",
        tenant="elmgate",
        effective=dt.date(2026, 3, 1),
        version="v2",
        supersedes="hr-coffee",
    )


def test_nothing_superseded_is_none(tmp_path):
    assert read_document(write(tmp_path / "tea.md", **WHOLE | {"supersedes": ""})).supersedes is None


def test_other_alphabets_survive(tmp_path):
    document = read_document(write(tmp_path / "tea.md", "Żółć, naïve, 茶 ☕", **WHOLE | {"title": "Thé"}))
    assert (document.title, document.text) == ("Thé", "Żółć, naïve, 茶 ☕")


@pytest.mark.parametrize("key", ["id", "title", "collection", "tenant", "effective", "version"])
def test_a_missing_key_is_named_with_the_file(tmp_path, key):
    header = {name: value for name, value in WHOLE.items() if name != key}
    with pytest.raises(ValueError, match=rf"tea\.md lacks {key} in its front matter"):
        read_document(write(tmp_path / "tea.md", **header))


def test_a_file_without_front_matter_is_named(tmp_path):
    (tmp_path / "plain.md").write_text("Just text.")
    with pytest.raises(ValueError, match=r"plain\.md lacks collection, effective, id, tenant, title, version"):
        read_document(tmp_path / "plain.md")


def test_front_matter_that_is_no_yaml_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"tea\.md"):
        read_document(write(tmp_path / "tea.md", **WHOLE | {"title": "'Tea"}))


def test_only_two_versions_are_known():
    with pytest.raises(ValueError, match="There is no handbook version 'v3': ask for 'v1' or 'v2'"):
        load_handbook("v3")


def test_the_second_version_holds_what_is_in_force():
    before, after = load_handbook("v1"), load_handbook("v2")
    ids = {document.doc_id for document in after}
    assert len(ids) == len(after)
    assert not ids & withdrawn_ids()
    assert not ids & {document.supersedes for document in after}
    kept = {document.doc_id for document in before} & ids
    new = [document for document in after if document.version == "v2"]
    assert len(kept) + len(new) == len(after)
    replaced = sum(document.supersedes is not None for document in new)
    assert len(before) - len(kept) == len(withdrawn_ids()) + replaced


def test_a_changed_list_does_not_change_the_handbook():
    size = len(load_handbook())
    load_handbook().clear()
    assert len(load_handbook()) == size


def test_lines_end_only_where_a_line_ends(monkeypatch, tmp_path):
    monkeypatch.setattr(documents, "DATA", tmp_path)
    (tmp_path / "notes.jsonl").write_text('{"a": "one\u2028line\x85"}\n\n{"a": 2}\r\n', encoding="utf-8")
    assert load_records("notes") == [{"a": "one\u2028line\x85"}, {"a": 2}]


def test_a_bulletin_that_another_one_supersedes_is_no_longer_in_force(monkeypatch):
    every = load_handbook("v2")
    newest = next(document for document in every if document.supersedes)
    third = replace(newest, doc_id="third", supersedes=newest.doc_id)
    folders = documents._folder
    monkeypatch.setattr(documents, "_folder", lambda name: (*folders(name), *([third] if name == "bulletins" else [])))
    assert {document.doc_id for document in load_handbook("v2")} == {d.doc_id for d in every} - {newest.doc_id} | {
        "third"
    }


@pytest.mark.parametrize(
    ("doc_id", "page"),
    [("tea#0", "tea"), ("tea#12", "tea"), ("tea", "tea"), ("c#-notes", "c#-notes"), ("a#1#2", "a#1")],
)
def test_a_piece_belongs_to_the_page_it_was_cut_from(doc_id, page):
    assert page_of(doc_id) == page


def test_a_clinic_sees_its_own_documents_and_the_networks():
    assert visible_to("windle") == {"tenant": ["network", "windle"]}
    assert visible_to("network") == {"tenant": ["network"]}


def test_a_split_that_is_not_there_is_named_with_those_that_are():
    assert {record["split"] for record in load_records("tickets", "dev")} == {"dev"}
    with pytest.raises(ValueError, match=r"tickets\.jsonl has no split 'tset': choose one of train, dev, test"):
        load_records("tickets", "tset")
