"""The pipeline: answers with their sources, abstention, filters; a recorder stands in for the model."""

import pytest

from utils import rag, scoring
from utils.corpus import Document, visible_to
from utils.models import Completion
from utils.rag import RagPipeline
from utils.retrieval import Retriever

DOCUMENTS = [
    Document("hr-leave", "Leave", "Staff have 27 days of leave.", "hr"),
    Document("park-e", "Parking", "Parking costs two euros a day.", "clinics", "elmgate"),
    Document("park-w", "Parking", "Parking costs nothing. Parking is behind the house.", "clinics", "windle"),
]


class RecordingModel:
    """Answers every chat with the next of its texts and keeps what it was asked."""

    def __init__(self, *texts):
        self.texts, self.chats, self.prefix = list(texts), [], None

    def complete(self, chats, max_new_tokens, prefix=(), **options):
        self.chats += chats
        self.prefix = list(prefix)
        return [Completion(self.texts.pop(0), 100, 5, 0.25, 1.0) for _ in chats]


def pipeline(*texts, k=2, **options):
    return RagPipeline(Retriever(DOCUMENTS, "keyword", chunk=1), RecordingModel(*texts), k=k, **options)


def test_an_answer_with_its_source():
    asked = pipeline("27 days [2]\nQuestion: another?")
    answer = asked.answer("How many days of leave has staff at the parking?")
    assert (answer.text, answer.citations, answer.abstained) == ("27 days", ("hr-leave",), False)
    assert len(answer.hits) == 2
    assert answer.hits[-1].doc_id == "hr-leave"  # the best stands next to the question
    assert asked.reader.llm.chats == [rag.prompt("How many days of leave has staff at the parking?", answer.hits)]
    assert asked.reader.llm.prefix == rag.prompt_prefix(passages=2)


def test_the_seconds_are_the_sum_of_the_stages():
    answer = pipeline("27 days [1]").answer("How many days of leave?")
    assert (answer.timing["prefill"], answer.timing["decoding"]) == (0.25, 0.75)
    assert answer.timing["retrieval"] > 0
    assert answer.seconds == pytest.approx(1 + answer.timing["retrieval"])


def test_an_answer_that_abstains_cites_nothing():
    answer = pipeline("I don't know. [1]").answer("How many days of leave?")
    assert answer.abstained
    assert answer.citations == ()


def test_without_a_passage_it_abstains_and_leaves_the_model_alone():
    asked = pipeline()
    answer = asked.answer("Zebra?")
    assert (answer.text, answer.abstained, answer.hits, answer.citations) == (scoring.ABSTENTION, True, (), ())
    assert asked.reader.llm.chats == []
    assert asked.answer("What does parking cost?", {"tenant": "nowhere"}).abstained


def test_many_questions_keep_their_order_also_where_one_has_no_passage():
    asked = pipeline("first", "third [1]", k=1)  # a passage alone is the source, named or not
    answers = asked.answer_many(["Days of leave?", "Zebra?", "Where is the parking behind the house?"])
    assert [answer.text for answer in answers] == ["first", scoring.ABSTENTION, "third"]
    assert [answer.citations for answer in answers] == [("hr-leave",), (), ("park-w",)]
    assert asked.answer_many([]) == []


def test_questions_may_come_one_by_one():
    questions = (question for question in ["Days of leave?", "Zebra?"])
    assert [answer.abstained for answer in pipeline("first").answer_many(questions)] == [False, True]


def test_an_answer_rests_only_on_what_the_filter_lets_through():
    asked = pipeline("x", "y", k=3)
    windle = asked.answer("What does parking cost?", visible_to("windle"))
    elmgate = asked.answer("What does parking cost?", visible_to("elmgate"))
    assert {hit.doc_id for hit in windle.hits} == {"park-w"}
    assert {hit.doc_id for hit in elmgate.hits} == {"park-e"}
    assert "two euros" not in asked.reader.llm.chats[0][-1]["content"]


@pytest.mark.parametrize("question", ["", " \n"])
def test_an_empty_question_is_refused(question):
    with pytest.raises(ValueError, match="A question is empty: ask something"):
        pipeline().answer_many(["How many?", question])


@pytest.mark.parametrize("question", [None, 7, b"How many?"], ids=repr)
def test_a_question_that_is_no_text_is_refused(question):
    with pytest.raises(ValueError, match=r"A question is .*: give a text"):
        pipeline().answer(question)
    with pytest.raises(ValueError, match="Give a list with a text for every question, not str"):
        pipeline().answer_many("How many days?")


@pytest.mark.parametrize("k", [0, -1, 1.5, "3", None, True], ids=repr)
def test_a_pipeline_needs_a_passage(k):
    with pytest.raises(ValueError, match=f"k is {k!r}: a pipeline needs at least one passage"):
        RagPipeline(None, None, k=k)


def relevant(scores, **options):
    """A pipeline whose search finds every question as relevant as ``scores`` says."""
    asked = pipeline(*["27 days"] * 9, **options)
    asked.retriever.relevance = lambda questions, where: [scores[question] for question in questions]
    return asked


def test_under_the_minimum_score_it_abstains_unread():
    asked = relevant({"Days of leave?": 0.61, "Leave on the moon?": 0.59}, minimum_score=0.6)
    answers = asked.answer_many(["Leave on the moon?", "Days of leave?"])
    assert [answer.abstained for answer in answers] == [True, False]
    assert (answers[0].text, answers[0].hits, answers[0].citations) == (scoring.ABSTENTION, (), ())
    assert answers[1].hits
    assert len(asked.reader.llm.chats) == 1
    assert not relevant({"Days of leave?": 0.6}, minimum_score=0.6).answer("Days of leave?").abstained
    assert not relevant({"Days of leave?": -1.0}).answer("Days of leave?").abstained  # without one, all are read


@pytest.mark.parametrize("score", [1.01, -1.5, float("nan"), 70])
def test_a_minimum_score_is_a_cosine(score):
    with pytest.raises(ValueError, match=f"minimum_score is {score}: give a cosine from -1 to 1, or None"):
        pipeline(minimum_score=score)


def test_a_minimum_score_needs_a_search_by_meaning():
    with pytest.raises(ValueError, match="Keyword search has no cosines"):
        pipeline(minimum_score=0.5).answer("Days of leave?")


@pytest.mark.model
def test_a_real_question_on_something_else_is_under_the_minimum_score(retriever):
    model = RecordingModel("27 working days [3]")
    asked = RagPipeline(retriever, model, minimum_score=0.4)
    leave, lambdas = asked.answer_many(["How many days of annual leave?", "What may a lambda expression contain?"])
    assert (leave.abstained, lambdas.abstained) == (False, True)
    assert len(model.chats) == 1


@pytest.mark.model
def test_a_real_answer_from_the_handbook(llm, retriever):
    question = "How many working days of paid annual leave does a full-time employee have?"
    answer = RagPipeline(retriever, llm).answer(question)
    assert "27" in answer.text
    assert "hr-annual-leave" in {hit.doc_id for hit in answer.hits}
    assert len(answer.hits) == 3
    assert not answer.abstained
