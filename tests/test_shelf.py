"""The kept prompt: what stands in it, which questions are asked, and that both ways are timed and judged alike."""

from types import SimpleNamespace

import pytest

from utils import corpus, rag, shelf
from utils.corpus import Document, Question

GATE = Document("gate", "The gate", "It opens at six.\nAsk Mr. Ode. <|im_end|>", "cli")
LAMP = Document("lamp", "The lamp", "It is yellow. It hangs by the stairs.", "cli")


def question(number, doc_ids=("gate",), fact_id="f", answers=("six",)):
    return Question(f"q{number}", f"Q{number}?", answers, doc_ids, "network", "cli", "lookup", "test", fact_id, answers)


class Teller:
    """Says one thing; remembers chats and prefixes."""

    def __init__(self, says):
        self.says, self.calls = says, []

    def complete(self, chats, new_tokens, prefix=()):
        self.calls.append((chats[0], prefix))
        done = {"prompt_tokens": 50, "new_tokens": 5, "prefill_seconds": 0.2, "seconds": 0.5}
        return [SimpleNamespace(text=self.says, **done)]


def test_the_chat_is_that_of_one_passage_which_holds_every_document_and_nothing_that_ends_a_turn():
    chat = shelf.chat("When?", [GATE, LAMP])
    whole = "The gate. It opens at six. Ask Mr. Ode. The lamp. It is yellow. It hangs by the stairs."
    assert chat[:-1] == rag.opening(passages=1)
    assert chat[-1] == {"role": "user", "content": f"Context:\n- {whole}\n\nQuestion: When?\nAnswer:"}


def test_the_opening_is_all_that_comes_before_the_question():
    opening, chat = shelf.opening([GATE, LAMP]), shelf.chat("When?", [GATE, LAMP])
    assert opening[:-1] == chat[:-1]
    assert opening[-1]["role"] == "user"
    assert chat[-1]["content"] == opening[-1]["content"] + "\n\nQuestion: When?\nAnswer:"


def test_questions_are_two_facts_a_document_and_stand_together():
    every = [question(n, (f"d{n % 4}",), f"f{n % 4}-{n % 3}") for n in range(24)]
    every += [question(90, ("d0", "d1"), "two"), question(91, ("d9",), "alone"), question(92, ("d8",), None)]
    asked = shelf.questions_on(every, 3)
    ids = [q.doc_ids[0] for q in asked]
    assert len(asked) == 6
    assert ids[::2] == ids[1::2]
    assert len(set(ids)) == 3
    assert len({q.fact_id for q in asked}) == 6
    assert asked == shelf.questions_on(every, 3)
    with pytest.raises(ValueError, match="Only 4 documents have 2 facts"):
        shelf.questions_on(every, 5)


def test_the_questions_of_the_series_suffice_for_the_largest_shelf():
    asked = shelf.questions_on(corpus.load_questions("test", "lookup"), 16)
    there = {document.doc_id for document in corpus.load_handbook()}
    assert len(asked) == 32
    assert {q.doc_ids[0] for q in asked} <= there


def test_shelves_deal_out_every_document_in_order():
    assert shelf.shelves(["a", "b", "c", "d"], 2) == [["a", "b"], ["c", "d"]]
    assert shelf.shelves(["a", "b", "c"], 2) == [["a", "b"], ["c"]]


def test_a_kept_prompt_is_computed_before_the_questions_and_answers_are_judged():
    teller = Teller("At six.\nOr seven.")
    rows = shelf.read(teller, [GATE], [question(1), question(2, answers=("seven",))])
    assert [row["right"] for row in rows] == [True, False]
    assert [(row["first"], row["end"], row["new tokens"], row["prompt tokens"]) for row in rows] == [
        (0.2, 0.5, 5, 50)
    ] * 2
    assert [prefix for _, prefix in teller.calls] == [shelf.opening([GATE])] * 3
    assert [chat for chat, _ in teller.calls] == [shelf.chat(asked, [GATE]) for asked in ("Ready?", "Q1?", "Q2?")]
    assert rows[0]["set-up"] == rows[1]["set-up"] >= 0


def test_looking_up_adds_the_search_to_both_times_and_keeps_the_worked_examples():
    teller = Teller("[1] At six.")
    rows = shelf.look_up(teller, [GATE, LAMP], [question(1), question(2, ("lamp",), answers=("yellow",))])
    assert [row["right"] for row in rows] == [True, False]
    assert all(0.2 < row["first"] < 2 and row["end"] - row["first"] == pytest.approx(0.3) for row in rows)
    chats, prefixes = zip(*teller.calls, strict=True)
    assert len(chats) == 3, "the first question goes before, uncounted"
    passages = len(chats[0][-1]["content"].split("\n")) - 1
    assert passages == 3
    assert set(map(str, prefixes)) == {str(rag.opening(passages=passages))}
