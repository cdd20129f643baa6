"""The simulated stream: what is asked, how it is typed, what is planted, who clicks what, and the log made from it."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils import corpus, personal, stages, stream
from utils.chunking import chunk_document
from utils.grid import Reading
from utils.rag import Answer
from utils.retrieval import Hit

STREAM = stream.simulate()
EVERY = {q.id: q for q in corpus.load_questions()}
TRUE = EVERY | {record["id"]: stages.as_question(record) for record in corpus.load_jsonl("tickets")}
HANDBOOK = [corpus.Document(f"d{n}", f"Page {n}", f"Text {n}.", "hr") for n in range(4)]
PIECES = [piece for document in HANDBOOK for piece in chunk_document(document)]


def reading(text="It is two.", citations=("d1",), abstained=False):
    hits = tuple(Hit(piece.doc_id, piece.chunk_id, piece.text, 0.5) for piece in PIECES[:3])
    return Reading(Answer(text, citations, hits, abstained, 0.41234), 90, 7)


def rows():
    return [stream.answered(interaction, reading()) for interaction in STREAM]


def test_the_stream_has_320_interactions_in_the_order_of_time_and_is_the_same_every_time():
    assert stream.simulate() == STREAM
    assert stream.simulate(seed=1) != STREAM
    assert len({i.id for i in STREAM}) == len(STREAM) == 320
    assert [i.asked_at for i in STREAM] == sorted(i.asked_at for i in STREAM)
    assert [i.id for i in STREAM] == sorted(i.id for i in STREAM)


def test_it_is_made_of_training_questions_alone():
    assert {TRUE[i.question.id].split for i in STREAM} == {"train"}
    counts = Counter(i.question.kind for i in STREAM)
    assert set(counts) == {"lookup", "tenant", "unanswerable", "ticket"}
    assert counts["ticket"] == stream.TICKETS
    asked = Counter(i.question.id for i in STREAM)
    assert sum(asked.values()) - len(asked) == stream.REPEATS


def test_no_document_that_the_exam_asks_about_is_asked_about():
    examined = {doc_id for q in stages.exam() for doc_id in q.doc_ids}
    assert examined.isdisjoint(doc_id for i in STREAM for doc_id in TRUE[i.question.id].doc_ids)


def test_typing_changes_the_text_and_nothing_else_of_a_question():
    for i in STREAM:
        true = TRUE[i.question.id]
        assert (i.question.answers, i.question.tenant, i.question.kind) == (true.answers, true.tenant, true.kind)
    changed = [i.question.question != TRUE[i.question.id].question for i in STREAM]
    lowered = [i.question.question == i.question.question.lower() for i in STREAM]
    assert 0.6 < sum(changed) / len(STREAM) < 0.95
    assert 0.2 < sum(lowered) / len(STREAM) < 0.4


def test_what_was_planted_stands_in_the_text_letter_for_letter():
    pieces = [(i.question.question, kind, piece) for i in STREAM for kind, piece in i.planted]
    assert all(piece in text for text, _, piece in pieces)
    assert {kind for _, kind, _ in pieces} == set(personal.KINDS)
    assert 0.22 < sum(bool(i.planted) for i in STREAM) / len(STREAM) < 0.38


@given(st.randoms(use_true_random=False), st.sampled_from([q.question for q in EVERY.values()]))
def test_planting_keeps_the_question_and_adds_each_kind_once(rng, text):
    longer, planted = personal.plant(text, rng)
    assert text in longer
    assert all(piece in longer and piece not in text for _, piece in planted)
    assert 1 <= len({kind for kind, _ in planted}) == len(planted) <= 3


def test_six_in_ten_click_and_nine_clicks_in_ten_tell_the_truth():
    for right in (True, False):
        thumbs = [stream.thumb(i, right) for i in STREAM]
        clicked = [t for t in thumbs if t is not None]
        assert set(clicked) == {1, -1}
        assert len(clicked) / len(thumbs) == pytest.approx(stream.ANSWERED, abs=0.08)
        assert clicked.count(-1 if right else 1) / len(clicked) == pytest.approx(stream.MISTAKEN, abs=0.05)
    flipped = [(stream.thumb(i, True), stream.thumb(i, False)) for i in STREAM]
    assert all(up is down is None or up == -down for up, down in flipped)


def test_a_row_holds_what_an_application_would_log_and_the_truth():
    interaction = next(i for i in STREAM if i.question.kind == "lookup")
    row = stream.answered(interaction, reading(interaction.question.answers[0]))
    assert row == {
        "id": interaction.id,
        "answer": interaction.question.answers[0],
        "citations": ["d1"],
        "passages": [piece.chunk_id for piece in PIECES[:3]],
        "thumbs": stream.thumb(interaction, True),
        "seconds": 0.412,
        "right": True,
    }
    assert not stream.answered(interaction, reading("nonsense"))["right"]


def test_declining_is_right_only_for_a_near_miss():
    silent = reading("I don't know.", (), True)
    right = {i.question.kind: stream.answered(i, silent)["right"] for i in STREAM}
    assert right == {"lookup": False, "tenant": False, "ticket": False, "unanswerable": True}


def test_the_log_holds_what_was_typed_what_was_answered_and_no_truth():
    log = stream.replay(rows(), HANDBOOK)
    assert [r.question for r in log] == [i.question.question for i in STREAM]
    assert [(r.id, r.asked_at, r.tenant) for r in log] == [(i.id, i.asked_at, i.question.tenant) for i in STREAM]
    assert [hit.text for hit in log[0].passages] == [piece.text for piece in PIECES[:3]]
    assert not {"right", "planted", "answers"} & set(vars(log[0]))


def test_rows_of_another_stream_or_of_another_handbook_are_refused():
    with pytest.raises(ValueError, match="another stream"):
        stream.replay(rows()[1:], HANDBOOK)
    with pytest.raises(ValueError, match="no passage 'd0#"):
        stream.replay(rows(), HANDBOOK[1:])
