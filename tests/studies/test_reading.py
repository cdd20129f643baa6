"""The studies of notebook 06: what is asked, kept and read back; a stand-in answers."""

from dataclasses import replace

import pytest

from utils import rag, settings
from utils.evaluation import outputs
from utils.models import Completion
from utils.rag import Form
from utils.scoring import ABSTENTION
from utils.settings import SetupError
from utils.studies import reading

SECONDS = {"retrieval": 0.0, "prefill": 0.1, "decoding": 0.2}


class Echo:
    """A model that cites passage 1 and counts what it is asked."""

    def __init__(self):
        self.asked = []

    def complete(self, chats, max_new_tokens=32, batch_size=None, prefix=(), label="", min_new_tokens=0):
        self.asked.append([chat[-1]["content"] for chat in chats])
        return [Completion("[1] It is 7 days.", 10, 5, 0.1, 0.3) for _ in chats]


@pytest.fixture
def kept_outputs():
    """The committed outputs: a test that names this doesn't replace them."""
    return outputs.path("reading_dev", "small").parent


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


def test_dev_and_test_share_no_fact_and_test_asks_each_fact_once():
    dev, test = reading.dev_questions(), reading.test_questions()
    facts = [question.fact_id for question in test if question.answers]
    assert len(facts) == len(set(facts)) >= 150
    assert not {question.id for question in dev} & {question.id for question in test}
    assert not {question.fact_id for question in dev if question.answers} & set(facts)
    for asked in (dev, test):  # those without an answer come last
        answerable = [bool(question.answers) for question in asked]
        assert answerable == sorted(answerable, reverse=True)
        assert answerable.count(False) >= 20


@pytest.mark.parametrize("kind", rag.KINDS)
def test_a_level_changes_what_its_factor_names_and_nothing_else(kind):
    best = Form(examples=0 if kind == "zero-shot" else 3, k=2, best_last=False, chunk=1)
    changed = {
        "reply": {"reply"},
        "few-shot examples": {"examples"},
        "passages (k)": {"k"},
        "order": {"best_last"},
        "sentences in a chunk": {"chunk", "k"},  # whole pages are read one at a time
    }
    for factor, vary in reading.factors(kind).items():
        levels = list(vary(best).values())
        assert len({reading.form_name(form) for form in levels}) == len(levels) > 1
        for form in levels:
            differ = {name for name, value in vars(best).items() if vars(form)[name] != value}
            assert differ <= changed[factor]
            assert "k" not in differ or form.chunk is None or factor == "passages (k)"


def test_the_choice_takes_the_best_level_of_each_factor_in_turn(monkeypatch, echo):
    liked = {"reply": "few words", "examples": 5, "k": 2, "best_last": False, "chunk": 3}

    def read(asked, form, llm):  # answers more questions right, the more of the form is as it is liked
        good = sum(vars(form)[name] == value for name, value in liked.items()) + 2 * (form.reply == "few words [n]")
        texts = [q.answers[0] if q.answers and place < 10 * good else "." for place, q in enumerate(asked)]
        return [
            {"id": q.id, "text": t, "passages": [], "prompt_tokens": 1, "new_tokens": 1, "seconds": SECONDS}
            for q, t in zip(asked, texts, strict=True)
        ]

    monkeypatch.setattr(reading, "read", read)
    chosen = reading.chosen("small", echo)
    assert chosen["few-shot"] == Form(5, 2, False, 3, "few words [n]")  # the uncited reply is liked but not taken
    assert chosen["zero-shot"] == Form(0, 2, False, 3)


def test_without_a_model_nothing_is_chosen_that_was_not_kept(echo):
    with pytest.raises(SetupError, match=r"run `python -m utils\.studies reading_dev --size small` first"):
        reading.choose("small", "zero-shot")


@pytest.mark.parametrize("size", [size for size in settings.SIZES if outputs.load("reading_dev", size)])
def test_the_forms_are_those_that_the_kept_dev_answers_choose(size, kept_outputs):
    chosen = {kind: reading.form_name(form) for kind, form in reading.chosen(size).items()}
    assert chosen == {kind: reading.form_name(rag.FORMS[kind][size]) for kind in rag.KINDS}


def test_a_study_keeps_every_system_once(echo):
    reading.reading_dev("small")
    reading.reading("small")
    kept = outputs.load("reading", "small")
    assert {system: len(rows) for system, rows in kept.items()} == {
        "closed book": 3,
        "RAG, zero-shot": 3,
        "RAG, few-shot": 3,
        "oracle context, zero-shot": 2,
        "oracle context, few-shot": 2,
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
    silent = Form(shows_abstaining=True).few_shot
    assert [one.question for one in silent] == [one.question for one in (rag.UNANSWERED, *rag.EXAMPLES[:2])]
    assert silent[0].answer == ABSTENTION


@pytest.mark.parametrize(
    ("reply", "answered"),
    [
        ("[n] sentence", "[3] Children may borrow eight books at a time."),
        ("[n] few words", "[3] Eight books at a time."),
        ("few words [n]", "Eight books at a time. [3]"),
        ("few words", "Eight books at a time."),
    ],
)
def test_the_examples_answer_in_the_form_of_the_reply(reply, answered):
    form = Form(reply=reply)
    assert form.few_shot[0].turns(3)[1]["content"] == answered
    assert "[" not in form.few_shot[0].turns(1)[1]["content"]  # one passage has no number
    assert ("number" in form.instruction) == ("[n]" in reply)
    assert "number" not in replace(form, k=1).instruction
