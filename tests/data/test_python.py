"""Python's own help as a collection, and the questions on it: gold that exists, is complete and is not given away."""

import re
from collections import Counter

from utils.corpus import load_records, python_docs
from utils.settings import DATA

QUESTIONS = load_records("python_questions")
STOP = re.compile(
    r"a|an|and|any|are|as|at|be|but|by|can|do|does|for|from|has|have|how|i|if|in|into|is|it|its|may|my|no|not|of|on|one|"
    r"or|so|than|that|the|them|then|there|they|this|to|what|when|where|which|who|why|will|with|you|your"
)


def flat(text: str) -> str:
    return " ".join(text.split())


DOCUMENTS = {document.doc_id: document for document in python_docs()}
TEXTS = {doc_id: flat(document.text) for doc_id, document in DOCUMENTS.items()}


def content_words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.lower()) if not STOP.fullmatch(word)}


def test_every_topic_is_a_document_with_a_clean_heading():
    assert len(DOCUMENTS) >= 70
    assert DOCUMENTS["if"].title == "The if statement"
    assert DOCUMENTS["if"].text.startswith('The "if" statement is used for conditional execution:')
    for document in DOCUMENTS.values():
        assert document.title == document.title.strip() != "", document.doc_id
        assert not re.search(r'["\n]|\*\*', document.title), document.doc_id
        assert not re.search(r"^[*=~-]{3,}$", document.text, re.MULTILINE), document.doc_id
        assert len(document.text) > 80, document.doc_id


def test_records_are_complete_and_nothing_is_asked_twice():
    assert all(list(record) == ["id", "question", "doc_ids", "phrase"] for record in QUESTIONS)
    for key in ("id", "question", "phrase"):
        seen = Counter(" ".join(re.findall(r"\w+|[^\w\s]", record[key].lower())) for record in QUESTIONS)
        assert [text for text, count in seen.items() if count > 1] == []
    assert all(flat(record[key]) == record[key] != "" for record in QUESTIONS for key in ("question", "phrase"))


def test_there_are_enough_questions_on_enough_topics():
    assert len(QUESTIONS) >= 80
    assert len({doc_id for record in QUESTIONS for doc_id in record["doc_ids"]}) >= 40


def test_the_phrase_stands_in_every_gold_topic_and_in_no_other():
    for record in QUESTIONS:
        holders = [doc_id for doc_id, text in TEXTS.items() if record["phrase"] in text]
        assert record["doc_ids"] == holders != [], record["id"]


def test_questions_use_other_words_than_the_documentation():
    for record in QUESTIONS:
        asked, told = content_words(record["question"]), content_words(record["phrase"])
        assert not any(asked <= content_words(DOCUMENTS[doc_id].title) for doc_id in record["doc_ids"]), record["id"]
        assert len(asked & told) <= 0.5 * len(asked), record["id"]


def test_the_data_card_tells_the_counts():
    card = flat((DATA / "README.md").read_text(encoding="utf-8"))
    topics = {doc_id for record in QUESTIONS for doc_id in record["doc_ids"]}
    assert f"asks {len(QUESTIONS)} questions that {len(topics)} of them answer" in card
