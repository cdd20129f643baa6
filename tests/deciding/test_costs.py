"""The cost model: sums done by hand, the crossing against the table, and numbers that cannot be."""

import math
import re
from dataclasses import fields, replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utils.deciding import APPROACHES, costs
from utils.deciding.costs import Load, Workload, break_even, compare, energy, load_prices, per_month, second_price

# A second of this machine costs a tenth of a cent of hardware and 0.001 cents of electricity.
PRICES = {
    "laptop": 4 * 365.25 * 8 * 3600 / 1000,
    "laptop_power": 100,
    "electricity": 0.36,
    "gpu_hour_small": 3.6,
    "llm_small_input": 2.0,
    "llm_small_cached_input": 0.5,
    "llm_small_output": 8.0,
    "tuned_input": 4.0,
    "tuned_output": 16.0,
    "tuning_training": 10.0,
    "embedding": 0.1,
    "vector_storage": 0.3,
    "vector_read": 20.0,
}
LOADS = {
    "prompting": Load(seconds=1.0, prompt_tokens=400, new_tokens=10),
    "cached_prompt": Load(seconds=1.5, prompt_tokens=1040, shared_tokens=1000, new_tokens=10),
    "rag": Load(seconds=2.0, prompt_tokens=300, shared_tokens=200, new_tokens=10),
    "staged_hybrid": Load(seconds=2.0, prompt_tokens=300, shared_tokens=200, new_tokens=10),
    "fine_tuning": Load(seconds=0.5, prompt_tokens=40, new_tokens=10),
    "fine_tuned_rag": Load(seconds=1.2, prompt_tokens=100, new_tokens=10),
}
CASE = Workload(
    answers_per_day=100,
    updates_per_month=2,
    loads=LOADS,
    training_seconds=600,
    training_tokens=50_000,
    index_seconds=12,
    index_tokens=1_000_000,
    storage_gb=2,
    update_share=0.5,
    stages_per_month=0.25,
    prefill_tokens_per_second=400,
)


def test_a_second_of_the_own_machine_is_hardware_and_electricity():
    assert second_price(PRICES) == pytest.approx(0.001 + 0.00001)
    assert second_price(PRICES, years=2, hours_per_day=16) == pytest.approx(0.00101)
    assert second_price(PRICES, hours_per_day=24) == pytest.approx(0.001 / 3 + 0.00001)


def test_a_second_of_a_rented_gpu_is_an_hour_divided_and_sped_up():
    assert second_price(PRICES, "rented") == pytest.approx(0.001)
    assert second_price(PRICES, "rented", speedup=20) == pytest.approx(0.00005)


def test_energy_is_watts_times_seconds():
    assert energy(3600, 1000) == pytest.approx(1.0)
    assert energy(90, 40) == pytest.approx(0.001)


SECOND = 0.00101
BY_HAND = {  # set_up, per_answer, per_update, stages, in seconds
    "prompting": (0, 1.0, 0, 0),
    "cached_prompt": (2.5, 1.5, 2.5, 0),  # 1,000 cached tokens at 400 a second, read again at every update
    "rag": (0.5 + 12, 2.0, 6, 0),
    "staged_hybrid": (0.5 + 12, 2.0, 6, 150),  # a quarter of a training a month
    "fine_tuning": (600, 0.5, 600, 0),
    "fine_tuned_rag": (12 + 600, 1.2, 6, 0),  # its reader is not trained again when documents change
}


@pytest.mark.parametrize("approach", BY_HAND)
def test_an_approach_on_the_own_machine_costs_what_the_hand_says(approach):
    row = compare(CASE, PRICES).loc[approach]
    set_up, answer, update, stages = BY_HAND[approach]
    assert row["set_up"] == pytest.approx(set_up * SECOND)
    assert row["per_answer"] == pytest.approx(answer * SECOND)
    assert row["per_update"] == pytest.approx(update * SECOND)
    assert row["stages"] == pytest.approx(stages * SECOND)
    assert row["storage"] == 0
    seconds = set_up / 12 + stages + 2 * update + 30.4375 * 100 * answer
    assert row["per_month"] == pytest.approx(seconds * SECOND)
    assert row["energy"] == pytest.approx(seconds * 100 / 3.6e6)


