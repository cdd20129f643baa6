"""Questions: chosen by split and kind, about Python's own help, and as they are answered after the update."""

import pytest

from utils import corpus
from utils.corpus import load_handbook, load_questions


def test_questions_are_chosen_by_split_and_kind():
    everything = load_questions()
    chosen = load_questions("test", "tenant")
    assert chosen == [q for q in everything if q.split == "test" and q.kind == "tenant"]
    assert chosen
    assert isinstance(chosen[0].answers, tuple)
    assert sum(len(load_questions(split)) for split in corpus.SPLITS) == len(everything)
    assert sum(len(load_questions(kind=kind)) for kind in corpus.KINDS) == len(everything)


@pytest.mark.parametrize(("split", "kind", "message"), [("exam", None, "split 'exam'"), (None, "odd", "kind 'odd'")])
def test_an_unknown_split_or_kind_is_refused_with_the_known_ones(split, kind, message):
    with pytest.raises(ValueError, match=f"There is no {message}: choose one of "):
        load_questions(split, kind)


def test_questions_about_python_stand_on_its_topics():
    topics, questions = {document.doc_id: document for document in corpus.python_docs()}, corpus.python_questions()
    assert len(questions) >= 160
    for question, record in zip(questions, corpus.load_records("python_questions"), strict=True):
        assert set(question.doc_ids) <= set(topics), question.id
        assert question.id == record["id"]
        assert question.answers == (record["phrase"],)
        assert question.doc_ids == tuple(record["doc_ids"])
        assert question.tenant == topics[question.doc_ids[0]].tenant


def test_after_the_update_a_question_has_its_later_answers_and_needs_the_documents_in_force():
    changed = load_questions(kind="changed")
    later = [corpus.after_update(question) for question in changed]
    in_force = {document.doc_id: document for document in load_handbook("v2")}
    assert changed
    for before, after in zip(changed, later, strict=True):
        assert (after.id, after.question) == (before.id, before.question)
        assert after.answers == before.answers_after != before.answers
        assert set(after.doc_ids) <= set(in_force)
        assert [in_force[new].supersedes for new in after.doc_ids if new not in before.doc_ids] == [
            old for old in before.doc_ids if old not in in_force
        ]
    assert any(after.doc_ids != before.doc_ids for before, after in zip(changed, later, strict=True))


def test_the_update_leaves_a_question_alone_that_it_does_not_touch():
    in_force = {document.doc_id for document in load_handbook("v2")}
    untouched = [q for q in load_questions() if q.answers == q.answers_after and set(q.doc_ids) <= in_force]
    assert untouched
    assert [corpus.after_update(question) for question in untouched] == untouched
