"""The numbers of the cost model as this series measured them."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from utils.deciding import costs
from utils.deciding.points import bill
from utils.deciding.rules import load_rules
from utils.deciding.scenario import Scenario
from utils.evaluation import results
from utils.rag import timing
from utils.studies import response_times

LOADS = {  # approach of the cost model -> the system whose requests were timed
    "prompting": "closed book, few-shot",
    "cached_prompt": response_times.CACHED,
    "rag": response_times.SHARED,
    "fine_tuning": response_times.MERGED,
    "fine_tuned_rag": response_times.READER,
}
DOCUMENTS = 149  # of the handbook


def times() -> dict[str, dict]:
    """The committed rows of ``response_times`` by system."""
    return {row["system"]: row for row in results.load("response_times")["rows"]}


def load(row: Mapping) -> dict[str, float]:
    """What one answer takes in a system, as in ``costs.Load``: median seconds to the end, mean tokens."""
    tokens = float(np.mean(row["prompt_tokens"]))
    return {
        "seconds": round(float(np.median(timing.spans(row)["end"])), 3),
        "prompt_tokens": round(tokens, 1),
        "shared_tokens": min(row["shared_tokens"], round(tokens, 1)),
        "new_tokens": row["new_tokens"],
    }


def training() -> list[dict]:
    """The committed trainings on 60 facts in six wordings, one row per seed: seconds and tokens among others.

    The seconds are those of the study of updates, which ran on the machine that the requests were timed on.
    """
    tokens = {row["seed"]: row["tokens"] for row in results.load("wordings")["rows"] if row["wordings"] == 6}
    begun = (row for row in results.load("update")["rows"] if row["way"] == "before")
    return [row | {"tokens": tokens[row["seed"]]} for row in begun]


def index() -> dict:
    """The committed building of the handbook's index: chunks, documents, seconds."""
    return results.load("growth")["rows"][0]


def cost_model() -> dict:
    """The section of this name in ``data/rules.yaml``, with measured values where a study measured them."""
    facts, built = 60, index()
    return dict(load_rules().cost_model) | {
        "loads": {approach: load(times()[system]) for approach, system in LOADS.items()},
        "documents": DOCUMENTS,
        "training_seconds_per_fact": round(float(np.mean([row["seconds"] for row in training()])) / facts, 2),
        "training_tokens_per_fact": round(float(np.mean([row["tokens"] for row in training()])) / facts),
        "index_seconds_per_document": round(built["seconds"] / built["documents"], 4),
    }


def workload(answers_per_day: float, updates_per_month: float, documents: int = DOCUMENTS) -> costs.Workload:
    """The measured numbers for so many documents, in proportion, at this volume."""
    book = replace(load_rules(), cost_model=cost_model())
    case = Scenario(change_frequency="monthly", answers_per_day=answers_per_day, documents=documents)
    plain = times()["RAG, k = 3"]
    speed = float(np.mean(plain["prompt_tokens"]) / np.median(plain["prefill"]))
    return replace(bill(case, book), updates_per_month=updates_per_month, prefill_tokens_per_second=speed)
