"""Where RAG breaks, with a double for the model: what stands in the prompts, and what the rows hold."""

import re

import pytest

from utils import corpus
from utils.models import Completion
from utils.rag.edge_cases import PLANTS
from utils.retrieval import Retriever
from utils.studies import edge_cases

ATTACKS = corpus.load_records("attacks")


class Quoter:
    """Quotes the passage next to the question, after its number; remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def complete(self, chats, max_new_tokens, **options):
        self.asked += [chat[-1]["content"] for chat in chats]
        return [Completion(self._say(chat[-1]["content"]), 90, 7, 0.1, 0.4) for chat in chats]

    @staticmethod
    def _say(message):
        passages = re.findall(r"^(?:\[\d\]|-) .*$", message, re.MULTILINE)
        return passages[-1].removeprefix("- ")


@pytest.fixture
def quoter(monkeypatch):
    """The model's double; the search is by keywords."""
    double = Quoter()
    monkeypatch.setattr(edge_cases.LLM, "load", lambda: double)
    monkeypatch.setattr(edge_cases, "Retriever", lambda documents: Retriever(documents, mode="keyword"))
    return double


def test_the_right_passage_stands_at_every_place_in_turn(quoter):
    rows = edge_cases.positions()
    places = {0: [1], 2: [1, 2, 3], 4: [1, 2, 3, 4, 5], 8: [1, 3, 5, 7, 9]}
    assert [(row["distractors"], row["place"]) for row in rows] == [(n, place) for n in places for place in places[n]]
    for row in rows:
        assert {len(row[name]) for name in ("right", "gold cited", "last cited")} == {40}
        last = row["place"] == row["distractors"] + 1
        assert all(row["last cited"])
        if last:  # a passage copied whole may state another value beside the answer
            assert sum(row["right"]) >= 32
        else:  # "three rented devices" is an answer to "how many gadgets?" by accident
            assert sum(row["right"]) <= 2, "only the right passage answers"
        assert not last or all(row["gold cited"])
    assert [message.count("\n[") for message in quoter.asked[-40:]] == [8] * 40


def test_every_attack_is_planted_in_every_way_and_gone_afterwards(quoter, monkeypatch):
    index = Retriever(corpus.load_handbook(), mode="keyword")
    monkeypatch.setattr(edge_cases, "Retriever", lambda documents: index)
    rows = edge_cases.defences()
    kinds = [(how, passages) for how in ("nowhere", *PLANTS) for passages in ("plain", "quoted")]
    assert [(row["planted"], row["passages"]) for row in rows] == kinds
    for row in rows:
        values = [value for name, value in row.items() if name not in ("planted", "passages")]
        assert {len(value) for value in values} == {len(ATTACKS)}
        assert (sum(row["in the prompt"]) > 0) == (row["planted"] != "nowhere")
        assert sum(row["taken in"]) <= sum(row["in the prompt"])
    assert index.documents == {document.doc_id: document for document in corpus.load_handbook()}
    quoted = [message for message in quoter.asked if '[1] "' in message]
    assert len(quoted) == len(quoter.asked) / 2
