"""The questions: counts, answers that stand where they should, splits that do not leak, versions that differ."""

import re
from collections import Counter, defaultdict
from functools import cache
from itertools import combinations, permutations

import pytest

from utils.corpus import (
    KINDS,
    NETWORK,
    SPLITS,
    chunk_document,
    load_handbook,
    load_questions,
    load_records,
    sentences,
    withdrawn_ids,
)
from utils.scoring import contains_answer, mentions, normalise

FIELDS = ["id", "question", "answers", "doc_ids", "tenant", "collection", "kind", "split", "fact_id", "answers_after"]
QUESTIONS = load_questions()
OLD = {document.doc_id: document for document in load_handbook("v1")}
NEW = {document.doc_id: document for document in load_handbook("v2")}
NEWER = {document.supersedes: document for document in NEW.values() if document.supersedes}
GROUPS = defaultdict(list)  # phrasings of the same thing
for _question in QUESTIONS:
    GROUPS[_question.fact_id or _question.id].append(_question)
ANSWERED = [question for question in QUESTIONS if question.answers]
STOP = re.compile(
    r"the|and|for|that|with|what|which|who|how|many|much|does|did|this|from|when|where|there|their|have|has|been|into|"
    r"whose|whom|must|may|can|will|would|should|about|after|before|them|they|your|you|our|are|was|were|not|but|any|all|"
    r"one|its|his|her|him|she"
)
# Absent all the same, read one by one: each stands so near to what the handbook does say that all its words occur.
NEAR_MISSES = {"pri-u09-1", "dev-u14-1", "bil-u12-1", "app-u13-1"}
ASKS_FOR_A_NUMBER = re.compile(
    r"how many|number|\bnr\b|\bmax\b|\bage\b|how old|birthday|run out automatically|\broom\b|limit|most|smallest|"
    r"largest|minimum|minimun|threshold|\bdesk\b|\bgate\b|cabinet|degrees|°c"
)


def whole(document) -> str:
    return f"{document.title}. {document.text}"


def content_words(text: str) -> set[str]:
    parts = normalise(text).replace(".", " ").split()
    return {word[:5] for word in parts if len(word) > 2 and not STOP.fullmatch(word)}


@cache
def words(text: str) -> frozenset[str]:
    return frozenset(normalise(text).split())


def word_overlap(left: str, right: str) -> float:
    return len(words(left) & words(right)) / len(words(left) | words(right))


def test_there_are_enough_questions_of_every_kind():
    kinds = Counter(question.kind for question in QUESTIONS)
    assert len(QUESTIONS) >= 900
    assert set(kinds) == set(KINDS)
    assert {question.split for question in QUESTIONS} == set(SPLITS)
    for kind, least in {"changed": 40, "unanswerable": 80, "tenant": 60, "multi": 40}.items():
        assert kinds[kind] >= least, kind
    changed = {question.fact_id for question in QUESTIONS if question.kind == "changed"}
    assert len(changed) >= 40


def test_there_are_enough_facts_in_eight_phrasings_and_enough_other_questions():
    eight = {fact for fact, group in GROUPS.items() if len(group) == 8}
    assert len(eight) >= 80
    assert len({key for key, group in GROUPS.items() if key not in eight and group[0].answers}) >= 200
    for fact in eight:
        assert Counter(question.split == "memorise" for question in GROUPS[fact]) == {True: 6, False: 2}
    assert all(len(group) <= 2 for key, group in GROUPS.items() if key not in eight)


def test_records_are_complete_and_ids_unique():
    records = load_records("questions")
    assert all(list(record) == FIELDS for record in records)
    assert [key for key, count in Counter(record["id"] for record in records).items() if count > 1] == []
    assert all(record["question"].strip() == record["question"] != "" for record in records)


def test_questions_agree_with_their_documents():
    for question in QUESTIONS:
        assert set(question.doc_ids) <= set(OLD), question.id
        if question.doc_ids:
            gold = OLD[question.doc_ids[-1]]
            assert (question.tenant, question.collection) == (gold.tenant, gold.collection), question.id
        assert len(set(question.doc_ids)) == {"multi": 2, "unanswerable": 0, "added": 0}.get(question.kind, 1)


def test_the_answer_stands_in_one_sentence_of_its_gold_document():
    for question in ANSWERED:
        chunks = chunk_document(OLD[question.doc_ids[-1]], 1)
        assert any(mentions(chunk.text, question.answers) for chunk in chunks), question.id


def test_two_documents_are_needed_for_a_question_of_kind_multi():
    for question in (question for question in QUESTIONS if question.kind == "multi"):
        first, last = (OLD[doc_id] for doc_id in question.doc_ids)
        assert not mentions(whole(first), question.answers), f"{question.id}: the first document tells it all"
        assert first.title not in question.question
        assert last.title not in question.question


def test_the_answer_for_v2_stands_in_the_document_in_force():
    for question in QUESTIONS:
        if not question.doc_ids or question.kind == "withdrawn":
            continue
        document = NEWER.get(question.doc_ids[-1]) or NEW[question.doc_ids[-1]]
        assert mentions(whole(document), question.answers_after), question.id
        assert (question.answers == question.answers_after) == (question.kind != "changed"), question.id


def test_a_changed_fact_really_differs():
    for question in (question for question in QUESTIONS if question.kind == "changed"):
        before, after = OLD[question.doc_ids[0]], NEWER[question.doc_ids[0]]
        assert not mentions(whole(after), question.answers), f"{question.id}: the old value survives in v2"
        for sentence in sentences(before.text):
            if mentions(sentence, question.answers):
                assert not mentions(sentence, question.answers_after), question.id
        for old in question.answers:
            for new in question.answers_after:
                assert not mentions(old, [new]), (question.id, old, new)
                assert not mentions(new, [old]), (question.id, old, new)


