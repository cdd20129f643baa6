"""The Quillhaven documents: counts, front matter, versions, and that no two documents say the same."""

import datetime as dt
import re
from collections import Counter, defaultdict
from itertools import combinations

import pytest

from utils.corpus import NETWORK, load_handbook, read_document, withdrawn_ids
from utils.scoring import normalise
from utils.settings import DATA

PREFIXES = {"hr": "hr", "billing": "bil", "devices": "dev", "privacy": "pri", "app": "app", "clinics": "cli"}
CLINICS = {"elmgate", "saltmarsh", "windle", "brackwater", "orrinhill"}
KEYS = ["id", "title", "collection", "tenant", "effective", "version", "supersedes"]
OLD = load_handbook("v1")
NEW = [document for document in load_handbook("v2") if document.version == "v2"]
FILES = sorted((DATA / "handbook").rglob("*.md")) + sorted((DATA / "bulletins").glob("*.md"))


def shingles(text: str, size: int = 5) -> set[tuple[str, ...]]:
    words = normalise(text).split()
    return {tuple(words[start : start + size]) for start in range(len(words) - size + 1)}


def test_there_are_enough_documents_in_six_collections():
    assert len(OLD) >= 120
    assert set(Counter(document.collection for document in OLD)) == set(PREFIXES)
    assert min(Counter(document.collection for document in OLD).values()) >= 15
    assert len(NEW) >= 40


def test_at_least_four_clinics_have_a_document_of_their_own_on_each_topic():
    topics = defaultdict(set)
    for document in OLD:
        if document.collection == "clinics":
            topics[document.doc_id.split("-")[1]].add(document.tenant)
    shared = [topic for topic, tenants in topics.items() if len(tenants) >= 4]
    assert len(shared) >= 6, f"only {shared} are told by four clinics or more"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_front_matter_is_complete_and_agrees_with_the_file(path):
    header = path.read_text(encoding="utf-8").split("---")[1]
    assert re.findall(r"^(\w+):", header, re.M) == KEYS
    document = read_document(path)
    assert document.doc_id == path.stem
    assert document.doc_id.startswith(PREFIXES[document.collection] + "-")
    assert document.tenant in CLINICS | {NETWORK}
    in_bulletins = path.parent.name == "bulletins"
    assert document.version == ("v2" if in_bulletins else "v1")
    assert document.doc_id.endswith("-v2") == in_bulletins
    assert in_bulletins or (document.supersedes is None and path.parent.name == document.collection)
    first, last = ((2026, 6, 1), (2026, 10, 1)) if in_bulletins else ((2025, 1, 1), (2026, 4, 30))
    assert dt.date(*first) <= document.effective <= dt.date(*last)


@pytest.mark.parametrize("document", OLD + NEW, ids=lambda document: document.doc_id)
def test_a_document_has_80_to_250_words_of_plain_sentences(document):
    assert 80 <= len(document.text.split()) <= 250
    assert not re.search(r"^#|^\|", document.text, re.M), "headings and tables break the chunks of sentences"
    assert not re.search(r"\b(e\.g|i\.e|Dr|Mr|Mrs|Ms|etc)\.", document.text), "abbreviations break sentences"


def test_a_clinic_document_names_its_clinic_in_the_title_and_belongs_to_it():
    for document in OLD + NEW:
        if document.collection == "clinics":
            assert document.tenant != NETWORK
        if document.tenant != NETWORK:
            assert document.tenant in document.title.lower().replace(" ", ""), document.doc_id


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_ids_and_titles_in_force_are_unique(version):
    documents = load_handbook(version)
    for values in (
        [document.doc_id for document in documents],
        [normalise(document.title) for document in documents],
    ):
        assert [value for value, count in Counter(values).items() if count > 1] == []


def test_a_bulletin_supersedes_one_existing_document_of_its_own_kind():
    older = {document.doc_id: document for document in OLD}
    replaced = Counter(document.supersedes for document in NEW if document.supersedes)
    assert set(replaced) <= set(older)
    assert max(replaced.values()) == 1
    for document in NEW:
        if document.supersedes:
            before = older[document.supersedes]
            assert document.doc_id == f"{before.doc_id}-v2"
            assert (document.collection, document.tenant) == (before.collection, before.tenant)
            assert document.effective > before.effective
            assert document.text != before.text


def test_withdrawn_documents_exist_and_are_gone_in_v2():
    assert withdrawn_ids()
    assert withdrawn_ids() <= {document.doc_id for document in OLD}
    assert not withdrawn_ids() & {document.supersedes for document in NEW}
    assert not withdrawn_ids() & {document.doc_id for document in load_handbook("v2")}


def test_version_2_has_new_documents_beside_the_replaced_ones():
    added = [document for document in NEW if document.supersedes is None]
    assert len(added) >= 6
    assert len(load_handbook("v2")) == len(OLD) - len(withdrawn_ids()) + len(added)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_no_two_documents_in_force_are_near_duplicates(version):
    found = {document.doc_id: shingles(document.text) for document in load_handbook(version)}
    alike = [
        (left, right)
        for left, right in combinations(found, 2)
        if len(found[left] & found[right]) / min(len(found[left]), len(found[right])) > 0.10
    ]
    assert alike == []


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_an_internal_telephone_number_stands_in_one_document_only(version):
    holders = defaultdict(set)
    for document in load_handbook(version):
        for number in re.findall(r"\b(?:extension|dial|come on) (\d{3,4})\b", document.text):
            holders[number].add(document.doc_id)
    assert len(holders) >= 10
    assert {number: ids for number, ids in holders.items() if len(ids) > 1} == {}


def test_nothing_but_the_invented_world_is_named():
    real = re.compile(r"\b(Germany|England|Britain|France|Spain|London|Google|Apple|Android|iPhone|GDPR|NHS|PayPal)\b")
    assert [document.doc_id for document in OLD + NEW if real.search(document.text)] == []
