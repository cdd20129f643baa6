"""Reading documents: what is taken, what is refused, which version is in force, and who may read it."""

import datetime as dt
import re
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


LINES = {  # what stands in a file that otherwise is whole, and what is told of it
    "no YAML": ("title: Tea", "title: 'Tea", r"tea\.md, line \d+ is not YAML: mend the front matter there\."),
    "a tab": ("title: Tea", "\ttitle: Tea", r"tea\.md, line 3 is not YAML"),
    "a colon": ("title: Tea", "title: Tea: hot", r"tea\.md, line 3 is not YAML"),
    "a day that isn't": (
        "2026-03-01",
        "2026-02-30",
        r"tea\.md, line 6 gives '2026-02-30' as the effective date: write",
    ),
    "words for a date": ("2026-03-01", "next spring", r"tea\.md, line 6 gives 'next spring' as the effective date"),
    "a date of another order": ("2026-03-01", "01/03/2026", r"tea\.md, line 6 gives '01/03/2026' as the effective"),
    "a date with a time": ("2026-03-01", "2026-03-01 10:00", r"tea\.md, line 6 gives '2026-03-01 10:00' as the"),
    "a key twice": ("title: Tea", "title: Tea\nid: other", r"tea\.md, line 4 gives id a second time: drop one of"),
    "a list": ("title: Tea", "title: [Tea, Coffee]", r"tea\.md, line 3 gives title several values: give it one\."),
    "a mapping": ("title: Tea", "title: {hot: Tea}", r"tea\.md, line 3 gives title several values"),
    "an empty value": ("tenant: elmgate", "tenant:", r"tea\.md lacks tenant in its front matter: add it at the top"),
    "no key": ("id: hr-tea", "just words\nid: hr-tea", r"tea\.md, line \d is not YAML"),
}


@pytest.mark.parametrize("start", ["", "\ufeff", "\n\n"], ids=["plain", "byte-order mark", "empty lines first"])
@pytest.mark.parametrize(("there", "wrong", "told"), LINES.values(), ids=LINES)
def test_what_is_wrong_in_a_file_is_told_with_its_line(tmp_path, there, wrong, told, start):
    path = write(tmp_path / "tea.md", **WHOLE)
    path.write_text(start + path.read_text(encoding="utf-8").replace(there, wrong), encoding="utf-8")
    if start.isspace():  # every line stands two lower
        told = re.sub(r"line (\d)", lambda found: f"line {int(found[1]) + 2}", told)
    with pytest.raises(ValueError, match=rf"^{told}") as raised:
        read_document(path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("front", ["just words", "- a\n- b"])
def test_front_matter_without_keys_is_told(tmp_path, front):
    (tmp_path / "tea.md").write_text(f"---\n{front}\n---\nText.")
    with pytest.raises(ValueError, match=r"^tea\.md, line 2 is not of the form 'key: value'"):
        read_document(tmp_path / "tea.md")


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte-order mark"])
def test_a_document_is_the_same_from_every_editor(tmp_path, end, mark):
    path = write(tmp_path / "tea.md", "Żółć.\n\nBring a cup.", **WHOLE)
    document, text = read_document(path), path.read_text(encoding="utf-8")
    path.write_bytes((mark + text.replace("\n", end)).encode())
    assert read_document(path) == document


def test_values_are_taken_as_they_are_written(tmp_path):
    odd = {
        "id": "007",
        "title": "2026-03-01",
        "tenant": "no",
        "version": "2.10",
        "collection": "1e3",
        "supersedes": "~",
    }
    document = read_document(write(tmp_path / "tea.md", **WHOLE | odd))
    found = (document.doc_id, document.title, document.tenant, document.version, document.collection)
    assert found == ("007", "2026-03-01", "no", "2.10", "1e3")
    assert document.supersedes is None


@pytest.mark.parametrize(("encoding", "line", "record"), [("latin-1", 12, 2), ("cp1252", 12, 2), ("utf-16", 1, 1)])
def test_another_encoding_is_told_with_its_line(tmp_path, monkeypatch, encoding, line, record):
    path = write(tmp_path / "tea.md", "Tea.\n\nNaïve thé.", **WHOLE)
    path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
    with pytest.raises(ValueError, match=rf"^tea\.md, line {line} is not in UTF-8: save the file in this encoding\.$"):
        read_document(path)
    monkeypatch.setattr(documents, "DATA", tmp_path)
    (tmp_path / "notes.jsonl").write_bytes('{"a": 1}\n{"a": "thé"}'.encode(encoding))
    with pytest.raises(ValueError, match=rf"^notes\.jsonl, line {record} is not in UTF-8"):
        load_records("notes")


@pytest.mark.parametrize(
    "line", ["{", "[1]", "7", "null", '{"a": 1} {"a": 2}', "[" * 100_000], ids=lambda text: text[:20]
)
def test_a_line_that_is_no_record_is_told(monkeypatch, tmp_path, line):
    monkeypatch.setattr(documents, "DATA", tmp_path)
    (tmp_path / "notes.jsonl").write_text(f'\ufeff{{"a": 1}}\n\n{line}\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"^notes\.jsonl, line 3 is no JSON object: mend or drop it\.$"):
        load_records("notes")


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
