"""The grid: which questions it asks after the update, what stands in the prompts, and how an answer is counted."""

from collections import Counter
from types import SimpleNamespace

import pytest

from utils import corpus, facts, grid, rag
from utils.evaluation import contains_answer
from utils.rag import Answer
from utils.retrieval import Hit, Retriever

EVERY = {question.id: question for question in corpus.load_questions()}
SET = grid.question_set()
HITS = [
    Hit("a", "a#0", "First. One.", 1.0),
    Hit("b", "b#0", "Second. Two.", 0.9),
    Hit("c", "c#0", "Third. Three.", 0.8),
]


@pytest.fixture(scope="module")
def current():
    """Keyword search over the handbook after the update."""
    return Retriever(corpus.load_handbook("v2"), mode="keyword")


class Parrot:
    """Says one thing, and remembers the chats and the options of every call."""

    def __init__(self, says="It is two. [2]"):
        self.says, self.calls = says, []

    def complete(self, chats, **options):
        self.calls.append((chats, options))
        done = {"prompt_tokens": 90, "new_tokens": 7, "prefill_seconds": 0.1, "seconds": 0.4}
        return [SimpleNamespace(text=self.says, **done) for _ in chats]


def question(kind="static", answers=("two",), id="q", doc_ids=("b",)):
    return corpus.Question(id, "How many?", answers, doc_ids, "network", "hr", kind, "test", None, answers)


def answer(text, citations=(), hits=HITS):
    return Answer(text, citations, tuple(hits), rag.abstains(text), 0.4)


def test_the_set_has_160_questions_in_the_order_of_the_kinds_and_none_twice():
    counts = {"static": 40, "changed": 40, "never trained": 20, "unanswerable": 30, "tenant": 15, "multi": 15}
    assert Counter(q.kind for q in SET) == counts
    assert list(dict.fromkeys(q.kind for q in SET)) == list(grid.KINDS)
    assert len({q.id for q in SET}) == len({q.question + q.tenant for q in SET}) == 160


def test_the_set_is_frozen():
    assert grid.question_set() == SET


def test_no_question_of_the_set_and_none_of_its_documents_may_be_trained_on():
    trained = {doc_id for q in corpus.load_questions("train") for doc_id in q.doc_ids}
    assert {EVERY[q.id].split for q in SET} <= {"test", "dev"}
    assert trained.isdisjoint(doc_id for q in SET for doc_id in (*q.doc_ids, *EVERY[q.id].doc_ids))


def test_static_and_changed_ask_the_trained_facts_and_never_trained_asks_others():
    learned = [fact.fact_id for fact in facts.load_facts()[:60]]
    ids = {kind: Counter(q.fact_id for q in SET if q.kind == kind) for kind in grid.KINDS[:3]}
    assert ids["changed"] == dict.fromkeys(learned[:20], 2)
    assert ids["static"] == dict.fromkeys(learned[20:], 1)
    assert set(ids["never trained"]).isdisjoint(learned)
    assert max(ids["never trained"].values()) == 1


def test_the_closed_book_reader_is_trained_on_none_of_the_wordings():
    taught = {chat[1]["content"] for chat in facts.examples(facts.load_facts()[:60])}
    assert taught.isdisjoint(q.question for q in SET)


def test_answers_and_documents_are_those_after_the_update():
    documents = {document.doc_id: document for document in corpus.load_handbook("v2")}
    for q in SET:
        assert q.answers == EVERY[q.id].answers_after
        assert set(q.doc_ids) <= set(documents)
        assert bool(q.answers) == (q.kind != "unanswerable")
        assert not q.answers or contains_answer(documents[q.doc_ids[-1]].text, q.answers), q.id
        assert (q.answers != EVERY[q.id].answers) == (q.kind == "changed")


@pytest.mark.parametrize("kind", grid.KINDS)
def test_the_oracle_holds_the_answer_and_comes_from_the_documents_needed(kind, current):
    few = [q for q in SET if q.kind == kind][:6]
    for q, hits in zip(few, grid.passages(few, current, "oracle"), strict=True):
        assert tuple(hit.doc_id for hit in hits) == q.doc_ids
        assert len(hits) == {"multi": 2, "unanswerable": 0}.get(kind, 1)
        assert not hits or contains_answer(hits[-1].text, q.answers), q.id


def test_retrieved_passages_are_three_with_the_best_last_and_none_of_another_clinic(current):
    asked = [q for q in SET if q.kind == "tenant"]
    for q, hits in zip(asked, grid.passages(asked, current, "retrieved"), strict=True):
        assert len(hits) == 3
        assert hits[-1].score == max(hit.score for hit in hits)
        assert {current.documents[hit.doc_id].tenant for hit in hits} <= {q.tenant, "network"}


def test_no_context_is_empty_and_an_unknown_one_is_refused(current):
    assert grid.passages(SET[:2], current, "none") == [[], []]
    with pytest.raises(ValueError, match="no context 'web'"):
        grid.passages(SET[:2], current, "web")


