"""What an approach costs: from measured seconds and tokens to euros and kilowatt-hours, and where two approaches cross.

Not counted, because nothing here measures it: people (labelling, writing, looking after the system), what a wrong
answer costs, machines that stand idle, traffic, taxes and minimum fees of hosted services. Labelling alone often
outweighs all that is counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from utils.settings import DATA

DAYS = 365.25 / 12  # a month
PLACES = ("own", "rented", "hosted")
INDEXED = ("rag", "fine_tuned_rag", "staged_hybrid")  # approaches with an index, built once and updated
TRAINED = ("fine_tuning", "fine_tuned_rag")  # approaches that need a training before the first answer


@dataclass(frozen=True)
class Load:
    """What one answer takes: machine ``seconds`` and tokens; ``shared_tokens`` of the prompt are computed once."""

    seconds: float
    prompt_tokens: float
    new_tokens: float
    shared_tokens: float = 0.0


@dataclass(frozen=True)
class Workload:
    """A case in numbers. ``loads``: what one answer takes, by approach; seconds on the machine that measured them.

    A training is one full run over what is to be known or imitated; fine-tuning repeats it at every update, a
    fine-tuned reader does not, and the staged approach trains ``stages_per_month`` times. An update renews
    ``update_share`` of the index. Set-up is spread evenly over ``months``. Raises ValueError for a number that
    cannot be.
    """

    answers_per_day: float
    updates_per_month: float
    loads: Mapping[str, Load]
    training_seconds: float
    training_tokens: float
    index_seconds: float
    index_tokens: float
    storage_gb: float
    update_share: float = 1.0
    stages_per_month: float = 0.0
    prefill_tokens_per_second: float = float("inf")
    months: float = 12.0

    def __post_init__(self):
        numbers = {name: value for name, value in vars(self).items() if name != "loads"}
        numbers |= {f"{key} of {approach}": v for approach, load in self.loads.items() for key, v in vars(load).items()}
        for name, value in numbers.items():
            if not (0 <= value < float("inf") or name == "prefill_tokens_per_second"):
                raise ValueError(f"{name} is {value}: give a number of 0 or more.")
        if not self.loads:
            raise ValueError("loads is empty: give what one answer takes for at least one approach.")
        if not self.update_share <= 1:
            raise ValueError(f"update_share is {self.update_share}: give a share from 0 to 1.")
        for name in ("months", "prefill_tokens_per_second"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}: give a number above 0.")
        for approach, load in self.loads.items():
            if load.shared_tokens > load.prompt_tokens:
                raise ValueError(f"shared_tokens of {approach} must not be more than its prompt_tokens.")


def load_prices(path: Path = DATA / "prices.yaml") -> dict[str, float]:
    """Every price by its id, in euros a unit (watts stay watts), from a file such as ``data/prices.yaml``."""
    book = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    rate = {"USD": book["exchange"]["usd_per_eur"], "EUR": 1.0, None: 1.0}
    return {price["id"]: price["value"] / rate[price["currency"]] for price in book["prices"]}


def energy(seconds: float, watts: float) -> float:
    """Kilowatt-hours of a machine that draws ``watts`` for ``seconds``: watts * seconds / 3,600,000."""
    return watts * seconds / 3.6e6


def second_price(prices: Mapping[str, float], place: str = "own", years=4.0, hours_per_day=8.0, speedup=1.0) -> float:
    """Euros for one measured second of work.

    own: laptop / (years * 365.25 * hours_per_day * 3600) + its electricity, for a laptop in use ``hours_per_day``.
    rented: one GPU hour / 3600 / ``speedup``, the factor by which that GPU is faster than the machine that was
    measured. Measure it; 1 is the upper bound of the cost.
    """
    if min(years, hours_per_day, speedup) <= 0:
        raise ValueError("years, hours_per_day and speedup must be above 0.")
    if place == "rented":
        return prices["gpu_hour_small"] / 3600 / speedup
    if place != "own":
        raise ValueError(f"There is no price for a second at {place!r}: hosted services charge by the token.")
    hardware = prices["laptop"] / (years * 365.25 * hours_per_day * 3600)
    return hardware + energy(1, prices["laptop_power"]) * prices["electricity"]


def compare(workload: Workload, prices: Mapping[str, float], place: str = "own", **machine) -> pd.DataFrame:
    """One row per approach, in euros: set_up, per_answer, per_update, storage, stages and per_month; energy in kWh.

    per_month = set_up / months + storage + stages + updates * per_update + days * answers * per_answer; stages are
    the trainings of the staged approach. ``place``: "own" machine or "rented" GPU, both by seconds (``machine``:
    arguments of ``second_price``), or "hosted", by tokens. The energy of a month is known for the own machine alone.
    """
    rows = {approach: _euros(workload, approach, prices, place, machine) for approach in workload.loads}
    table = pd.DataFrame(rows, dtype=float).T.rename_axis("approach")
    watts = prices["laptop_power"] if place == "own" else float("nan")
    seconds = {approach: _per_month(workload, _by_seconds(workload, approach)) for approach in workload.loads}
    return table.assign(energy=[energy(seconds[approach], watts) for approach in table.index])


def per_month(workload: Workload, prices: Mapping[str, float], place: str = "own", **machine) -> dict[str, float]:
    """Euros a month by approach: the column of the same name in ``compare``."""
    return {approach: _euros(workload, approach, prices, place, machine)["per_month"] for approach in workload.loads}


def break_even(workload: Workload, prices: Mapping[str, float], updates_per_month=None, place: str = "own", **machine):
    """Answers a day at which RAG and fine-tuning cost the same a month; inf where they never do.

    In closed form: (fixed_F - fixed_R) / (days * (answer_R - answer_F)), with fixed = set_up / months + storage +
    updates * per_update. ``updates_per_month``: one number or an array, instead of the workload's. Which of the two is
    cheaper on either side, ``compare`` tells.
    """
    table = compare(workload, prices, place, **machine)
    missing = {"rag", "fine_tuning"} - set(table.index)
    if missing:
        raise ValueError(f"The workload has no load for {' and '.join(sorted(missing))}: break_even compares the two.")
    updates = np.asarray(workload.updates_per_month if updates_per_month is None else updates_per_month, dtype=float)
    if not (updates >= 0).all():
        raise ValueError("updates_per_month must be 0 or more.")
    standing = table["set_up"] / workload.months + table["storage"]
    fixed = {name: standing[name] + updates * table.loc[name, "per_update"] for name in ("rag", "fine_tuning")}
    with np.errstate(divide="ignore", invalid="ignore"):
        saved = table.loc["rag", "per_answer"] - table.loc["fine_tuning", "per_answer"]
        crossing = (fixed["fine_tuning"] - fixed["rag"]) / (DAYS * saved)
    found = np.where(crossing >= 0, crossing, np.inf)
    return float(found) if updates.ndim == 0 else found


def _euros(workload: Workload, approach: str, prices: Mapping[str, float], place: str, machine: Mapping) -> dict:
    if place not in PLACES:
        raise ValueError(f"There is no place {place!r}: it must be one of {', '.join(PLACES)}.")
    if place == "hosted" and machine:
        raise ValueError("A hosted service charges by the token: leave the arguments of second_price out.")
    if place == "hosted":
        row = _by_tokens(workload, approach, prices)
    else:
        price = second_price(prices, place, **machine)
        row = {name: seconds * price for name, seconds in _by_seconds(workload, approach).items()}
    return row | {"per_month": _per_month(workload, row)}


def _by_seconds(workload: Workload, approach: str) -> dict[str, float]:
    """Seconds of set-up, an answer, an update, and the trainings of a month; a disc of one's own costs nothing."""
    prefix = workload.loads[approach].shared_tokens / workload.prefill_tokens_per_second
    index = workload.index_seconds if approach in INDEXED else 0.0
    return _row(workload, approach, workload.loads[approach].seconds, prefix, index, workload.training_seconds, 0.0)


