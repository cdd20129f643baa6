"""How long one answer takes, part by part: one request at a time, as a user meets it."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from utils import retrieval, settings
from utils.generation import LLM, Chat
from utils.retrieval import Hit, Retriever

PARTS = ("embedding", "search", "prefill", "decoding")


@dataclass(frozen=True)
class Arm:
    """One way to answer: ``chat(question, passages)`` makes the prompt from the best ``k`` passages, the best last.

    ``k`` = 0 searches nothing. ``prefix``: messages at the beginning of every prompt that are computed only once. An
    ``LLM`` keeps one prefix at a time, so give arms with different ones an ``LLM`` each; they may share a model.
    """

    llm: LLM
    chat: Callable[[str, Sequence[Hit]], Chat]
    retriever: Retriever | None = None
    k: int = 0
    prefix: Chat = ()


def request(arm: Arm, question: str, new_tokens: int = 8) -> dict[str, float]:
    """Answer one question alone: seconds of every part, seconds a token, and tokens read and written.

    ``prefill`` is all that passes between the search and the first token, turning words into tokens included;
    ``decoding`` all after it; ``per_token`` is decoding by further token, not a number where the answer ended at once.
    The embedding is timed once more by itself, after the answer, to divide the time of the search.
    """
    begin = time.perf_counter()
    hits = arm.retriever.search(question, arm.k)[::-1] if arm.k else []
    found = time.perf_counter()
    done = arm.llm.complete([arm.chat(question, hits)], new_tokens, prefix=arm.prefix)[0]
    end = time.perf_counter()
    decoding = done.seconds - done.prefill_seconds
    passes = min(done.new_tokens, new_tokens - 1)  # the first token comes with the prefill, the last is not read again
    again = time.perf_counter()
    embedding = 0.0
    if arm.k and arm.retriever.mode != "keyword":
        retrieval.embed([question])
        embedding = min(time.perf_counter() - again, found - begin)
    return {
        "embedding": embedding,
        "search": found - begin - embedding,
        "prefill": end - found - decoding,
        "decoding": decoding,
        "first": end - begin - decoding,
        "per_token": decoding / passes if passes else float("nan"),
        "prompt_tokens": done.prompt_tokens,
        "new_tokens": done.new_tokens,
    }


def measure(arms: Mapping[str, Arm], questions: Sequence[str], new_tokens: int = 8, label: str = "") -> pd.DataFrame:
    """Every question put to every arm, one request at a time; a row a request: arm, question and what it took.

    The arms take turns, and each question begins with another arm, so that a slow minute hits all of them alike. The
    first question is put to every arm once more beforehand, untimed: that also computes the prefixes. Raises
    ValueError where there is no arm, no question, or fewer than two new tokens.
    """
    if not arms or not questions:
        raise ValueError("There is nothing to time: give at least one arm and one question.")
    if new_tokens < 2:
        raise ValueError(f"new_tokens is {new_tokens}: the time for a further token needs at least 2.")
    for arm in arms.values():
        request(arm, questions[0], new_tokens)
    bar = settings.progress(len(arms) * len(questions), label, "request") if label else None
    rows, names = [], list(arms)
    for number, question in enumerate(questions):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            rows.append({"arm": name, "question": number, **request(arms[name], question, new_tokens)})
            if bar:
                bar.update(1)
    if bar:
        bar.close()
    return pd.DataFrame(rows).sort_values(["arm", "question"], key=_in_order(names)).reset_index(drop=True)


def _in_order(names: Sequence[str]) -> Callable[[pd.Series], pd.Series]:
    return lambda column: column.map(names.index) if column.name == "arm" else column


def to_the_end(requests: pd.DataFrame, tokens: int = 16) -> pd.Series:
    """Seconds to the end of an answer of ``tokens`` tokens: the first token, and as many further ones.

    Arms answer at different lengths, and this puts them on one: a fast arm is not fast because it says little. Where
    an answer ended at once, the median time a token of its arm stands in.
    """
    if tokens < 1:
        raise ValueError(f"tokens is {tokens}: an answer has at least one.")
    usual = requests.groupby("arm")["per_token"].transform("median")
    return requests["first"] + (tokens - 1) * requests["per_token"].fillna(usual)


def quantile(values: Sequence[float], share: float) -> tuple[float, float, float]:
    """A quantile with its exact 95 % interval from the ranks (binomial): (value, low, high).

    A bound that so few values cannot give is not a number: the 95th percentile has an upper one from 72 values on.
    """
    values = np.asarray(values, dtype=float)
    found = stats.quantile_test(values, p=share).confidence_interval(0.95)
    return float(np.quantile(values, share)), float(found.low), float(found.high)


def summary(requests: pd.DataFrame, tokens: int = 16) -> pd.DataFrame:
    """One row an arm, in seconds: n, prompt_tokens, and median, its interval and 95th percentile of time to the first
    token (``first``), and to the end of an answer of ``tokens`` tokens (``end``), and the median of ``per_token``."""
    rows = {}
    for arm, own in requests.assign(end=to_the_end(requests, tokens)).groupby("arm", sort=False):
        row = {"n": len(own), "prompt_tokens": own["prompt_tokens"].median(), "per_token": own["per_token"].median()}
        for name in ("first", "end"):
            row[name], row[f"{name}_low"], row[f"{name}_high"] = quantile(own[name], 0.5)
            row[f"{name}_p95"], row[f"{name}_p95_low"], row[f"{name}_p95_high"] = quantile(own[name], 0.95)
        rows[arm] = row
    return pd.DataFrame(rows).T.rename_axis("arm")


def slower_by(requests: pd.DataFrame, arm: str, other: str, tokens: int = 16) -> list[float]:
    """For every question, the seconds by which ``arm`` takes longer than ``other`` to the end of such an answer."""
    ends = requests.assign(end=to_the_end(requests, tokens)).pivot(index="question", columns="arm", values="end")
    return (ends[arm] - ends[other]).tolist()


def crossing(table: pd.DataFrame, arm: str, other: str) -> float:
    """Length of an answer, in tokens, at which two arms of ``summary`` take equally long; inf where they never do."""
    ahead = table.loc[other, "first"] - table.loc[arm, "first"]
    lost = table.loc[arm, "per_token"] - table.loc[other, "per_token"]
    length = 1 + ahead / lost if lost else float("inf")
    return float(length) if length >= 1 else float("inf")
