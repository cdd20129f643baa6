"""The handbook questions: which are asked after the update, who reads them and how, and how an answer is counted."""

from collections import Counter

import pytest

from utils import corpus, rag, scoring
from utils.models import Completion
from utils.rag import Answer
from utils.retrieval import Hit
from utils.scoring import mentions
from utils.tasks import facts, handbook_questions

EVERY = {question.id: question for question in corpus.load_questions()}
SET = handbook_questions.question_set()
HITS = [
    Hit("a", "a#0", "First. One.", 1.0),
    Hit("b", "b#0", "Second. Two.", 0.9),
    Hit("c", "c#0", "Third. Three.", 0.8),
]


class Parrot:
    """Says one thing, and remembers the chats and the options of every call."""

    def __init__(self, says="It is two. [2]"):
        self.says, self.calls = says, []

    def complete(self, chats, max_new_tokens, **options):
        self.calls.append((chats, options))
        return [Completion(self.says, 90, 7, 0.1, 0.4) for _ in chats]


def question(kind="static", answers=("two",), id="q", doc_ids=("b",)):
    return corpus.Question(id, "How many?", answers, doc_ids, "network", "hr", kind, "test", None, answers)


def answer(text, citations=(), hits=HITS, tokens=(90, 7)):
    return Answer(text, citations, tuple(hits), scoring.abstains(text), {"decoding": 0.4}, *tokens)


def test_the_set_has_160_questions_in_the_order_of_the_kinds_and_none_twice():
    counts = {"static": 40, "changed": 40, "never trained": 20, "unanswerable": 30, "tenant": 15, "multi": 15}
    assert Counter(q.kind for q in SET) == counts
    assert list(dict.fromkeys(q.kind for q in SET)) == list(handbook_questions.KINDS)
    assert len({q.id for q in SET}) == len({q.question + q.tenant for q in SET}) == 160


def test_the_set_is_frozen():
    assert handbook_questions.question_set() == SET


def test_no_question_of_the_set_and_none_of_its_documents_may_be_trained_on():
    trained = {doc_id for q in corpus.load_questions("train") for doc_id in q.doc_ids}
    assert {EVERY[q.id].split for q in SET} <= {"test", "dev"}
    assert trained.isdisjoint(doc_id for q in SET for doc_id in (*q.doc_ids, *EVERY[q.id].doc_ids))


def test_static_and_changed_ask_the_trained_facts_and_never_trained_asks_others():
    learned = [fact.fact_id for fact in facts.load_facts()[:60]]
    ids = {kind: Counter(q.fact_id for q in SET if q.kind == kind) for kind in handbook_questions.KINDS[:3]}
    assert ids["changed"] == dict.fromkeys(learned[:20], 2)
    assert ids["static"] == dict.fromkeys(learned[20:], 1)
    assert set(ids["never trained"]).isdisjoint(learned)
    assert max(ids["never trained"].values()) == 1


def test_the_model_fine_tuned_on_facts_is_trained_on_none_of_the_wordings():
    taught = {chat[1]["content"] for chat in facts.examples(facts.load_facts()[:60])}
    assert taught.isdisjoint(q.question for q in SET)


def test_answers_and_documents_are_those_after_the_update():
    documents = {document.doc_id: document for document in corpus.load_handbook("v2")}
    for q in SET:
        assert q.answers == EVERY[q.id].answers_after
        assert set(q.doc_ids) <= set(documents)
        assert bool(q.answers) == (q.kind != "unanswerable")
        assert not q.answers or mentions(documents[q.doc_ids[-1]].text, q.answers), q.id
        assert (q.answers != EVERY[q.id].answers) == (q.kind == "changed")


