"""Readers: what stands in their prompts, what they make of a completion, and which passages a context holds."""

import pytest
from tiny_chats import CHATML, tiny_model

from utils import corpus, rag, scoring
from utils.models import LLM, Completion
from utils.rag import Answer, Reader, answer_from, readers
from utils.retrieval import Hit, Retriever
from utils.tasks import handbook_questions

HITS = [
    Hit("a", "a#0", "First. One.", 1.0),
    Hit("b", "b#0", "Second. Two.", 0.9),
    Hit("c", "c#0", "Third. Three.", 0.8),
]
SET = handbook_questions.question_set()


def completion(text):
    return Completion(text, 90, 7, 0.1, 0.4)


class Parrot:
    """Says one thing, or the question if there is none, and remembers the chats and the options of every call."""

    def __init__(self, says=""):
        self.says, self.calls = says, []

    def complete(self, chats, max_new_tokens, prefix=(), label=""):
        self.calls.append((chats, max_new_tokens, list(prefix), label))
        asked = [chat[-1]["content"].split("Question: ")[1].split("\n")[0] for chat in chats]
        return [completion(self.says or question) for question in asked]


@pytest.fixture(scope="module")
def current():
    """Keyword search over the handbook after the update."""
    return Retriever(corpus.load_handbook("v2"), mode="keyword")


def test_a_completion_becomes_an_answer_with_its_source_its_times_and_its_tokens():
    timing = {"retrieval": 0.0, "prefill": pytest.approx(0.1), "decoding": pytest.approx(0.3)}
    raw = "It is  two. [2]\nQuestion: another?"
    found = answer_from(completion(raw), HITS)
    assert found == Answer("It is two.", ("b",), tuple(HITS), False, timing, prompt_tokens=90, new_tokens=7, raw=raw)
    assert found.seconds == pytest.approx(0.4)


def test_a_passage_alone_is_the_source_whether_it_is_named_or_not():
    assert answer_from(completion("Two."), HITS[:1]).citations == ("a",)
    assert answer_from(completion("[2] Two."), HITS[:1]).citations == ("a",)
    assert answer_from(completion("Two."), HITS[:2]).citations == ()
    assert answer_from(completion("[1] Two.")).citations == ()


@pytest.mark.parametrize("hits", [HITS, HITS[:1], []], ids=len)
def test_an_answer_that_abstains_cites_nothing(hits):
    found = answer_from(completion("I don't know. [2]\n[1] Two."), hits)
    assert (found.text, found.citations, found.abstained) == (scoring.ABSTENTION, (), True)


def test_the_seconds_of_an_answer_are_those_of_all_its_steps():
    assert Answer("", timing={"retrieval": 0.5, "prefill": 0.25, "decoding": 1}).seconds == 1.75
    assert Answer("").seconds == 0


@pytest.mark.parametrize("examples", [(), rag.FEW_SHOT], ids=len)
@pytest.mark.parametrize("count", [1, 3])
def test_passages_stand_in_the_order_given_after_the_reader_s_examples(examples, count):
    llm, hits = Parrot("Two. [2]"), HITS[::-1][:count]
    (answer,) = Reader(llm, examples, max_new_tokens=5).answer(["How many?"], [hits], "reading")
    assert llm.calls == [([rag.prompt("How many?", hits, examples)], 5, rag.prompt_prefix(examples, count), "reading")]
    assert answer.hits == tuple(hits)
    assert answer.citations == (("c",) if count == 1 else ("b",))


def test_without_a_passage_the_reader_asks_its_own_prompt():
    llm = Parrot()
    (answer,) = Reader(llm, rag.FEW_SHOT, rag.closed_book_prompt).answer(["How many?"], [[]])
    assert llm.calls == [([rag.closed_book_prompt("How many?")], readers.CLOSED_BOOK_TOKENS, [], "")]
    assert (answer.text, answer.hits, answer.citations) == ("How many?", (), ())


