"""Trials of forms: what is held out, how a recipe is chosen, and that a choice can be read without a model."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils import models
from utils.evaluation import outputs
from utils.finetuning import Recipe
from utils.settings import SetupError
from utils.studies import trials
from utils.studies.trials import Trials

BASE = Recipe(rank=16, alpha=32, learning_rate=5e-4)


def shares(kept) -> tuple[float]:
    return (kept[0]["share"],)


@pytest.fixture
def study(monkeypatch, tmp_path):
    monkeypatch.setattr(outputs, "path", lambda study, size: tmp_path / f"{study}-{size}.jsonl")
    monkeypatch.setattr(outputs, "circumstances", dict)
    return Trials("exams", "medium", 9, shares)


@given(st.integers(2, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n - 1))))
def test_what_is_held_out_is_not_shown_and_nothing_is_lost(sizes):
    records = [{"id": n} for n in range(sizes[0])]
    known, asked = trials.held_out(records, sizes[1])
    assert len(asked) == sizes[1]
    assert sorted(record["id"] for record in known + asked) == list(range(sizes[0]))
    assert (known, asked) == trials.held_out(records, sizes[1])


@pytest.mark.parametrize("size", trials.LAYERS)
@pytest.mark.parametrize("epochs", [2, 4])
@pytest.mark.parametrize("part", [0.4, 1, 2])
@pytest.mark.parametrize("upper", [True, False])
def test_the_recipe_that_is_best_in_every_factor_is_found(size, epochs, part, upper):
    """A double of a model that likes one recipe, and another the more, the more factors they share."""
    half = trials.LAYERS[size] // 2
    liked = replace(BASE, epochs=epochs, learning_rate=5e-4 * part * (1 + upper), top_layers=half if upper else None)

    def ask(name, recipe):
        same_rate = recipe.learning_rate / (1 + bool(recipe.top_layers)) == pytest.approx(5e-4 * part)
        return [{"share": same_rate + (recipe.epochs == epochs) + (recipe.top_layers == liked.top_layers)}]

    found = Trials("exams", size, 9, shares).recipe(BASE, (2, 4), ask)
    assert found == replace(liked, learning_rate=found.learning_rate)
    assert found.learning_rate == pytest.approx(liked.learning_rate)


@pytest.mark.parametrize(("size", "first"), [("small", 15), ("medium", 12), ("large", None)])
def test_only_large_begins_with_all_layers_and_the_first_of_equals_is_taken(size, first):
    asked = []

    def ask(name, recipe):
        asked.append((name, recipe))
        return [{"share": 0.5}]

    found = Trials("exams", size, 9, shares).recipe(BASE, (2, 4), ask)
    assert found == asked[0][1]
    assert (found.top_layers, found.epochs) == (first, 2)
    assert len({recipe for _, recipe in asked}) == len({name for name, _ in asked}), "two recipes, one name"


def test_of_a_smaller_grid_nothing_else_is_asked():
    asked = []

    def ask(name, recipe):
        asked.append((recipe.epochs, recipe.learning_rate, recipe.top_layers))
        return [{"share": recipe.learning_rate}]

    found = Trials("exams", "small", 9, shares).recipe(BASE, (3,), ask, rates=(2,), both_halves=False)
    assert set(asked) == {(3, 1e-3, 15), (3, 2e-3, 15)}
    assert found == replace(BASE, epochs=3, learning_rate=2e-3, top_layers=15)


def test_a_choice_is_read_from_what_is_kept_and_without_it_told_in_a_sentence(study):
    with pytest.raises(SetupError, match=r"run `python -m utils\.studies exams --size medium` first"):
        study.recipe(BASE, (2, 4))

    def ask(name, recipe):
        return study.keep(name, lambda: [{"id": "a", "text": "", "share": recipe.epochs / 10}])

    assert study.recipe(BASE, (2, 4), ask) == study.recipe(BASE, (2, 4))
    assert study.recipe(BASE, (2, 4)).epochs == 4


def test_without_a_model_a_text_is_kept_with_no_tokens(study):
    study.keep_texts("copy", [{"id": "a"}, {"id": "b"}], ["x", "y"])
    kept = outputs.load("exams", "medium")["copy"]
    assert [(row["id"], row["text"], row["new_tokens"]) for row in kept] == [("a", "x", 0), ("b", "y", 0)]


@pytest.mark.parametrize(
    ("middles", "shared"),
    [([["x", "y"], ["x", "y"]], 3), ([["x", "y"], ["x", "z"]], 2), ([["x"], ["x", "y"]], 2), ([[], []], 1)],
)
def test_messages_that_all_chats_begin_with_are_computed_once(study, doubles, middles, shared):
    prefixes = []

    def complete(chats, max_new_tokens, prefix, label, grammar):
        prefixes.append(prefix)
        return [SimpleNamespace(text="", prompt_tokens=9, new_tokens=3, seconds=0.5)] * len(chats)

    doubles(lambda recipe: SimpleNamespace(complete=complete))
    chats = [[{"content": word} for word in ("rules", *some, str(n))] for n, some in enumerate(middles)]
    study.write("few-shot", [{"id": "a"}, {"id": "b"}], chats)
    assert prefixes == [chats[0][:shared]]


def test_updates_of_all_ranks_are_of_like_size():
    assert trials.of_rank(BASE, 16) == BASE
    assert [trials.of_rank(BASE, rank).alpha for rank in (4, 64)] == [16, 64]


@pytest.mark.model
def test_the_layers_are_those_of_the_model():
    model, _ = models.load_llm()
    assert model.config.num_hidden_layers == trials.LAYERS["small"]
