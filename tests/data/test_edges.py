"""Attacks, dialogues and conflicts: enough of each, gold that stands where it is said to, and nothing given away."""

import re
from collections import Counter

import pytest

from utils.corpus import NETWORK, load_handbook, load_questions, load_records
from utils.scoring import mentions, normalise
from utils.settings import DATA

ATTACKS, DIALOGUES, CONFLICTS = load_records("attacks"), load_records("dialogues"), load_records("conflicts")
OLD = {document.doc_id: document for document in load_handbook("v1")}
NEW = {document.doc_id: document for document in load_handbook("v2")}
LEAK = "exfiltration"


def stands_in(documents: dict, doc_id: str, answers: list[str]) -> bool:
    return mentions(f"{documents[doc_id].title}. {documents[doc_id].text}", answers)


def any_within(texts: list[str], others: list[str]) -> bool:
    return any(mentions(other, [text]) for text in texts for other in others)


@pytest.mark.parametrize(
    ("rows", "least", "letter", "keys"),
    [
        (ATTACKS, 28, "a", "id kind doc_id text question answers target"),
        (DIALOGUES, 44, "d", "id kind turns follow_up standalone answers doc_ids"),
        (CONFLICTS, 40, "c", "id question old_doc new_doc answers stale"),
    ],
    ids=["attacks", "dialogues", "conflicts"],
)
def test_there_are_enough_complete_records_with_ids_in_order(rows, least, letter, keys):
    assert len(rows) >= least
    assert all(list(row) == keys.split() for row in rows)
    assert [row["id"] for row in rows] == [f"{letter}{number:02}" for number in range(1, len(rows) + 1)]
    for key in {"text", "question", "follow_up", "standalone"} & set(keys.split()):
        assert len({normalise(row[key]) for row in rows}) == len(rows), f"the same {key} twice"
    assert all(row[key] and row[key] == row[key].strip() for row in rows for key in row if isinstance(row[key], str))


@pytest.mark.parametrize(("rows", "kinds"), [(ATTACKS, 7), (DIALOGUES, 5)], ids=["attacks", "dialogues"])
def test_kinds_are_even(rows, kinds):
    counts = Counter(row["kind"] for row in rows)
    assert len(counts) == kinds
    assert max(counts.values()) - min(counts.values()) <= 1


def test_the_data_card_tells_the_counts():
    card = " ".join((DATA / "README.md").read_text(encoding="utf-8").split())
    pairs = {row["old_doc"] for row in CONFLICTS}
    assert f"{len(ATTACKS)} passages" in card
    assert f"{len(DIALOGUES)} short conversations" in card
    assert f"{len(CONFLICTS)} questions on {len(pairs)} pairs" in card


@pytest.mark.parametrize("row", ATTACKS, ids=lambda row: row["id"])
def test_an_attack_wants_what_its_document_does_not_say(row):
    assert stands_in(OLD, row["doc_id"], row["answers"])
    assert f" {normalise(row['target'])} " not in f" {normalise(OLD[row['doc_id']].text)} "
    assert not mentions(row["question"], [row["target"], *row["answers"]])
    assert not any_within([row["target"]], row["answers"])
    assert not any_within(row["answers"], [row["target"]])
    assert not mentions(row["text"], row["answers"]), "the attack tells the right answer"
    assert len(row["target"].split()) <= 5
    assert 8 <= len(row["text"].split()) <= 50
    assert all("example.org" in address for address in re.findall(r"https?://\S+|www\.\S+", row["text"]))


def test_attacks_ask_lookups_that_no_reader_was_trained_on_each_in_another_document():
    asked = {question.question: question for question in load_questions(kind="lookup") if question.split != "memorise"}
    for row in ATTACKS:
        question = asked[row["question"]]
        assert question.split in ("dev", "test")
        assert ([row["doc_id"]], row["answers"]) == ([*question.doc_ids], [*question.answers]), row["id"]
    assert len({row["doc_id"] for row in ATTACKS}) == len(ATTACKS)
    assert len({OLD[row["doc_id"]].collection for row in ATTACKS}) == 6


def test_an_attack_brings_its_target_along_unless_it_wants_that_of_another_clinic():
    for row in ATTACKS:
        assert mentions(row["text"], [row["target"]]) == (row["kind"] != LEAK), row["id"]
        if row["kind"] == LEAK:
            holders = {d.tenant for d in OLD.values() if mentions(d.text, [row["target"]])}
            assert len(holders) == 1, row["id"]
            assert not holders & {NETWORK, OLD[row["doc_id"]].tenant}, row["id"]


@pytest.mark.parametrize("row", DIALOGUES, ids=lambda row: row["id"])
def test_a_follow_up_needs_its_dialogue_and_its_answer_stands_in_the_document(row):
    assert all(stands_in(OLD, doc_id, row["answers"]) for doc_id in row["doc_ids"])
    assert len(row["turns"]) == (4 if row["kind"] == "topic_return" else 2)
    for answer in row["turns"][1::2]:
        assert any(stands_in(OLD, doc_id, [answer]) for doc_id in OLD), answer
    for text in (*row["turns"], row["follow_up"], row["standalone"]):
        assert not mentions(text, row["answers"]), text
    assert row["standalone"] != row["follow_up"]
    added = set(normalise(row["standalone"]).split()) - set(normalise(row["follow_up"]).split())
    assert len(added) >= 3, "the follow-up can stand alone"


def test_dialogues_are_spread_over_the_handbook_and_name_the_clinic_when_rewritten():
    used = {doc_id for row in DIALOGUES for doc_id in row["doc_ids"]}
    assert len(used) >= 35
    assert len({OLD[doc_id].collection for doc_id in used}) == 6
    names = {"elmgate": "Elmgate", "saltmarsh": "Saltmarsh", "windle": "Windle", "brackwater": "Brackwater"}
    names |= {"orrinhill": "Orrin Hill"}
    for row in DIALOGUES:
        for tenant in {OLD[doc_id].tenant for doc_id in row["doc_ids"]} - {NETWORK}:
            assert names[tenant] in row["standalone"], row["id"]


@pytest.mark.parametrize("row", CONFLICTS, ids=lambda row: row["id"])
def test_a_conflict_has_its_old_answer_in_the_old_document_only_and_its_new_one_in_the_new(row):
    assert NEW[row["new_doc"]].supersedes == row["old_doc"]
    assert stands_in(OLD, row["old_doc"], row["stale"])
    assert stands_in(NEW, row["new_doc"], row["answers"])
    assert not stands_in(OLD, row["old_doc"], row["answers"])
    assert not stands_in(NEW, row["new_doc"], row["stale"])
    assert not any_within(row["stale"], row["answers"])
    assert not any_within(row["answers"], row["stale"])
    assert not mentions(row["question"], [*row["answers"], *row["stale"]])


def test_conflicts_cover_many_pairs_and_are_asked_in_words_of_their_own():
    assert len({row["old_doc"] for row in CONFLICTS}) >= 30
    assert max(Counter(row["old_doc"] for row in CONFLICTS).values()) <= 2
    known = {normalise(question.question) for question in load_questions()}
    assert [row["id"] for row in CONFLICTS if normalise(row["question"]) in known] == []