def test_without_a_passage_and_without_such_a_prompt_it_abstains_and_leaves_the_model_alone():
    llm = Parrot()
    (answer,) = Reader(llm, rag.FEW_SHOT).answer(["How many?"], [[]])
    assert (answer.text, answer.abstained, answer.hits, answer.seconds) == (scoring.ABSTENTION, True, (), 0)
    assert llm.calls == []


def test_questions_with_equally_many_passages_are_read_together_and_answers_keep_their_order():
    llm, names = Parrot(), ["Q0?", "Q1?", "Q2?", "Q3?"]
    answers = Reader(llm, rag.FEW_SHOT, rag.closed_book_prompt).answer(names, [HITS[:1], HITS, [], HITS[:1]])
    assert [len(chats) for chats, *_ in llm.calls] == [1, 2, 1]
    assert [answer.text for answer in answers] == names
    assert [len(answer.hits) for answer in answers] == [1, 3, 0, 1]
    assert Reader(llm).answer([], []) == []


LONG = "gate " * 400


@pytest.mark.parametrize("too_long", [{0}, {2}, {1, 3, 4}, set(range(5)), set()], ids=str)
def test_a_question_too_long_for_the_model_loses_its_own_answer_and_no_other(too_long, capsys):
    """Whatever the number of its passages, and without any; it is told by its place among all questions."""
    tokenizer = CHATML.tokenizer()
    model = tiny_model(tokenizer, context=1500)
    reader = Reader(LLM(model, tokenizer), (), rag.closed_book_prompt, max_new_tokens=3)
    short = ["Who?", "When?", "Where?", "How?", "Why?"]
    passages = [HITS[:1], HITS, [], HITS[:1], HITS]
    expected = reader.answer(short, passages)
    asked = [LONG if place in too_long else question for place, question in enumerate(short)]
    capsys.readouterr()
    answers, told = reader.answer(asked, passages), capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in told] == [f"questions[{place}]" for place in sorted(too_long)]
    for place, answer in enumerate(answers):
        if place not in too_long:
            assert (answer.raw, answer.problem) == (expected[place].raw, "")
            continue
        assert (answer.text, answer.abstained, answer.citations) == (scoring.ABSTENTION, True, ())
        assert answer.hits == tuple(passages[place])
        room = 1500 - (3 if passages[place] else readers.CLOSED_BOOK_TOKENS)
        assert f"has {answer.prompt_tokens} tokens and may have {room};" in answer.problem
        assert answer.prompt_tokens > 1500
        assert told[sorted(too_long).index(place)].endswith(answer.problem)


@pytest.mark.parametrize("passages", [[], [[], []]], ids=len)
def test_every_question_needs_its_list_of_passages(passages):
    with pytest.raises(ValueError, match=f"1 questions with {len(passages)} lists of passages: give one for each"):
        Reader(Parrot()).answer(["Who?"], passages)


@pytest.mark.parametrize("kind", handbook_questions.KINDS)
def test_the_oracle_holds_the_answer_and_comes_from_the_documents_needed(kind, current):
    few = [q for q in SET if q.kind == kind][:6]
    for q, hits in zip(few, rag.passages_for(few, current, "oracle"), strict=True):
        assert tuple(hit.doc_id for hit in hits) == q.doc_ids
        assert len(hits) == {"multi": 2, "unanswerable": 0}.get(kind, 1)
        assert not hits or scoring.mentions(hits[-1].text, q.answers), q.id


def test_retrieved_passages_are_three_with_the_best_last_and_none_of_another_clinic(current):
    asked = [q for q in SET if q.kind == "tenant"]
    for q, hits in zip(asked, rag.passages_for(asked, current, "retrieved"), strict=True):
        assert len(hits) == 3
        assert hits[-1].score == max(hit.score for hit in hits)
        assert {current.documents[hit.doc_id].tenant for hit in hits} <= {q.tenant, "network"}


def test_no_context_is_empty_and_an_unknown_one_is_refused(current):
    assert rag.passages_for(SET[:2], current, "none") == [[], []]
    with pytest.raises(ValueError, match="no context 'web'"):
        rag.passages_for(SET[:2], current, "web")
