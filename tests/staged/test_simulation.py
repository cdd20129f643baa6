"""The simulated stream: what is asked, how it is typed, what is planted, who clicks what, and the log made from it."""

from collections import Counter

import pytest

from utils import corpus
from utils.corpus import chunk_document
from utils.rag import Answer
from utils.retrieval import Hit
from utils.staged import exam, personal_data, simulation

STREAM = simulation.simulate()
EVERY = {q.id: q for q in corpus.load_questions()}
TRUE = EVERY | {request.id: request for split in ("train", "dev", "test") for request in exam.ticket_requests(split)}
HANDBOOK = [corpus.Document(f"d{n}", f"Page {n}", f"Text {n}.", "hr") for n in range(4)]
CHUNKS = [chunk for document in HANDBOOK for chunk in chunk_document(document)]


def answer(text="It is two.", citations=("d1",), abstained=False):
    hits = tuple(Hit(chunk.doc_id, chunk.chunk_id, chunk.text, 0.5) for chunk in CHUNKS[:3])
    return Answer(text, citations, hits, abstained, {"prefill": 0.4, "decoding": 0.01234}, 90, 7)


def rows():
    return [simulation.answered(interaction, answer()) for interaction in STREAM]


def test_the_stream_has_320_interactions_in_the_order_of_time_and_is_the_same_every_time():
    assert simulation.simulate() == STREAM
    assert simulation.simulate(seed=1) != STREAM
    assert len({i.id for i in STREAM}) == len(STREAM) == 320
    assert [i.asked_at for i in STREAM] == sorted(i.asked_at for i in STREAM)
    assert [i.id for i in STREAM] == sorted(i.id for i in STREAM)


def test_it_is_made_of_training_questions_alone():
    assert {TRUE[i.asked.id].split for i in STREAM} == {"train"}
    counts = Counter(i.asked.kind for i in STREAM)
    assert set(counts) == {"lookup", "tenant", "unanswerable", "ticket"}
    assert counts["ticket"] == simulation.TICKETS
    asked = Counter(i.asked.id for i in STREAM)
    assert sum(asked.values()) - len(asked) == simulation.REPEATS


def test_no_document_that_the_exam_asks_about_is_asked_about():
    examined = {doc_id for q in exam.load_exam() for doc_id in q.doc_ids}
    assert examined.isdisjoint(doc_id for i in STREAM for doc_id in TRUE[i.asked.id].doc_ids)


def test_typing_changes_the_text_and_nothing_else_of_a_question():
    for i in STREAM:
        true = TRUE[i.asked.id]
        assert (i.asked.answers, i.asked.tenant, i.asked.kind) == (true.answers, true.tenant, true.kind)
    changed = [i.asked.question != TRUE[i.asked.id].question for i in STREAM]
    lowered = [i.asked.question == i.asked.question.lower() for i in STREAM]
    assert 0.6 < sum(changed) / len(STREAM) < 0.95
    assert 0.2 < sum(lowered) / len(STREAM) < 0.4


def test_what_was_planted_stands_in_the_text_letter_for_letter():
    pieces = [(i.asked.question, kind, piece) for i in STREAM for kind, piece in i.planted]
    assert all(piece in text for text, _, piece in pieces)
    assert {kind for _, kind, _ in pieces} == set(personal_data.KINDS)
    assert 0.22 < sum(bool(i.planted) for i in STREAM) / len(STREAM) < 0.38


def test_six_in_ten_click_and_nine_clicks_in_ten_tell_the_truth():
    for right in (True, False):
        thumbs = [simulation.thumb(i, right) for i in STREAM]
        clicked = [t for t in thumbs if t is not None]
        assert set(clicked) == {1, -1}
        assert len(clicked) / len(thumbs) == pytest.approx(simulation.ANSWERED, abs=0.08)
        assert clicked.count(-1 if right else 1) / len(clicked) == pytest.approx(simulation.MISTAKEN, abs=0.05)
    flipped = [(simulation.thumb(i, True), simulation.thumb(i, False)) for i in STREAM]
    assert all(up is down is None or up == -down for up, down in flipped)


def test_a_row_holds_what_an_application_would_log_and_the_truth():
    interaction = next(i for i in STREAM if i.asked.kind == "lookup")
    row = simulation.answered(interaction, answer(interaction.asked.answers[0]))
    assert row == {
        "id": interaction.id,
        "answer": interaction.asked.answers[0],
        "citations": ["d1"],
        "passages": [chunk.chunk_id for chunk in CHUNKS[:3]],
        "thumbs": simulation.thumb(interaction, True),
        "seconds": 0.412,
        "right": True,
    }
    assert not simulation.answered(interaction, answer("nonsense"))["right"]


def test_abstaining_is_right_only_for_a_near_miss():
    silent = answer("I don't know.", (), True)
    right = {i.asked.kind: simulation.answered(i, silent)["right"] for i in STREAM}
    assert right == {"lookup": False, "tenant": False, "ticket": False, "unanswerable": True}


def test_the_log_holds_what_was_typed_what_was_answered_and_no_truth():
    log = simulation.replay(rows(), HANDBOOK)
    assert [r.question for r in log] == [i.asked.question for i in STREAM]
    assert [(r.id, r.asked_at, r.tenant) for r in log] == [(i.id, i.asked_at, i.asked.tenant) for i in STREAM]
    assert [hit.text for hit in log[0].passages] == [chunk.text for chunk in CHUNKS[:3]]
    assert not {"right", "planted", "answers"} & set(vars(log[0]))


def test_rows_of_another_stream_or_of_another_handbook_are_refused():
    with pytest.raises(ValueError, match="another stream"):
        simulation.replay(rows()[1:], HANDBOOK)
    with pytest.raises(ValueError, match="no passage 'd0#"):
        simulation.replay(rows(), HANDBOOK[1:])
