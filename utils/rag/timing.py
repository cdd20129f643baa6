"""How long one request takes, from the question to the last token, where the time goes, and where two systems cross."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from utils import settings
from utils.evaluation import median_interval
from utils.models import LLM, Chat, embed
from utils.retrieval import Hit, Retriever

PARTS = ("embed", "search", "prefill", "decode")
NEW_TOKENS = 16  # as many for every system, so that none is fast because it says little


@dataclass(frozen=True)
class TimedSystem:
    """A way to answer one request: ``chat(question, hits)`` is its prompt, ``k`` the passages to search for (0: none),
    ``prefix`` the messages of the prompt that are computed once and kept."""

    llm: LLM
    chat: Callable[[str, Sequence[Hit]], Chat]
    k: int = 0
    prefix: Chat = ()


def request(system: TimedSystem, question: str, retriever: Retriever, new_tokens: int = NEW_TOKENS) -> dict[str, float]:
    """Seconds of each of ``PARTS`` for one question answered alone, and the tokens of its prompt.

    The prefill ends with the first token. The search embeds the question itself; that part is timed apart beforehand
    and taken off. Turning the prompt into tokens, about a millisecond, is left out.
    """
    spent, hits = dict.fromkeys(PARTS, 0.0), []
    if system.k:
        start = time.perf_counter()
        embed([question])
        middle = time.perf_counter()
        hits = retriever.search(question, system.k)[::-1]
        spent["embed"] = middle - start
        spent["search"] = max(0.0, time.perf_counter() - middle - spent["embed"])
    chats = [system.chat(question, hits)]
    (done,) = system.llm.complete(chats, new_tokens, prefix=system.prefix, min_new_tokens=new_tokens)
    spent |= {"prefill": done.prefill_seconds, "decode": done.seconds - done.prefill_seconds}
    return spent | {"prompt_tokens": done.prompt_tokens}


def measure_requests(
    systems: Mapping[str, TimedSystem],
    questions: Sequence[str],
    retriever: Retriever,
    new_tokens: int = NEW_TOKENS,
    label="",
) -> list[dict]:
    """One row per system: for each of ``PARTS`` the seconds of every request, prompt tokens, those of the prefix.

    The systems take turns at every question, so that a slow minute of the machine falls on all of them. One request of
    each goes before, uncounted: it computes what is kept, and wakes the memory.
    """
    rows: dict[str, dict] = {name: {part: [] for part in (*PARTS, "prompt_tokens")} for name in systems}
    for system in systems.values():
        request(system, questions[0], retriever, new_tokens)
    bar = settings.progress(len(questions) * len(systems), label, "request") if label else None
    for question in questions:
        for name, system in systems.items():
            for part, value in request(system, question, retriever, new_tokens).items():
                rows[name][part].append(round(value, 5))
            if bar:
                bar.update(1)
    if bar:
        bar.close()
    shared = {
        name: len(system.llm.prompt_ids(system.prefix)) if system.prefix else 0 for name, system in systems.items()
    }
    return [
        {"system": name, **row, "shared_tokens": shared[name], "new_tokens": new_tokens} for name, row in rows.items()
    ]


def spans(row: Mapping) -> dict[str, np.ndarray]:
    """Seconds of every request of a system to its ``first`` token and to its ``end``."""
    first = sum(np.array(row[part]) for part in PARTS[:3])
    return {"first": first, "end": first + np.array(row["decode"])}


def per_token(row: Mapping) -> float:
    """Median seconds of every token after the first."""
    return float(np.median(row["decode"])) / (row["new_tokens"] - 1)


def table(rows: Sequence[Mapping]) -> pd.DataFrame:
    """One row per system, in seconds: for ``first`` and ``end`` the median (p50) with its 95 % interval, and p95; n."""
    made = {}
    for row in rows:
        line = {"n": len(row["decode"]), "per token": per_token(row)}
        for name, values in spans(row).items():
            low, high = median_interval(values)
            line |= {f"{name} p50": float(np.median(values)), f"{name} low": low, f"{name} high": high}
            line[f"{name} p95"] = float(np.quantile(values, 0.95))
        made[row["system"]] = line
    return pd.DataFrame(made).T.astype({"n": int})


def written(times: pd.DataFrame) -> pd.DataFrame:
    """``table`` to be read: medians with intervals in one column, p95, milliseconds a token, n."""
    made = {}
    for part in ("first", "end"):
        spans = times[[f"{part} {name}" for name in ("p50", "low", "high")]].itertuples(index=False)
        made[f"{part} p50"] = ["{:.2f} ({:.2f} to {:.2f})".format(*span) for span in spans]
        made[f"{part} p95"] = [f"{seconds:.2f}" for seconds in times[f"{part} p95"]]
    made |= {"ms a token": [f"{1000 * seconds:.0f}" for seconds in times["per token"]], "n": times["n"].tolist()}
    return pd.DataFrame(made, index=times.index)


def seconds_at(row: Mapping, tokens):
    """Median seconds to the end of an answer of so many tokens, one number or an array."""
    return float(np.median(spans(row)["first"])) + (np.asarray(tokens, dtype=float) - 1) * per_token(row)


def crossing(early: Mapping, late: Mapping) -> float:
    """The tokens of an answer from which ``late``, whose first token comes later, is done sooner; inf if it never is.

    From first_a + (n - 1) * token_a = first_b + (n - 1) * token_b.
    """
    gap = float(seconds_at(late, 1) - seconds_at(early, 1))
    saved = per_token(early) - per_token(late)
    return float("inf") if saved <= 0 else 1 + max(0.0, gap) / saved
