"""The data as it lies in ``data/``: documents and their versions, questions, chunks, and Python's own documentation.

Here belongs what a document or a question is. Searching, prompting and scoring don't belong here.
"""

from utils.corpus.chunks import SENTENCES, Chunk, chunk_document, fixed_size, sentences
from utils.corpus.documents import (
    NETWORK,
    Document,
    load_handbook,
    load_records,
    page_of,
    placed_lines,
    python_docs,
    read_document,
    visible_to,
    withdrawn_ids,
)
from utils.corpus.questions import (
    KINDS,
    SPLITS,
    Question,
    after_update,
    load_questions,
    python_questions,
)