def test_a_rented_gpu_is_charged_by_the_same_seconds_at_another_price():
    own, rented = compare(CASE, PRICES), compare(CASE, PRICES, "rented", speedup=10)
    assert list(rented["per_month"] / own["per_month"]) == pytest.approx([0.0001 / SECOND] * 6)
    assert rented["energy"].isna().all()


HOSTED = {  # set_up, per_answer, per_update, storage, in millionths of a euro
    "prompting": (0, 400 * 2 + 10 * 8, 0, 0),
    "cached_prompt": (0, 40 * 2 + 1000 * 0.5 + 10 * 8, 0, 0),
    "rag": (1e5, 100 * 2 + 200 * 0.5 + 10 * 8 + 2 * 20, 5e4, 0.6e6),
    "fine_tuning": (5e5, 40 * 4 + 10 * 16, 5e5, 0),
    "fine_tuned_rag": (1e5 + 5e5, 100 * 4 + 10 * 16 + 2 * 20, 5e4, 0.6e6),
}


@pytest.mark.parametrize("approach", HOSTED)
def test_an_approach_at_a_hosted_service_is_charged_by_the_token(approach):
    row = compare(CASE, PRICES, "hosted").loc[approach] * 1e6
    set_up, answer, update, storage = HOSTED[approach]
    assert row["set_up"] == pytest.approx(set_up)
    assert row["per_answer"] == pytest.approx(answer)
    assert row["per_update"] == pytest.approx(update)
    assert row["storage"] == pytest.approx(storage)
    assert row["per_month"] == pytest.approx(set_up / 12 + storage + 2 * update + 3043.75 * answer)
    assert math.isnan(row["energy"])


def test_a_small_index_is_charged_a_quarter_of_a_read_unit():
    small = compare(replace(CASE, storage_gb=0.001), PRICES, "hosted")
    assert small.loc["rag", "per_answer"] == pytest.approx((100 * 2 + 200 * 0.5 + 10 * 8 + 0.25 * 20) / 1e6)


def test_the_months_alone_are_those_of_the_table():
    assert per_month(CASE, PRICES, "hosted") == pytest.approx(dict(compare(CASE, PRICES, "hosted")["per_month"]))


def test_the_crossing_by_hand():
    # Fixed seconds a month: fine-tuning 600 / 12 + 2 * 600, RAG 12.5 / 12 + 2 * 6; it saves 1.5 seconds an answer.
    expected = (1250 - (12.5 / 12 + 12)) / (30.4375 * 1.5)
    assert break_even(CASE, PRICES) == pytest.approx(expected)
    assert break_even(CASE, PRICES, [2, 4]) == pytest.approx([expected, expected + 2 * 594 / (30.4375 * 1.5)])


def test_without_a_saving_there_is_no_crossing():
    slow = replace(CASE, loads=LOADS | {"fine_tuning": Load(2.5, 40, 10)})
    assert break_even(slow, PRICES) == math.inf
    equal = replace(CASE, loads=LOADS | {"fine_tuning": Load(2.0, 40, 10)})
    assert break_even(equal, PRICES) == math.inf
    free = replace(CASE, training_seconds=0, index_seconds=600)
    assert break_even(free, PRICES) == math.inf  # fine-tuning is cheaper at every volume
    assert per_month(free, PRICES)["fine_tuning"] < per_month(free, PRICES)["rag"]


@settings(deadline=None, max_examples=50)
@given(
    updates=st.floats(0, 60),
    training=st.floats(20, 1e5),
    saved=st.floats(0.05, 5),
    place=st.sampled_from(["own", "rented"]),
)
def test_at_the_crossing_both_cost_the_same_and_beyond_it_fine_tuning_less(updates, training, saved, place):
    loads = {"rag": Load(saved + 0.2, 300, 20), "fine_tuning": Load(0.2, 40, 20)}
    case = replace(CASE, loads=loads, updates_per_month=updates, training_seconds=training)
    crossing = break_even(case, PRICES, place=place)
    at, beyond = (
        per_month(replace(case, answers_per_day=crossing * f + n), PRICES, place) for f, n in ((1, 0), (2, 1))
    )
    assert at["rag"] == pytest.approx(at["fine_tuning"], rel=1e-6)
    assert beyond["fine_tuning"] < beyond["rag"]


