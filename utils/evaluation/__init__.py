"""From judgements to conclusions: metrics, intervals, comparisons, outcomes, claims with verdicts, committed results.

Here belongs statistics, and the ledger of claims. Whether one text is right is decided in ``scoring``.
"""

from utils.evaluation.comparison import compare, compare_values, shares, shares_as_text, shares_table
from utils.evaluation.evidence import expect
from utils.evaluation.intervals import holm, interval, mcnemar, median_interval, paired_difference
from utils.evaluation.metrics import (
    citation_precision,
    citation_recall,
    is_right,
    ndcg_at_k,
    recall_at_k,
    reciprocal_rank,
)