def test_without_passages_every_reader_is_asked_in_its_own_way():
    llm = Parrot()
    arms = grid.untrained(llm) | grid.closed_book_tuned(llm) | grid.open_book_tuned(llm)
    asked = {}
    for name, arm in arms.items():
        grid.read(arm, [question()], [[]])
        asked[name] = llm.calls[-1][0][0]
    assert asked["base"] == asked["open-book tuned"] == rag.closed_book_prompt("How many?")
    assert asked["closed-book tuned"] == facts.chat("How many?")
    assert [m["content"] for m in asked["base, few-shot"][2::2]] == [example.answer for example in rag.EXAMPLES]
    assert asked["base, few-shot"][-1] == rag.closed_book_prompt("How many?")[-1]
    assert not any(passage in str(asked["base, few-shot"]) for e in rag.EXAMPLES for passage in e.passages)


def test_with_passages_the_trained_reader_has_no_worked_examples_and_the_others_share_their_opening():
    llm = Parrot()
    for name, arm in (grid.untrained(llm) | grid.closed_book_tuned(llm) | grid.open_book_tuned(llm)).items():
        grid.read(arm, [question()], [HITS])
        (chat,), options = llm.calls[-1]
        examples = rag.EXAMPLES if name in ("base, few-shot", "closed-book tuned") else ()
        assert chat == rag.prompt("How many?", HITS, examples)
        assert options["prefix"] == rag.opening(examples, 3)


def test_questions_with_equally_many_passages_are_read_together_and_answers_keep_their_order():
    class Echo(Parrot):
        def complete(self, chats, **options):
            asked = [chat[-1]["content"].split("Question: ")[1].split("\n")[0] for chat in chats]
            pairs = zip(super().complete(chats, **options), asked, strict=True)
            return [SimpleNamespace(**vars(done) | {"text": text}) for done, text in pairs]

    llm, names = Echo(), ("Q0?", "Q1?", "Q2?", "Q3?")
    found = [HITS[:1], HITS, [], HITS[:1]]
    asked = [corpus.Question(name, name, (), (), "network", "hr", "multi", "test", None, ()) for name in names]
    readings = grid.read(grid.Arm(llm, rag.EXAMPLES), asked, found)
    assert [len(chats) for chats, _ in llm.calls] == [1, 2, 1]
    assert tuple(reading.answer.text for reading in readings) == names
    assert [len(reading.answer.hits) for reading in readings] == [1, 3, 0, 1]


def test_a_reading_carries_citations_and_tokens_and_only_several_passages_are_cited():
    (several,) = grid.read(grid.Arm(Parrot()), [question()], [HITS])
    assert several == grid.Reading(Answer("It is two.", ("b",), tuple(HITS), False, 0.4), 90, 7)
    (alone,) = grid.read(grid.Arm(Parrot("[1] Two.")), [question()], [HITS[:1]])
    assert (alone.answer.text, alone.answer.citations) == ("Two.", ())
    (silent,) = grid.read(grid.Arm(Parrot("I don't know. [2]\n[1] Two.")), [question()], [HITS])
    assert (silent.answer.citations, silent.answer.abstained) == ((), True)


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
    assert grid.outcome(answer(said), asked) == expected


def test_an_old_answer_is_stale_only_where_the_answer_changed():
    static = next(q for q in SET if q.kind == "static")
    assert grid.outcome(answer(static.answers[0]), static) == "r"
    assert {grid.outcome(answer(CHANGED.answers[0]), q) for q in SET if q.kind == "unanswerable"} == {"w"}


def test_a_row_holds_every_outcome_and_judges_citations_only_where_there_is_something_to_cite():
    asked = [question(), question(), question(), question("unanswerable", ()), question("tenant")]
    said = [answer("two", ("b",)), answer("three", ("a", "b")), answer("I don't know."), answer("two", ("a",)),
            answer("two", (), HITS[:1])]  # fmt: skip
    static, nothing, alone = grid.rows([grid.Reading(a, 10 * n, n) for n, a in enumerate(said)], asked)
    assert (static["kind"], static["n"], static["outcomes"]) == ("static", 3, "rwa")
    assert (static["citation precision"], static["citation recall"]) == (0.75, 0.6667)
    assert (static["prompt tokens"], static["new tokens"], static["seconds"]) == (10, 1, 0.4)
    assert (nothing["outcomes"], nothing["citation precision"], nothing["citation recall"]) == ("w", None, None)
    assert (alone["outcomes"], alone["citation precision"], alone["citation recall"]) == ("r", None, None)


def test_the_floor_is_the_chance_that_another_answer_of_the_kind_is_right():
    asked = [
        question(answers=("two",), id="1"),
        question(answers=("2", "two"), id="2"),
        question(answers=("six",), id="3"),
    ]
    assert grid.floor(asked) == pytest.approx((0.0 + 0.5 + 0.0) / 3)
    assert grid.floor([question("unanswerable", ())] * 2) == 0.0
    assert grid.floor([*asked, question("tenant", ("two",), "4")]) == pytest.approx(0.5 / 4)


def test_chance_alone_answers_few_questions_of_the_set():
    shares = {kind: grid.floor([q for q in SET if q.kind == kind]) for kind in grid.KINDS}
    assert shares["unanswerable"] == 0
    assert max(shares.values()) < 0.15
