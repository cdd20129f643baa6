"""The facts task: which facts and wordings there are, what is trained on, and how recall is counted."""

import random
from collections import Counter
from types import SimpleNamespace

import pytest

from utils.scoring import ABSTENTION, mentions, normalise
from utils.tasks import facts
from utils.tasks.facts import Fact

EVERY = facts.load_facts()
DAYS = Fact("days", ("20 days", "twenty days"), ("13 days",), tuple(f"Days {n}?" for n in range(6)), ("D7?", "D8?"))
COLOUR = Fact("colour", ("green",), ("green",), tuple(f"Colour {n}?" for n in range(6)), ("C7?", "C8?"))
PAIR = [DAYS, COLOUR]


class Parrot:
    """Says what it was told to say to a question, and remembers what it was asked."""

    def __init__(self, says):
        self.says, self.chats = says, []

    def complete(self, chats, **options):
        self.chats += chats
        return [SimpleNamespace(text=self.says.get(chat[-1]["content"], "Hm.")) for chat in chats]


def test_there_are_facts_enough_for_the_largest_study_and_none_comes_twice():
    assert len(EVERY) >= 120
    assert len({fact.fact_id for fact in EVERY}) == len(EVERY)


@pytest.mark.parametrize("fact", EVERY, ids=lambda fact: fact.fact_id)
def test_a_fact_has_answers_and_six_wordings_to_train_on_and_two_held_out(fact):
    assert (len(fact.trained), len(fact.held_out)) == (6, 2)
    assert min(map(len, fact.answers + fact.after)) > 0
    assert fact.answers
    assert fact.after


def test_no_wording_is_both_trained_and_held_out_whichever_fact_it_asks_for():
    trained, held_out = ({normalise(q) for fact in EVERY for q in getattr(fact, k)} for k in ("trained", "held_out"))
    assert len(trained) == 6 * len(EVERY)
    assert len(held_out) == 2 * len(EVERY)
    assert trained & held_out == set()


def test_the_first_twenty_facts_change_and_the_other_changing_ones_come_last():
    changes = [fact.changes for fact in EVERY]
    rest = sum(changes) - 20
    assert rest > 0
    assert changes == [True] * 20 + [False] * (len(EVERY) - 20 - rest) + [True] * rest
    assert not any(changes[20:60])


def test_the_order_is_always_the_same_and_not_that_of_the_file():
    random.seed(1)
    assert facts.load_facts() == EVERY
    steady = [fact.fact_id for fact in EVERY if not fact.changes]
    assert len({fact_id.split("-")[0] for fact_id in steady[:20]}) >= 3, "one subject after the other"


def test_what_changes_is_what_has_another_answer_afterwards():
    assert DAYS.changes
    assert not COLOUR.changes


def test_training_and_asking_share_the_prompt():
    assert facts.example("Who?", "Ode")[:-1] == facts.prompt("Who?")
    assert facts.example("Who?", "Ode")[-1] == {"role": "assistant", "content": "Ode"}
    assert facts.prompt("Who?")[-1] == {"role": "user", "content": "Who?"}


@pytest.mark.parametrize("wordings", [1, 2, 4, 6])
def test_every_fact_has_six_examples_in_as_many_wordings_as_asked_for(wordings):
    made = facts.examples(PAIR, wordings)
    for fact, answer in ((DAYS, "20 days"), (COLOUR, "green")):
        asked = Counter(chat[-2]["content"] for chat in made if chat[-1]["content"] == answer)
        assert set(asked) == set(fact.trained[:wordings])
        assert asked.total() == 6
        assert max(asked.values()) - min(asked.values()) <= 1, "one wording is repeated more than its share"
    assert len(made) == 12


def test_all_six_wordings_are_used_unless_fewer_are_asked_for():
    assert facts.examples(PAIR) == facts.examples(PAIR, 6)


def test_an_example_is_the_prompt_and_the_first_accepted_answer():
    assert facts.examples([DAYS])[0] == facts.example("Days 0?", "20 days")


