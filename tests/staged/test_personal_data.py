"""Personal data planted in a question: it stands there, and the question with it."""

from hypothesis import given
from hypothesis import strategies as st

from utils import corpus
from utils.staged import personal_data

QUESTIONS = [question.question for question in corpus.load_questions()]


@given(st.randoms(use_true_random=False), st.sampled_from(QUESTIONS))
def test_planting_keeps_the_question_and_adds_each_kind_once(rng, text):
    longer, planted = personal_data.plant(text, rng)
    assert text in longer
    assert all(piece in longer and piece not in text for _, piece in planted)
    assert 1 <= len({kind for kind, _ in planted}) == len(planted) <= 3