def test_added_questions_rest_on_a_new_document_and_withdrawn_ones_on_a_withdrawn_document():
    added = [document for document in NEW.values() if document.version == "v2" and document.supersedes is None]
    for question in QUESTIONS:
        if question.kind == "added":
            assert not question.answers, question.id
            homes = [d for d in added if mentions(whole(d), question.answers_after)]
            assert any((d.tenant, d.collection) == (question.tenant, question.collection) for d in homes), question.id
        elif question.kind == "withdrawn":
            assert question.doc_ids[0] in withdrawn_ids()
            assert question.answers_after == ()
        else:
            assert not withdrawn_ids() & set(question.doc_ids), question.id


def test_the_questions_of_a_document_are_in_one_split():
    splits = defaultdict(set)
    for question in QUESTIONS:
        for doc_id in question.doc_ids:
            splits[doc_id].add(question.split)
    for doc_id, found in splits.items():
        assert len(found - {"memorise"}) == 1, (doc_id, found)
        assert "memorise" not in found or not found & {"train"}, f"{doc_id} is memorised and in training"


def test_no_question_stands_in_two_splits_or_twice():
    seen = defaultdict(list)
    for question in QUESTIONS:
        seen[normalise(question.question), question.tenant].append(question.id)
    assert [ids for ids in seen.values() if len(ids) > 1] == []


def test_no_question_text_crosses_a_split_boundary_even_with_another_tenant():
    splits = defaultdict(set)
    for question in QUESTIONS:
        splits[normalise(question.question)].add(question.split)
    assert {text for text, found in splits.items() if len(found) > 1} == set()


def test_held_out_phrasings_differ_from_the_memorised_ones():
    for group in GROUPS.values():
        for left, right in combinations(group, 2):
            assert word_overlap(left.question, right.question) <= 0.75, (left.question, right.question)


def test_unanswerable_questions_carry_no_answer_and_equal_no_answerable_one():
    for question in (question for question in QUESTIONS if question.kind == "unanswerable"):
        assert (question.answers, question.answers_after, question.doc_ids, question.fact_id) == ((), (), (), None)
        rivals = [q.question for q in QUESTIONS if q.kind != "unanswerable" and q.tenant == question.tenant]
        closest = max(rivals, key=lambda text: word_overlap(text, question.question))
        assert word_overlap(closest, question.question) <= 0.7, (question.id, closest)


def test_no_chunk_holds_every_content_word_of_an_unanswerable_question():
    chunks = [content_words(c.text) for d in {**OLD, **NEW}.values() for c in chunk_document(d, 2)]
    asked = {q.id: content_words(q.question) for q in QUESTIONS if q.kind == "unanswerable"}
    covered = {key for key, wanted in asked.items() if any(wanted <= chunk for chunk in chunks)}
    assert covered <= NEAR_MISSES, "read these against the handbook; they may be answered now"


def test_the_same_question_has_another_answer_in_every_clinic():
    asked = defaultdict(dict)
    for question in (question for question in QUESTIONS if question.kind == "tenant"):
        assert question.tenant != NETWORK
        asked[question.question][question.tenant] = question
    for text, clinics in asked.items():
        assert len(clinics) >= 4, text
        for left, right in permutations(clinics.values(), 2):
            inside = [answer for answer in right.answers if mentions(answer, left.answers)]
            assert inside == [], f"{text}: {inside} of {right.tenant} counts as right for {left.tenant}"


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_accepted_answers_are_short_distinct_and_fair(version):
    for question in QUESTIONS:
        accepted = question.answers if version == "v1" else question.answers_after
        assert len(set(accepted)) == len(accepted), question.id
        assert not mentions(question.question, accepted), f"{question.id}: the answer stands in the question"
        for answer in accepted:
            where = f"{question.id}: {answer!r}"
            assert 1 <= len(normalise(answer).split()) <= 8, where
            assert not re.fullmatch(r"(\w+ ){0,2}A", answer), f"{where}: normalising drops the A as an article"
            if re.fullmatch(r"\d\d?", answer):
                named = any(re.match(r"(\D+ )?\d+ \w", other) for other in accepted)
                asks = ASKS_FOR_A_NUMBER.search(question.question.lower())
                assert named or asks, f"{where}: neither the question nor another answer says a number of what"


def test_all_wordings_of_a_fact_accept_the_same_answers():
    for fact, group in GROUPS.items():
        assert len({(q.answers, q.answers_after) for q in group}) == 1, fact


def test_the_number_alone_is_right_where_the_question_asks_how_many():
    for question in ANSWERED:
        counted = re.match(r"(?:up to |at least )?(\d+) [a-z]", question.answers[0])
        if counted and re.search(r"(?<!and )how many\b", question.question, re.I):
            assert contains_answer(counted[1], question.answers, question.question), question.id


def test_a_surname_is_accepted_only_where_one_person_bears_it():
    bearers = defaultdict(set)
    for document in {**OLD, **NEW}.values():
        for first, last in re.findall(r"\b(?!Mrs |Dr |Professor )([A-Z]\w+) ([A-Z]\w+)\b", document.text):
            bearers[last].add(first)
    for question in QUESTIONS:
        for accepted in (question.answers, question.answers_after):
            name = re.fullmatch(r"(?:Dr |Professor )?([A-Z]\w+) ([A-Z]\w+)", accepted[0] if accepted else "")
            if name and name[2] in accepted:
                assert bearers[name[2]] == {name[1]}, question.id
