"""The studies of notebook 06: what is asked, kept and read back; a stand-in answers."""

import itertools

import pytest

from utils import rag
from utils.evaluation import outputs
from utils.models import Completion
from utils.rag import Form
from utils.studies import reading


class Echo:
    """A model that cites passage 1 and counts what it is asked."""

    def __init__(self):
        self.asked = []

    def complete(self, chats, max_new_tokens=32, batch_size=None, prefix=(), label="", min_new_tokens=0):
        self.asked.append([chat[-1]["content"] for chat in chats])
        return [Completion("[1] It is 7 days.", 10, 5, 0.1, 0.3) for _ in chats]


@pytest.fixture
def echo(monkeypatch, tmp_path):
    model = Echo()
    monkeypatch.setattr(reading.LLM, "load", lambda: model)
    monkeypatch.setattr(outputs, "path", lambda study, size: tmp_path / f"{study}-{size}.jsonl")
    test = reading.test_questions()
    monkeypatch.setattr(reading, "test_questions", lambda: [test[0], test[1], test[-1]])
    return model


@pytest.fixture(autouse=True)
def keyword_search(monkeypatch):
    """The same search without an embedder."""
    whole = reading.Retriever
    monkeypatch.setattr(reading, "Retriever", lambda documents, chunk: whole(documents, mode="keyword", chunk=chunk))
    reading.retriever_for.cache_clear()
    yield
    reading.retriever_for.cache_clear()


def test_dev_asks_each_fact_once_and_shares_none_with_the_test_questions():
    dev, test = reading.dev_questions(), reading.test_questions()
    facts = [question.fact_id for question in dev if question.answers]
    assert len(facts) == len(set(facts)) >= 60
    assert not {question.id for question in dev} & {question.id for question in test}
    assert not set(facts) & {question.fact_id for question in test}
    assert [bool(question.answers) for question in test] == [True] * 120 + [False] * 40


def test_every_level_differs_from_the_base_in_one_thing():
    names = {reading.form_name(form) for levels in reading.FACTORS.values() for form in levels.values()}
    distinct = {form for levels in reading.FACTORS.values() for form in levels.values()}
    assert len(names) == len(distinct)
    for levels in reading.FACTORS.values():
        for left, right in itertools.combinations(levels.values(), 2):
            assert left != right


def test_a_study_keeps_every_system_once(echo):
    reading.reading("small")
    kept = outputs.load("reading", "small")
    assert {system: len(rows) for system, rows in kept.items()} == {
        "closed book": 3,
        "RAG, zero-shot": 3,
        "RAG, few-shot": 3,
        "oracle context": 2,
        "RAG, an example abstains": 3,
        "second question": 3,
    }
    calls = len(echo.asked)
    reading.reading("small")
    assert len(echo.asked) == calls  # nothing is asked again


def test_kept_answers_are_read_again_with_citations(echo):
    kept = reading.read(reading.test_questions(), Form(), echo)
    assert [row["text"] for row in kept] == ["[1] It is 7 days."] * 3
    assert all(len(row["passages"]) == 3 for row in kept)
    for row, answer in zip(kept, reading.answers_of(kept), strict=True):
        assert answer.text == "It is 7 days."
        assert answer.citations == (row["passages"][0].rpartition("#")[0],)
        assert answer.seconds == pytest.approx(sum(row["seconds"].values()))


def test_the_best_passage_stands_where_the_form_says(echo):
    asked = reading.test_questions()[:1]
    for best_last in (True, False):
        reading.read(asked, Form(best_last=best_last), echo)
    last, first = (calls[0].splitlines() for calls in echo.asked)
    assert [line[4:] for line in last[:3]] == [line[4:] for line in first[:3]][::-1]


def test_a_form_refuses_a_retriever_of_another_chunk():
    with pytest.raises(ValueError, match="chunk=3"):
        Form(chunk=3).pipeline(reading.retriever_for(2), Echo())


def test_an_example_that_abstains_stands_first():
    silent = Form(shows_abstaining=True)
    assert silent.few_shot == (rag.UNANSWERED, *rag.EXAMPLES[:2])
    assert "I don't know." in silent.instruction
