"""The router: two steps and three ways out, what it is fitted on, and what it is tested on."""

from types import SimpleNamespace

import numpy as np
import pytest

from utils import corpus
from utils.retrieval import Retriever
from utils.staged import router
from utils.staged.exam import ticket_requests
from utils.staged.router import ROUTES, Router

CASES = router.cases()


def asked(text, tenant="network"):
    return corpus.Question(text, text, (), (), tenant, "", "lookup", "test", None, ())


class Near:
    """A retriever that finds a cosine in the text itself, and remembers whose documents were searched."""

    def __init__(self):
        self.searched = []

    def relevance(self, texts, where):
        self.searched.append((list(texts), where["tenant"]))
        return [float(text.split()[-1]) for text in texts]


def words(texts):
    """Instead of the embedder: 1 or 0 for whether the text asks for a ticket."""
    return np.array([[float("ticket" in text)] for text in texts])


@pytest.fixture
def made(monkeypatch):
    monkeypatch.setattr(router, "embed", words)
    classifier = SimpleNamespace(predict=lambda rows: ["ticket" if row[0] else "question" for row in rows])
    return Router(Near(), classifier, 0.5)


def test_a_ticket_goes_by_its_text_and_a_question_by_its_cosine(made):
    texts = ["ticket 0.9", "ticket 0.1", "what 0.9", "what 0.5", "what 0.49"]
    assert made.route([asked(text) for text in texts]) == ["ticket", "ticket", "question", "question", "unknown"]
    assert made.route([]) == []


def test_only_what_the_clinic_may_read_counts_and_answers_keep_their_order(made):
    some = [asked("a 0.9", "windle"), asked("b 0.2"), asked("c 0.3", "windle"), asked("d 0.8")]
    assert made.route(some) == ["question", "unknown", "unknown", "question"]
    assert made.retriever.searched == [
        (["a 0.9", "c 0.3"], ["network", "windle"]),
        (["b 0.2", "d 0.8"], ["network"]),
    ]


def test_each_question_is_timed_alone(made):
    spent = made.milliseconds([asked("a 0.9"), asked("b 0.2")])
    assert len(spent) == 2
    assert all(0 < one < 1000 for one in spent)
    assert [texts for texts, _ in made.retriever.searched] == [["a 0.9"], ["b 0.2"]]


def test_the_threshold_lets_19_of_20_answerable_development_questions_through(monkeypatch):
    answerable = [q for q in corpus.load_questions("dev") if q.answers_after]
    cosines = {q.id: place / 1000 for place, q in enumerate(answerable)}
    seen = []

    def relevance(questions, retriever):
        seen.extend(questions)
        return [cosines[q.id] for q in questions]

    monkeypatch.setattr(router, "embed", lambda texts: np.array([[len(text) / 100, 1.0] for text in texts]))
    monkeypatch.setattr(router, "relevance", relevance)
    fitted = router.fit(None)
    passing = [value >= fitted.minimum for value in cosines.values()]
    assert {q.split for q in seen} == {"dev"}
    assert 0.95 <= np.mean(passing) < 0.97
    assert set(fitted.classifier.classes_) == {"ticket", "question"}


def test_it_learns_from_the_training_split_alone(monkeypatch):
    texts = []
    monkeypatch.setattr(
        router, "embed", lambda some: texts.extend(some) or np.random.default_rng(0).random((len(some), 2))
    )
    monkeypatch.setattr(router, "relevance", lambda questions, retriever: [0.5] * len(questions))
    router.fit(None)
    train = {q.question for q in corpus.load_questions("train")} | {q.question for q in ticket_requests("train")}
    assert set(texts) == train


def test_the_cases_are_of_the_test_split_each_wording_once():
    assert {route for route, _ in CASES.values()} == set(ROUTES)
    every = [q for _, several in CASES.values() for q in several]
    assert {q.split for q in every} == {"test"}
    assert len({q.question for q in every}) == len(every)
    assert min(len(several) for _, several in CASES.values()) >= 15
    for name, (route, several) in CASES.items():
        assert (route == "unknown") == (name not in ("ticket request", "answerable question"))
        assert (
            route == "ticket"
            or name == "other subject"
            or all(bool(q.answers) == (route == "question") for q in several)
        )


def test_the_first_clinic_asks_where_several_are_asked_the_same():
    tenants = [q for q in corpus.load_questions("test") if q.kind == "tenant"]
    first = {q.question: q.id for q in reversed(tenants)}
    assert {q.question: q.id for q in CASES["answerable question"][1] if q.kind == "tenant"} == first


@pytest.mark.model
def test_tickets_and_other_subjects_are_told_from_questions():
    fitted = router.fit(Retriever(corpus.load_handbook("v2"), mode="dense"))
    some = {name: several[:80] for name, (_, several) in CASES.items()}
    routes = {name: fitted.route(several) for name, several in some.items()}
    assert routes["ticket request"].count("ticket") > 0.8 * 80, "what notebook 10 relies on"
    assert routes["other subject"].count("unknown") > 0.6 * 80
    assert routes["answerable question"].count("question") > 0.8 * 80
