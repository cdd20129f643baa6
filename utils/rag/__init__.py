"""From hits to an answer: the prompt, readers, the pipeline, citations, edge cases, how long a request takes.

Here belongs what is asked of a model with passages or instead of them. Training it belongs in ``finetuning``.
"""

from utils.rag.citations import cited_documents, without_citations
from utils.rag.forms import FORMS, KINDS, Form, form_for
from utils.rag.pipeline import RagPipeline
from utils.rag.prompts import (
    CLOSED_BOOK,
    EXAMPLES,
    FEW_SHOT,
    IN_A_FEW_WORDS,
    UNANSWERED,
    WITH_NUMBER,
    FewShotExample,
    cached_prefix,
    cached_prompt,
    closed_book_few_shot,
    closed_book_or_abstain,
    closed_book_prompt,
    one_line,
    prompt,
    prompt_prefix,
    user_message,
)
from utils.rag.readers import CONTEXTS, MAX_NEW_TOKENS, Answer, Reader, answer_from, passages_for