def _by_tokens(workload: Workload, approach: str, prices: Mapping[str, float]) -> dict[str, float]:
    """Euros by the price list of a hosted small model; a trained one has no published price for kept input.

    Embedding a question, some ten tokens, is left out.
    """
    load, million = workload.loads[approach], 1e-6
    kind = "tuned" if approach in TRAINED else "llm_small"
    kept = prices["tuned_input" if kind == "tuned" else "llm_small_cached_input"]
    answer = (load.prompt_tokens - load.shared_tokens) * prices[f"{kind}_input"] + load.shared_tokens * kept
    answer += load.new_tokens * prices[f"{kind}_output"]
    storage = index = 0.0
    if approach in INDEXED:
        storage = workload.storage_gb * prices["vector_storage"]
        answer += max(0.25, workload.storage_gb) * prices["vector_read"]  # read units of one search
        index = workload.index_tokens * prices["embedding"] * million
    training = workload.training_tokens * prices["tuning_training"] * million
    return _row(workload, approach, answer * million, 0.0, index, training, storage)


def _row(workload, approach, answer, prefix, index, training, storage) -> dict[str, float]:
    update = prefix * (approach == "cached_prompt") + index * workload.update_share
    return {
        "set_up": prefix + index + training * (approach in TRAINED),
        "per_answer": answer,
        "per_update": update + training * (approach == "fine_tuning"),
        "storage": storage,
        "stages": training * workload.stages_per_month * (approach == "staged_hybrid"),
    }


def _per_month(workload: Workload, row: Mapping[str, float]) -> float:
    updates = workload.updates_per_month * row["per_update"]
    answers = DAYS * workload.answers_per_day * row["per_answer"]
    return row["set_up"] / workload.months + row["storage"] + row["stages"] + updates + answers
