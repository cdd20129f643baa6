"""The small interface that every task keeps, whatever it is about: what it loads, how it asks and how it teaches."""

import pkgutil
from importlib import import_module

import pytest

from utils import corpus, tasks
from utils.finetuning import Recipe
from utils.tasks import (
    facts,
    generated_questions,
    handbook_questions,
    new_letters,
    notes,
    pages,
    tickets,
    voice,
)

SPLITS = ("train", "dev", "test")
RECORDS = (tickets, notes, voice, new_letters)
MODULES = [import_module(f"utils.tasks.{module.name}") for module in pkgutil.iter_modules(tasks.__path__)]


def name_of(module):
    return module.__name__.rpartition(".")[2]


def every_record(task):
    return [record for split in SPLITS for record in task.load(split)]


def answer(task, record):
    return task.example(record)[-1]["content"]


def check_asks(chat):
    """A chat that a model may be asked with: messages with text, at most one from the system, the last one a user's."""
    assert all(set(message) == {"role", "content"} for message in chat)
    assert all(message["content"].strip() for message in chat)
    roles = [message["role"] for message in chat]
    assert roles[-1] == "user"
    assert set(roles) <= {"system", "user", "assistant"}
    assert "system" not in roles[1:]


of_records = pytest.mark.parametrize("task", RECORDS, ids=name_of)


def test_every_module_of_the_package_is_tested_here():
    assert set(MODULES) == {*RECORDS, pages, facts, generated_questions, handbook_questions}


@of_records
def test_the_splits_are_there_share_no_record_and_leave_none_out(task):
    splits = {split: task.load(split) for split in SPLITS}
    assert all(splits.values())
    assert all(record["split"] == split for split, records in splits.items() for record in records)
    ids = [record["id"] for record in every_record(task)]
    assert len(set(ids)) == len(ids)
    assert sorted(ids) == sorted(record["id"] for record in corpus.load_records(name_of(task)))


@of_records
def test_a_record_is_asked_with_a_chat_of_its_own_that_ends_with_the_user(task):
    prompts = [task.prompt(record) for record in every_record(task)]
    for prompt in prompts:
        check_asks(prompt)
    assert len({prompt[-1]["content"] for prompt in prompts}) == len(prompts)


@of_records
def test_an_example_is_the_prompt_and_an_answer_that_the_prompt_does_not_hold(task):
    for record in every_record(task):
        *asked, taught = task.example(record)
        assert asked == task.prompt(record)
        assert (taught["role"], set(taught)) == ("assistant", {"role", "content"})
        assert taught["content"] == taught["content"].strip() != ""
        assert not any(taught["content"] in message["content"] for message in asked), record["id"]


@of_records
def test_asking_and_teaching_leave_the_record_as_it_was(task):
    record = task.load("dev")[0]
    before = dict(record)
    task.prompt(record).clear()
    task.example(record).clear()
    assert record == before
    assert task.prompt(record)


@pytest.mark.parametrize("task", [*RECORDS, facts], ids=name_of)
def test_what_is_learned_has_a_recipe_and_a_limit(task):
    assert isinstance(task.RECIPE, Recipe)
    assert type(task.MAX_NEW_TOKENS) is int
    assert task.MAX_NEW_TOKENS > 0


@pytest.mark.model
@of_records
def test_every_right_answer_and_its_end_fit_within_the_limit(task, llm):
    lengths = [len(llm.tokenizer.encode(answer(task, record))) for record in every_record(task)]
    assert max(lengths) < task.MAX_NEW_TOKENS


@pytest.mark.model
def test_every_answer_to_a_fact_and_its_end_fit_within_the_limit(llm):
    answers = {answer for fact in facts.load_facts() for answer in (fact.answers[0], fact.after[0])}
    assert max(len(llm.tokenizer.encode(answer)) for answer in answers) < facts.MAX_NEW_TOKENS


@pytest.mark.parametrize("task", [tickets, notes], ids=name_of)
def test_the_answer_that_is_taught_scores_highest_and_no_answer_lowest(task):
    for record in every_record(task):
        best, worst = task.score(answer(task, record), record), task.score("", record)
        assert best.keys() == worst.keys()
        assert set(best.values()) == {1}
        assert set(worst.values()) == {0}


def test_a_page_teaches_its_text_to_whoever_asks_for_its_title():
    for document in corpus.load_handbook():
        *asked, taught = pages.example(document)
        check_asks(asked)
        assert asked[-1]["content"] == document.title
        assert taught["role"] == "assistant"
        assert taught["content"].strip()


def test_a_fact_is_asked_by_its_question_and_taught_by_its_answer():
    for fact in facts.load_facts():
        for question in fact.trained + fact.held_out:
            *asked, taught = facts.example(question, fact.answers[0])
            check_asks(asked)
            assert asked == facts.prompt(question)
            assert asked[-1]["content"] == question
            assert taught == {"role": "assistant", "content": fact.answers[0]}


@pytest.mark.parametrize("name", handbook_questions.READERS)
def test_every_reader_of_the_handbook_questions_can_be_asked_without_passages(name):
    closed_book = handbook_questions.reader(name, None).closed_book
    for question in handbook_questions.question_set():
        chat = closed_book(question.question)
        check_asks(chat)
        assert question.question in chat[-1]["content"]
