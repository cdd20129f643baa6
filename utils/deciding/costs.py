"""What an approach costs: from measured seconds and tokens to euros and kilowatt-hours, and where two approaches cross.

Not counted, because nothing here measures it: people (labelling, writing, looking after the system), what a wrong
answer costs, machines that stand idle, traffic, taxes and minimum fees of hosted services. Labelling alone often
outweighs all that is counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from utils.deciding.rules import APPROACHES
from utils.settings import DATA

DAYS = 365.25 / 12  # a month
PLACES = ("own", "rented", "hosted")
MACHINES = {"own": {"years": 4.0, "hours_per_day": 8.0}, "rented": {"speedup": 1.0}}  # what a second costs depends on
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
    cannot be, and for a load that belongs to no approach.
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
        _check_loads(self.loads)
        numbers = {name: value for name, value in vars(self).items() if name != "loads"}
        if numbers["prefill_tokens_per_second"] == float("inf"):  # a prefix that takes no time
            del numbers["prefill_tokens_per_second"]
        numbers |= {f"{key} of {approach}": v for approach, load in self.loads.items() for key, v in vars(load).items()}
        _check_numbers(numbers, above_zero=("months", "prefill_tokens_per_second"))
        if not self.update_share <= 1:
            raise ValueError(f"update_share is {self.update_share}: give a share from 0 to 1.")
        for approach, load in self.loads.items():
            if load.shared_tokens > load.prompt_tokens:
                raise ValueError(f"shared_tokens of {approach} must not be more than its prompt_tokens.")


def _check_loads(loads: Mapping) -> None:
    if not isinstance(loads, Mapping) or not loads:
        raise ValueError(f"loads is {loads!r:.60}: give what one answer takes for at least one approach.")
    for approach, load in loads.items():
        if approach not in APPROACHES:
            raise ValueError(f"loads names {approach!r}, which is no approach: choose from {', '.join(APPROACHES)}.")
        if not isinstance(load, Load):
            raise ValueError(f"The load of {approach} is {load!r:.60}: give a Load.")


def _check_numbers(numbers: Mapping[str, object], above_zero=()) -> None:
    """ValueError, naming it, for what is no finite number of 0 or more, or for some above 0."""
    for name, value in numbers.items():
        number = isinstance(value, Real) and not isinstance(value, bool) and 0 <= value < float("inf")
        if not number or (value == 0 and name in above_zero):
            least = "above 0" if name in above_zero else "of 0 or more"
            raise ValueError(f"{name} is {value!r:.60}: give a number {least}.")


def load_prices(path: Path = DATA / "prices.yaml") -> dict[str, float]:
    """Every price by its id, in euros a unit (watts stay watts), from a file such as ``data/prices.yaml``.

    Raises ValueError, naming it, for a price that is missing a part, stands there twice or cannot be.
    """
    book = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    prices = {}
    try:
        rate = {"USD": book["exchange"]["usd_per_eur"], "EUR": 1.0, None: 1.0}
        _check_numbers({"usd_per_eur": rate["USD"]}, above_zero=("usd_per_eur",))
        for price in book["prices"]:
            name, value, currency = price["id"], price["value"], price["currency"]
            _check_numbers({name: value})
            if name in prices:
                raise ValueError(f"{name} stands there twice: keep one of them.")
            if currency not in rate:
                raise ValueError(f"{name} is in {currency!r}: give it in USD or EUR.")
            prices[name] = value / rate[currency]
    except (KeyError, TypeError) as problem:
        raise ValueError(f"{path} has a price without its id, value or currency, or no exchange ({problem}).") from None
    except ValueError as problem:
        raise ValueError(f"{path}: {problem}") from None
    return prices


def _price(prices: Mapping[str, float], name: str) -> float:
    if name not in prices:
        raise ValueError(f"There is no price {name!r}: add it to the prices, as in data/prices.yaml.")
    _check_numbers({f"The price {name}": prices[name]})
    return prices[name]


def energy(seconds: float, watts: float) -> float:
    """Kilowatt-hours of a machine that draws ``watts`` for ``seconds``: watts * seconds / 3,600,000."""
    _check_numbers({"seconds": seconds, "watts": watts})
    return watts * seconds / 3.6e6


def second_price(
    prices: Mapping[str, float],
    place: str = "own",
    years: float | None = None,
    hours_per_day: float | None = None,
    speedup: float | None = None,
) -> float:
    """Euros for one measured second of work.

    own: laptop / (years * 365.25 * hours_per_day * 3600) + its electricity, for a laptop in use ``hours_per_day`` (8)
    for so many ``years`` (4). rented: one GPU hour / 3600 / ``speedup``, the factor by which that GPU is faster than
    the machine that was measured. Measure it; without it, it's 1, the upper bound of the cost. Raises ValueError for
    a number that cannot be, or that the place has no use for.
    """
    given = {"years": years, "hours_per_day": hours_per_day, "speedup": speedup}
    given = {name: value for name, value in given.items() if value is not None}
    if place not in MACHINES:
        raise ValueError(f"There is no price for a second at {place!r}: hosted services charge by the token.")
    unused = [name for name in given if name not in MACHINES[place]]
    if unused:
        raise ValueError(f"{unused[0]} changes nothing on the {place} machine: leave it out.")
    _check_numbers(given, above_zero=given)
    machine = MACHINES[place] | given
    if place == "rented":
        return _price(prices, "gpu_hour_small") / 3600 / machine["speedup"]
    if machine["hours_per_day"] > 24:
        raise ValueError(f"hours_per_day is {hours_per_day}: a day has 24.")
    hardware = _price(prices, "laptop") / (machine["years"] * 365.25 * machine["hours_per_day"] * 3600)
    return hardware + energy(1, _price(prices, "laptop_power")) * _price(prices, "electricity")


def compare(workload: Workload, prices: Mapping[str, float], place: str = "own", **machine) -> pd.DataFrame:
    """One row per approach, in euros: set_up, per_answer, per_update, storage, stages and per_month; energy in kWh.

    per_month = set_up / months + storage + stages + updates * per_update + days * answers * per_answer; stages are
    the trainings of the staged approach. ``place``: "own" machine or "rented" GPU, both by seconds (``machine``:
    arguments of ``second_price``), or "hosted", by tokens. The energy of a month is known for the own machine alone.
    """
    rows = {approach: _euros(workload, approach, prices, place, machine) for approach in workload.loads}
    table = pd.DataFrame(rows, dtype=float).T.rename_axis("approach")
    if place != "own":
        return table.assign(energy=float("nan"))
    watts = _price(prices, "laptop_power")
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
    check_both(workload)
    table = compare(workload, prices, place, **machine)
    updates = np.asarray(workload.updates_per_month if updates_per_month is None else updates_per_month, dtype=float)
    if not (np.isfinite(updates) & (updates >= 0)).all():
        raise ValueError("updates_per_month must be 0 or more, and finite.")
    standing = table["set_up"] / workload.months + table["storage"]
    fixed = {name: standing[name] + updates * table.loc[name, "per_update"] for name in ("rag", "fine_tuning")}
    with np.errstate(divide="ignore", invalid="ignore"):
        saved = table.loc["rag", "per_answer"] - table.loc["fine_tuning", "per_answer"]
        crossing = (fixed["fine_tuning"] - fixed["rag"]) / (DAYS * saved)
    found = np.where(crossing >= 0, crossing, np.inf)
    return float(found) if updates.ndim == 0 else found


def check_both(workload: Workload) -> None:
    """ValueError unless the workload has loads for RAG and for fine-tuning, which can then be compared."""
    missing = {"rag", "fine_tuning"} - set(workload.loads)
    if missing:
        raise ValueError(f"The workload has no load for {' and '.join(sorted(missing))}: give both to compare them.")


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
    kept = _price(prices, "tuned_input" if kind == "tuned" else "llm_small_cached_input")
    answer = (load.prompt_tokens - load.shared_tokens) * _price(prices, f"{kind}_input") + load.shared_tokens * kept
    answer += load.new_tokens * _price(prices, f"{kind}_output")
    storage = index = 0.0
    if approach in INDEXED:
        storage = workload.storage_gb * _price(prices, "vector_storage")
        answer += max(0.25, workload.storage_gb) * _price(prices, "vector_read")  # read units of one search
        index = workload.index_tokens * _price(prices, "embedding") * million
    training = workload.training_tokens * _price(prices, "tuning_training") * million
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
