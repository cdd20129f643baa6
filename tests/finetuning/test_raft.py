"""Training examples for a reader: which passages stand in them, what they answer, and how they are mixed."""

import random
import re

import pytest

from utils import corpus, rag, scoring
from utils.finetuning import raft
from utils.retrieval import Retriever
from utils.scoring import mentions

TRAIN = corpus.load_questions("train")
READ = [q for q in TRAIN if q.kind == "lookup"][::12]
TENANT = [q for q in TRAIN if q.kind == "tenant"][::8]
NOWHERE = [q for q in TRAIN if q.kind == "unanswerable"][:6]


@pytest.fixture(scope="module")
def found():
    """Keyword search over the handbook: no model is needed to build examples."""
    return Retriever(corpus.load_handbook(), mode="keyword")


def passages(chat):
    """The numbered passages of an example, in order."""
    return re.findall(r"^\[\d\] (.*)$", chat[-2]["content"], re.MULTILINE)


def reply(chat):
    return chat[-1]["content"]


def made(question, found, form="sentence", with_gold=True, seed=1):
    return raft.example(question, found, form, with_gold, random.Random(seed))


@pytest.mark.parametrize("question", TENANT, ids=lambda q: q.id)
def test_no_passage_is_of_a_document_that_the_asker_may_not_read(question, found):
    for with_gold in (True, False):
        texts = set(passages(made(question, found, with_gold=with_gold)))
        owners = {found.documents[chunk.doc_id].tenant for chunk in found.chunks if chunk.text in texts}
        assert owners <= {question.tenant, corpus.NETWORK}


@pytest.mark.parametrize("question", READ + TENANT, ids=lambda q: q.id)
def test_an_answered_example_cites_the_one_passage_that_answers_and_quotes_its_sentence(question, found):
    chat = made(question, found)
    number, sentence = re.fullmatch(r"\[(\d)\] (.+)", reply(chat)).groups()
    three = passages(chat)
    assert [mentions(text, question.answers) for text in three] == [n == int(number) for n in (1, 2, 3)]
    assert mentions(sentence, question.answers)
    assert sentence in three[int(number) - 1]


def test_the_short_form_is_the_accepted_answer_and_another_form_is_refused(found):
    assert reply(made(READ[0], found, form="short"))[4:] == READ[0].answers[0]
    with pytest.raises(ValueError, match="no answer form 'long'"):
        made(READ[0], found, form="long")


@pytest.mark.parametrize("question", READ[:6] + TENANT[:3] + NOWHERE, ids=lambda q: q.id)
def test_without_a_passage_that_answers_the_reader_is_taught_to_say_so(question, found):
    chat = made(question, found, with_gold=False)
    assert reply(chat) == scoring.ABSTENTION
    assert len(passages(chat)) == 3
    assert not any(mentions(text, question.answers) for text in passages(chat))


def test_a_question_that_nobody_answers_is_never_taught_an_answer(found):
    assert {reply(made(question, found, with_gold=True)) for question in NOWHERE} == {scoring.ABSTENTION}


def test_the_passage_that_answers_stands_in_every_place(found):
    places = {reply(made(READ[0], found, seed=seed))[:3] for seed in range(20)}
    assert places == {"[1]", "[2]", "[3]"}


def test_training_and_asking_share_the_prompt(found):
    chat = made(READ[0], found)
    hits = [hit for text in passages(chat) for hit in found.search(READ[0].question, 40) if hit.text == text]
    assert chat[:-1] == rag.prompt(READ[0].question, hits, ())


def kinds(chats):
    """How many examples answer, abstain on what the handbook says, and abstain on what it does not say."""
    nowhere = {q.question for q in TRAIN if not q.answers}
    silent = [chat for chat in chats if reply(chat) == scoring.ABSTENTION]
    missed = [chat for chat in silent if chat[-2]["content"].rpartition("Question: ")[2] in nowhere]
    return len(chats) - len(silent), len(silent) - len(missed), len(missed)


@pytest.mark.parametrize(
    ("count", "unanswered", "expected"),
    [(20, 0.0, (20, 0, 0)), (20, 0.2, (16, 2, 2)), (30, 0.5, (15, 8, 7)), (40, 0.5, (20, 13, 7)), (6, 1.0, (0, 3, 3))],
)
def test_the_share_without_an_answer_is_half_near_misses_as_long_as_there_are_any(count, unanswered, expected, found):
    few = READ + TENANT + NOWHERE + [q for q in TRAIN if q.kind == "unanswerable"][6:7]
    assert kinds(raft.examples(few, found, count, unanswered)) == expected


def test_no_question_is_taught_both_an_answer_and_silence(found):
    chats = raft.examples(READ + NOWHERE, found, 24, 0.3)
    asked = [chat[-2]["content"].rpartition("Question: ")[2] for chat in chats]
    assert len(set(asked)) == 24


def test_examples_depend_on_the_seed_alone(found):
    first, again, other = (raft.examples(READ, found, 6, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_too_few_questions_are_refused(found):
    with pytest.raises(ValueError, match="ask for fewer"):
        raft.examples(READ[:5], found, 6)
