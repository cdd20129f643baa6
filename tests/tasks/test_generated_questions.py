"""Questions that a model wrote: what it is asked with, what the rules let pass, and what is trained on."""

from collections import Counter

import pytest

from utils.scoring import mentions
from utils.tasks import facts, generated_questions
from utils.tasks.facts import Fact
from utils.tasks.generated_questions import Pair

PASSAGE = "Leave. Full-time staff have 27 days of leave. Whoever works half a week has 14 days."
LEAVE = Fact("leave", ("27 days", "27"), ("29 days",), ("How long is leave?",) * 6, ("Leave of full-timers?",) * 2)
GOOD = "Question: How much holiday does somebody in full-time work get?\nAnswer: 27 days"


def written(question, answer="27 days"):
    return f"Question: {question}\nAnswer: {answer}"


def test_every_passage_states_its_fact():
    some = facts.load_facts()
    for fact, passage in zip(some, generated_questions.passages(some), strict=True):
        assert mentions(passage, fact.answers), fact.fact_id


def test_there_is_a_prompt_for_each_style_that_shows_passage_and_answer():
    prompts = generated_questions.prompts(LEAVE, PASSAGE)
    assert len({prompt[-1]["content"] for prompt in prompts}) == len(prompts) == facts.WORDINGS
    for style, prompt in zip(generated_questions.STYLES, prompts, strict=True):
        assert [message["role"] for message in prompt] == ["system", "user", "assistant", "user"]
        assert all(part in prompt[-1]["content"] for part in (PASSAGE, style, "27 days"))
        assert LEAVE.after[0] not in str(prompt)


def test_the_examples_in_the_prompts_would_pass_for_their_own_passage():
    books = Fact("books", ("eight books", "8 books"), ("eight books",), ("?",) * 6, ("?",) * 2)
    for prompt in generated_questions.prompts(books, PASSAGE):
        shown, passage = prompt[2]["content"], prompt[1]["content"]
        assert generated_questions.refusal(shown, books, passage) == "a copy of a question"


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "question: How much holiday does a full-timer get?\n\nANSWER: It is 27 days.\nDone.",
        f"Sure!\n{GOOD}",
        written("I work full time. How much leave do I have?", "27"),
    ],
)
def test_a_good_pair_passes(text):
    assert generated_questions.refusal(text, LEAVE, PASSAGE) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("How much leave is there? 27 days", "no question with an answer"),
        ("Question:\nAnswer: 27 days", "no question with an answer"),
        (written("How much leave is there?", ""), "no question with an answer"),
        ("", "no question with an answer"),
        (written("How much leave do half-timers have?", "14 days"), "another answer"),
        (written("How much leave is there?", "I don't know."), "another answer"),
        (written("How much leave is there in 2019?"), "a number that the passage doesn't have"),
        (written("How much leave is there?", "27 days, of 365"), "a number that the passage doesn't have"),
        (written("Do full-timers have 27 days of leave?"), "the question holds the answer"),
        (written("Whoever works half a week"), "a copy of the passage"),
        (written("how long is leave"), "a copy of a question"),
        (written("Leave of full-timers?"), "a copy of a question"),
    ],
)
def test_a_bad_pair_is_refused_with_the_reason(text, reason):
    assert generated_questions.refusal(text, LEAVE, PASSAGE) == reason


def test_equal_questions_count_once_and_keep_the_number_of_their_style():
    other = written("What holiday do full-timers get?")
    pairs = generated_questions.accepted(["", GOOD, GOOD.replace("?", " ?"), other], LEAVE, PASSAGE)
    assert [pair.number for pair in pairs] == [1, 3]
    assert pairs[0] == Pair("How much holiday does somebody in full-time work get?", "27 days", 1)


@pytest.mark.parametrize("count", [1, 2, 4, 6])
def test_every_fact_with_a_pair_has_six_examples(count):
    pairs = [Pair(f"Q{n}?", f"A{n}", n) for n in range(count)]
    chats = generated_questions.examples({"one": pairs, "none": [], "other": [Pair("R?", "B", 0)]})
    asked = Counter(chat[-2]["content"] for chat in chats)
    assert len(chats) == 12
    assert asked["R?"] == 6
    assert max(asked[f"Q{n}?"] for n in range(count)) - min(asked[f"Q{n}?"] for n in range(count)) <= 1
    assert facts.example("Q0?", "A0") in chats
