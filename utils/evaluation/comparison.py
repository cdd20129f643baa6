"""Systems compared on the same questions, and tables of shares with their intervals."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from IPython.display import HTML

from utils import figures
from utils.evaluation.intervals import holm, independent, interval, mcnemar, paired_difference
from utils.evaluation.metrics import is_right


def compare(
    systems: Mapping[str, Sequence],
    questions: Sequence,
    metric: Callable = is_right,
    name: str = "accuracy",
    groups: Sequence | None = None,
) -> pd.DataFrame:
    """One row per system: n, the metric's mean, its 95 % interval, and the paired difference to the first system.

    ``systems``: predictions (text or Answer) in the order of ``questions``; ``metric(prediction, question)`` gives a
    number or a truth value. ``p`` is McNemar's against the first system, Holm-corrected, for 0/1 metrics.
    ``groups``: one label per question; questions of one group, a fact in several wordings say, are resampled together,
    and n counts groups. Raises ValueError if a system did not answer every question.
    """
    values = {}
    for system, predictions in systems.items():
        if len(predictions) != len(questions):
            raise ValueError(f"System {system!r} has {len(predictions)} predictions for {len(questions)} questions.")
        values[system] = [float(metric(p, q)) for p, q in zip(predictions, questions, strict=True)]
    return compare_values(values, name, groups)


def compare_values(
    values: Mapping[str, Sequence[float]], name: str = "accuracy", groups: Sequence | None = None
) -> pd.DataFrame:
    """``compare`` for metrics already computed: one number per question, for every system.

    Values that are not a number (no citation to judge, say) are left out, and ``n`` counts the others.
    """
    rows, first = [], next(iter(values.values()))
    binary = all(set(v) <= {0.0, 1.0} for v in values.values())
    for number, (system, row) in enumerate(values.items()):
        low, high = interval(row, groups)
        gap = paired_difference(row, first, groups) if number else (float("nan"),) * 3
        p = mcnemar([v == 1 for v in row], [v == 1 for v in first], groups) if number and binary else float("nan")
        known = [value for value in row if not np.isnan(value)]
        mean = float(np.mean(known)) if known else float("nan")
        rows.append([system, independent(row, groups), mean, low, high, *gap, p])
    columns = ["system", "n", name, "low", "high", "difference", "difference_low", "difference_high", "p"]
    table = pd.DataFrame(rows, columns=columns).set_index("system")
    if binary and len(table) > 1:
        table.loc[table.index[1:], "p"] = holm(table["p"].iloc[1:].tolist())
    return table


def shares(cases: Mapping[object, Sequence[float]], groups: Sequence | Mapping | None = None) -> pd.DataFrame:
    """One row per case, by its name: n, the share (mean of the values) and its 95 % interval, low and high.

    ``groups``: one label per value, the same for all cases, or a mapping from the case's name to its labels; values of
    one group are resampled together, and n counts groups.
    """
    rows = []
    for name, values in cases.items():
        labels = groups[name] if isinstance(groups, Mapping) else groups
        rows.append([name, independent(values, labels), float(np.mean(values)), *interval(values, labels)])
    return pd.DataFrame(rows, columns=["case", "n", "share", "low", "high"]).set_index("case").rename_axis(None)


def shares_as_text(cases: Mapping[object, Sequence[float]], groups: Sequence | Mapping | None = None) -> pd.Series:
    """``shares`` as text, "30% (18% to 45%)", by the name of the case; a name that is a tuple makes two levels."""
    labels = [groups[name] for name in cases] if isinstance(groups, Mapping) else [groups] * len(cases)
    rows = shares(dict(enumerate(cases.values())), dict(enumerate(labels)))
    texts = [f"{row.share:.0%} ({row.low:.0%} to {row.high:.0%})" for row in rows.itertuples()]
    return pd.Series(dict(zip(cases, texts, strict=True)))


def shares_table(cases: Mapping[object, Sequence[float]], groups: Sequence | Mapping | None = None) -> HTML:
    """``shares_as_text`` as a table, a line a case; names that are pairs make lines and columns, in their order."""
    texts = shares_as_text(cases, groups)
    if not isinstance(texts.index, pd.MultiIndex):
        return figures.table(texts.to_frame("share"), index=True)
    lines, columns = (list(dict.fromkeys(texts.index.get_level_values(level))) for level in (0, 1))
    return figures.table(texts.unstack().loc[lines, columns], index=True)