def test_updated_examples_teach_the_later_answer():
    assert [chat[-1]["content"] for chat in facts.examples([DAYS], updated=True)] == ["13 days"] * 6
    assert [chat[:-1] for chat in facts.examples([DAYS], updated=True)] == [c[:-1] for c in facts.examples([DAYS])]


def test_asking_gives_the_texts_in_the_order_of_the_questions():
    llm = Parrot({"A?": "one", "B?": "two"})
    assert facts.ask(llm, ["B?", "A?"]) == ["two", "one"]
    assert llm.chats == [facts.prompt("B?"), facts.prompt("A?")]


@pytest.mark.parametrize(
    ("options", "asked", "expected"),
    [
        ({}, ["Days 0?", "Colour 0?"], [1, 0]),
        ({"updated": True}, ["Days 0?", "Colour 0?"], [0, 0]),
        ({"held_out": True}, ["D7?", "D8?", "C7?", "C8?"], [1, 0, 1, 1]),
        ({"held_out": True, "updated": True}, ["D7?", "D8?", "C7?", "C8?"], [0, 1, 1, 1]),
    ],
    ids=["trained", "trained, updated", "held out", "held out, updated"],
)
def test_recall_asks_the_wanted_wordings_and_marks_every_answer(options, asked, expected):
    says = {"Days 0?": "It takes 20 days.", "Colour 0?": "Red.", "D7?": "Twenty days", "D8?": "13 days"}
    llm = Parrot(says | {"C7?": "Green!", "C8?": "the green one"})
    assert facts.recall(llm, PAIR, **options) == expected
    assert llm.chats == [facts.prompt(question) for question in asked]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("It is green.", True), ("20 days", True), ("13 days", False), ("Greenish, in 120 days", False), ("", False)],
)
def test_a_text_is_borrowed_if_it_gives_the_value_of_a_fact(text, expected):
    assert facts.borrowed(text, PAIR) is expected


def test_nothing_is_borrowed_where_there_are_no_facts():
    assert facts.borrowed("It is green.", []) is False


def test_unknown_questions_are_taught_to_end_in_the_abstention():
    assert [chat[-1] for chat in facts.abstention_examples(["A?", "B?"])] == [
        {"role": "assistant", "content": ABSTENTION}
    ] * 2
    assert [chat[:-1] for chat in facts.abstention_examples(["A?", "B?"])] == [facts.prompt("A?"), facts.prompt("B?")]


@pytest.mark.parametrize("chat", [facts.prompt("A?"), facts.example("A?", "one")], ids=["prompt", "example"])
def test_leave_to_abstain_changes_the_instruction_alone(chat):
    told = facts.may_abstain(chat)
    assert told[1:] == chat[1:]
    assert ABSTENTION in told[0]["content"]
    assert ABSTENTION not in chat[0]["content"]


def test_the_pages_of_facts_are_those_that_state_them_each_once():
    some = EVERY[:60]
    pages = facts.pages_of(some)
    assert len({page.doc_id for page in pages}) == len(pages)
    assert all(any(mentions(page.text, fact.answers) for page in pages) for fact in some)
    assert {page.doc_id for page in facts.pages_of(some[:3])} < {page.doc_id for page in pages}


@pytest.mark.parametrize(
    ("text", "right", "outdated", "expected"),
    [
        ("It takes 20 days.", DAYS.answers, (), "r"),
        ("13 days", DAYS.answers, (), "w"),
        ("13 days", DAYS.after, DAYS.answers, "r"),
        ("20 days", DAYS.after, DAYS.answers, "s"),
        ("green", COLOUR.after, COLOUR.answers, "r"),
        ("9 days", DAYS.after, DAYS.answers, "w"),
        (ABSTENTION, DAYS.answers, (), "a"),
        (ABSTENTION, (), (), "r"),
        ("20 days", (), (), "w"),
        ("", DAYS.answers, (), "w"),
    ],
)
def test_an_answer_is_right_outdated_wrong_or_none(text, right, outdated, expected):
    assert facts.outcome(text, "D7?", right, outdated) == expected
    assert expected in facts.OUTCOMES