def test_without_passages_every_reader_is_asked_in_its_own_way():
    llm, asked = Parrot(), {}
    for name in handbook_questions.READERS:
        handbook_questions.reader(name, llm).answer(["How many?"], [[]])
        asked[name] = llm.calls[-1][0][0]
    assert asked["base"] == asked["RAFT reader"] == rag.closed_book_prompt("How many?")
    assert asked["fine-tuned on facts"] == facts.prompt("How many?")
    assert [m["content"] for m in asked["base, few-shot"][2::2]] == [example.answer for example in rag.FEW_SHOT]
    assert asked["base, few-shot"][-1] == rag.closed_book_prompt("How many?")[-1]
    assert not any(passage in str(asked["base, few-shot"]) for e in rag.FEW_SHOT for passage in e.passages)


def test_with_passages_two_readers_have_few_shot_examples_and_share_their_prefix():
    llm = Parrot()
    for name in handbook_questions.READERS:
        handbook_questions.reader(name, llm).answer(["How many?"], [HITS])
        (chat,), options = llm.calls[-1]
        examples = rag.FEW_SHOT if name in ("base, few-shot", "fine-tuned on facts") else ()
        assert chat == rag.prompt("How many?", HITS, examples)
        assert options["prefix"] == rag.prompt_prefix(examples, 3)


CHANGED = next(q for q in SET if q.kind == "changed")


@pytest.mark.parametrize(
    ("said", "asked", "expected"),
    [
        ("There are two.", question(), "r"),
        ("I don't know.", question(), "a"),
        ("There are three.", question(), "w"),
        ("I don't know.", question(answers=()), "r"),
        ("There are two.", question(answers=()), "w"),
        (CHANGED.answers[0], CHANGED, "r"),
        (EVERY[CHANGED.id].answers[0], CHANGED, "s"),
        (f"Not {EVERY[CHANGED.id].answers[0]} but {CHANGED.answers[0]}.", CHANGED, "r"),
        ("nonsense", CHANGED, "w"),
        ("I don't know.", CHANGED, "a"),
    ],
)
def test_outcomes(said, asked, expected):
    assert handbook_questions.outcome(answer(said), asked) == expected


def test_an_old_answer_is_stale_only_where_the_answer_changed():
    static = next(q for q in SET if q.kind == "static")
    assert handbook_questions.outcome(answer(static.answers[0]), static) == "r"
    assert {handbook_questions.outcome(answer(CHANGED.answers[0]), q) for q in SET if q.kind == "unanswerable"} == {"w"}


def test_a_row_holds_every_outcome_and_judges_citations_only_where_there_is_something_to_cite():
    asked = [question(), question(), question(), question("unanswerable", ()), question("tenant")]
    said = [
        answer("two", ("b",), tokens=(0, 0)),
        answer("three", ("a", "b"), tokens=(10, 1)),
        answer("I don't know.", tokens=(20, 2)),
        answer("two", ("a",)),
        answer("two", (), HITS[:1]),
    ]
    static, nothing, alone = handbook_questions.rows_by_kind(said, asked)
    assert (static["kind"], static["n"], static["outcomes"]) == ("static", 3, "rwa")
    assert (static["citation precision"], static["citation recall"]) == (0.75, 0.6667)
    assert (static["prompt tokens"], static["new tokens"], static["seconds"]) == (10, 1, 0.4)
    assert (nothing["outcomes"], nothing["citation precision"], nothing["citation recall"]) == ("w", None, None)
    assert (alone["outcomes"], alone["citation precision"], alone["citation recall"]) == ("r", None, None)


def test_chance_is_that_another_answer_of_the_kind_is_right():
    asked = [
        question(answers=("a pair",), id="1"),
        question(answers=("2", "a pair"), id="2"),
        question(answers=("six",), id="3"),
    ]
    assert handbook_questions.chance(asked) == pytest.approx((0.0 + 0.5 + 0.0) / 3)
    assert handbook_questions.chance([question("unanswerable", ())] * 2) == 0.0
    assert handbook_questions.chance([*asked, question("tenant", ("a pair",), "4")]) == pytest.approx(0.5 / 4)


def test_chance_alone_answers_few_questions_of_the_set():
    shares = {kind: handbook_questions.chance([q for q in SET if q.kind == kind]) for kind in handbook_questions.KINDS}
    assert shares["unanswerable"] == 0
    assert max(shares.values()) < 0.15
