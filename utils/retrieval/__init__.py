"""Finding passages: keyword and dense search, fusion, filters, reranking, the index on disk, how good a ranking is.

Here belongs everything up to the hits. What a model makes of them belongs in ``rag``.
"""

from utils.retrieval.checks import whole_number
from utils.retrieval.gold import PASSAGES, distractors, gold_passages
from utils.retrieval.keyword import KeywordIndex, tokenize
from utils.retrieval.rerank import CrossEncoderReranker, LikelihoodReranker, reordered, rerank_all
from utils.retrieval.retriever import FILTERS_KEPT, FUSION_DEPTH, MODES, Hit, Retriever, fuse
