"""The chunks that answer a question, and the best-ranked ones that do not."""

from collections.abc import Sequence

from utils.corpus import Question, visible_to
from utils.retrieval.retriever import Hit, Retriever
from utils.scoring import mentions

PASSAGES = 3  # chunks in a prompt, unless a notebook says otherwise


def gold_passages(questions: Sequence[Question], retriever: Retriever) -> list[list[Hit]]:
    """For the oracle context: of the documents a question needs, the best-ranked chunk that holds an accepted answer.

    One list a question, empty where the handbook holds no answer; two chunks for a question that needs two documents.
    """
    return [[_gold_passage(question, doc_id, retriever) for doc_id in question.doc_ids] for question in questions]


def _gold_passage(question: Question, doc_id: str, retriever: Retriever) -> Hit:
    ranked = retriever.search(question.question, k=len(retriever.chunks), where={"doc_id": doc_id})
    ranked += retriever.passages(doc_id)  # what shares no word with the question is still in the document
    return next((hit for hit in ranked if mentions(hit.text, question.answers)), ranked[0])


def distractors(question: Question, retriever: Retriever, count: int = PASSAGES) -> list[Hit]:
    """The best-ranked chunks that do not answer the question, of the documents that its asker may read."""
    found = retriever.search(question.question, k=4 * count, where=visible_to(question.tenant))
    return [hit for hit in found if not mentions(hit.text, question.answers)][:count]
