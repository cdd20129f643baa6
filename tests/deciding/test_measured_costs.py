"""The measured numbers of the cost model, from small results; the committed model is near what was measured."""

import pytest

from utils.deciding import load_rules, measured_costs


def test_the_cost_model_is_what_was_measured(small_results):
    found = measured_costs.cost_model()
    assert set(found) == set(load_rules().cost_model)
    assert found["loads"]["fine_tuning"] == {
        "seconds": 0.8, "prompt_tokens": 201.0, "shared_tokens": 150, "new_tokens": 16,
    }  # fmt: skip
    assert found["loads"]["rag"]["seconds"] == 2.0
    assert found["training_seconds_per_fact"] == 2.5, "the mean of the seeds, trained once"
    assert found["training_tokens_per_fact"] == 1000
    assert found["index_seconds_per_document"] == 0.15, "of the handbook, not of what was added"
    assert found["facts_per_document"] == load_rules().cost_model["facts_per_document"]


def test_a_workload_is_in_proportion_to_documents_and_keeps_its_volume(small_results):
    one, two = measured_costs.workload(100, 2.5, 50), measured_costs.workload(100, 2.5, 100)
    assert (one.answers_per_day, one.updates_per_month) == (100, 2.5)
    assert two.training_seconds == 2 * one.training_seconds == pytest.approx(2.5 * 3.3 * 100)
    assert two.index_seconds == pytest.approx(15.0)
    assert one.prefill_tokens_per_second == pytest.approx(201 / 0.5)
    assert set(one.loads) == set(measured_costs.LOADS)


def test_the_cost_model_of_the_framework_is_near_what_was_measured():
    stated, found = dict(load_rules().cost_model), measured_costs.cost_model()
    for approach, load in stated["loads"].items():
        assert load["seconds"] == pytest.approx(found["loads"][approach]["seconds"], rel=0.25), approach
        assert load["prompt_tokens"] == pytest.approx(found["loads"][approach]["prompt_tokens"], rel=0.25), approach
    for name in ("training_seconds_per_fact", "training_tokens_per_fact", "index_seconds_per_document"):
        assert stated[name] == pytest.approx(found[name], rel=0.25), f"cost_model in data/rules.yaml: {name}"