@settings(deadline=None, max_examples=20)
@given(st.lists(st.floats(0, 100), min_size=2, max_size=5))
def test_more_updates_move_the_crossing_up(updates):
    found = break_even(CASE, PRICES, sorted(updates))
    assert (found[1:] >= found[:-1]).all()


WRONG_NUMBERS = [
    ({"answers_per_day": -1}, "answers_per_day is -1"),
    ({"updates_per_month": float("nan")}, "updates_per_month is nan"),
    ({"training_seconds": float("inf")}, "training_seconds is inf"),
    ({"update_share": 1.5}, "update_share is 1.5: give a share from 0 to 1"),
    ({"months": 0}, "months is 0: give a number above 0"),
    ({"prefill_tokens_per_second": 0}, "prefill_tokens_per_second is 0: give a number above 0"),
    ({"loads": {}}, "loads is {}: give what one answer takes for at least one approach"),
    ({"loads": None}, "loads is None: give what one answer takes"),
    (
        {"loads": {"rga": Load(1, 10, 10)}},
        "loads names 'rga', which is no approach: choose from prompting, cached_prompt",
    ),
    ({"loads": LOADS | {"RAG": Load(1, 10, 10)}}, "loads names 'RAG', which is no approach"),
    ({"loads": {"rag": {"seconds": 1}}}, "The load of rag is {'seconds': 1}: give a Load"),
    ({"loads": {"rag": Load(-1, 10, 10)}}, "seconds of rag is -1"),
    ({"loads": {"rag": Load(1, None, 10)}}, "prompt_tokens of rag is None"),
    ({"loads": {"rag": Load(1, 10, 10, shared_tokens=11)}}, "shared_tokens of rag"),
]


