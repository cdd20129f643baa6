"""The study of parity: the same questions on both engines, untrained and fine-tuned; doubles answer and train."""

import pytest

from utils.evaluation import outputs
from utils.models import Completion
from utils.retrieval import Retriever
from utils.studies import engines


class Teller:
    """Says which engine and which adapter it was loaded with."""

    def __init__(self, adapter, engine):
        self.name = f"{engine}, {adapter}"

    def complete(self, chats, max_new_tokens=32, prefix=(), label=""):
        return [Completion(self.name, 9, 3, 0.1, 0.2) for _ in chats]


@pytest.fixture(autouse=True)
def doubles(monkeypatch, tmp_path):
    monkeypatch.setattr(engines.LLM, "load", lambda adapter=None, engine=None: Teller(adapter, engine))
    monkeypatch.setattr(engines.finetuning, "train", lambda chats, recipe, label: f"adapter of {len(chats)}")
    monkeypatch.setattr(engines, "Retriever", lambda documents: Retriever(documents, mode="keyword"))
    monkeypatch.setattr(outputs, "path", lambda study, size: tmp_path / f"{study}-{size}.jsonl")


def test_both_engines_answer_the_same_questions_untrained_and_fine_tuned():
    engines.parity("small")
    kept = outputs.load("parity", "small")
    assert {system: rows[0]["text"] for system, rows in kept.items()} == {
        "untrained, int8": "ctranslate2, None",
        "untrained, float32": "transformers, None",
        "fine-tuned on facts, int8": "ctranslate2, adapter of 540",
        "fine-tuned on facts, float32": "transformers, adapter of 540",
    }
    for kind in ("untrained", "fine-tuned on facts"):
        asked = [[(row["id"], row.get("question")) for row in kept[f"{kind}, {name}"]] for name in engines.ENGINES]
        assert asked[0] == asked[1]
        assert len(asked[0]) >= 500


def test_parity_asks_no_question_of_the_test_split():
    assert {question.split for question in engines.parity_questions()} == {"train", "dev"}