@pytest.mark.parametrize(("change", "message"), WRONG_NUMBERS, ids=[message for _, message in WRONG_NUMBERS])
def test_a_number_or_a_load_that_cannot_be_is_told_by_its_name(change, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        replace(CASE, **change)


NUMBERS = [field.name for field in fields(Workload) if field.name != "loads"]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", ["5", None, True, -0.001, float("nan"), [1], 1j], ids=repr)
def test_every_number_of_a_case_must_be_one(name, value):
    with pytest.raises(ValueError, match=rf"^{name} is .*: give a number") as told:
        replace(CASE, **{name: value})
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("name", [field.name for field in fields(Load)])
@pytest.mark.parametrize("approach", LOADS)
def test_every_number_of_every_load_must_be_one(name, approach):
    for value in ("5", None, True, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=rf"^{name} of {approach} is "):
            replace(CASE, loads=LOADS | {approach: replace(LOADS[approach], **{name: value})})


NEEDED = {"own": {"laptop", "laptop_power", "electricity"}, "rented": {"gpu_hour_small"}}
NEEDED["hosted"] = set(PRICES) - NEEDED["own"] - NEEDED["rented"]


@pytest.mark.parametrize("place", costs.PLACES)
@pytest.mark.parametrize("value", [None, -1, float("nan"), "0.3", True], ids=repr)
def test_every_price_that_a_place_needs_must_be_there_and_be_one(place, value):
    whole = compare(CASE, PRICES, place)
    for name in PRICES:
        prices = {key: price for key, price in PRICES.items() if key != name}
        prices |= {} if value is None else {name: value}
        if name in NEEDED[place]:
            with pytest.raises(ValueError, match=rf"price '?{name}"):
                compare(CASE, prices, place)
        else:
            pd.testing.assert_frame_equal(compare(CASE, prices, place), whole)


MACHINES = [
    ("own", {"speedup": 2}, "speedup changes nothing on the own machine"),
    ("rented", {"years": 2}, "years changes nothing on the rented machine"),
    ("rented", {"hours_per_day": 8}, "hours_per_day changes nothing on the rented machine"),
    ("own", {"years": 0}, "years is 0: give a number above 0"),
    ("own", {"years": float("nan")}, "years is nan: give a number above 0"),
    ("own", {"years": float("inf")}, "years is inf: give a number above 0"),
    ("own", {"hours_per_day": 25}, "hours_per_day is 25: a day has 24"),
    ("own", {"hours_per_day": "8"}, "hours_per_day is '8': give a number above 0"),
    ("rented", {"speedup": 0}, "speedup is 0: give a number above 0"),
    ("rented", {"speedup": -1}, "speedup is -1: give a number above 0"),
    ("hosted", {"speedup": 2}, "arguments of second_price"),
]


@pytest.mark.parametrize(("place", "machine", "message"), MACHINES, ids=[message for *_, message in MACHINES])
def test_a_machine_that_cannot_be_or_has_no_use_for_what_is_given_is_told(place, machine, message):
    for bill in (compare, per_month, break_even):
        with pytest.raises(ValueError, match=message):
            bill(CASE, PRICES, place=place, **machine)


def test_places_approaches_and_numbers_that_are_not_there_are_refused():
    with pytest.raises(ValueError, match="no place 'moon': it must be one of own, rented, hosted"):
        compare(CASE, PRICES, "moon")
    with pytest.raises(ValueError, match="charge by the token"):
        second_price(PRICES, "hosted")
    with pytest.raises(ValueError, match="no load for fine_tuning"):
        break_even(replace(CASE, loads={"rag": LOADS["rag"]}), PRICES)
    for wrong in ([1, -1], float("nan"), [2, float("inf")]):
        with pytest.raises(ValueError, match="updates_per_month must be 0 or more, and finite"):
            break_even(CASE, PRICES, wrong)
    for wrong in ((-1, 5), (1, -5), (float("nan"), 5), ("1", 5)):
        with pytest.raises(ValueError, match=r"(seconds|watts) is"):
            energy(*wrong)


def test_the_price_list_is_read_in_euros():
    prices = load_prices()
    assert set(PRICES) <= set(prices)
    assert prices["laptop"] == pytest.approx(900 / 1.15)
    assert prices["electricity"] == pytest.approx(0.2872)
    assert prices["laptop_power"] == 45


def test_a_price_list_of_ones_own_is_read(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        "exchange: {usd_per_eur: 2}\nprices:\n- {id: a, value: 3, currency: USD}\n- {id: w, value: 5, currency: null}\n"
    )
    assert load_prices(path) == {"a": 1.5, "w": 5}


BOOK = "exchange: {usd_per_eur: 2}\nprices:\n- {id: a, value: 3, currency: USD}\n"
WRONG_BOOKS = [
    (BOOK + "- {id: a, value: 5, currency: EUR}", "a stands there twice"),
    (BOOK + "- {id: b, value: -5, currency: EUR}", "b is -5: give a number of 0 or more"),
    (BOOK + "- {id: b, value: free, currency: EUR}", "b is 'free': give a number"),
    (BOOK + "- {id: b, value: 5, currency: GBP}", "b is in 'GBP': give it in USD or EUR"),
    (BOOK + "- {id: b, currency: EUR}", "has a price without its id, value or currency"),
    (BOOK.replace("2}", "0}"), "usd_per_eur is 0: give a number above 0"),
    (BOOK.replace("exchange", "rates"), "no exchange"),
    ("", "no exchange"),
]


@pytest.mark.parametrize(("text", "message"), WRONG_BOOKS, ids=[message for _, message in WRONG_BOOKS])
def test_a_price_list_with_a_mistake_is_told_with_its_file_and_the_price(tmp_path, text, message):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as told:
        load_prices(path)
    assert str(path) in str(told.value)


def test_all_approaches_of_the_framework_have_a_row():
    assert set(compare(CASE, PRICES).index) == set(APPROACHES)
    assert set(costs.INDEXED) | set(costs.TRAINED) <= set(APPROACHES)
