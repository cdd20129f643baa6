"""What was kept, judged: outcomes before and after the update, shares, what an update costs, and what is chosen."""

import json

import pytest

from utils import corpus, settings
from utils.evaluation import outputs
from utils.settings import SetupError
from utils.studies import memorised
from utils.studies.memorised import RECIPES, UPDATES, recipe_name, update_name
from utils.tasks import facts

EVERY = facts.load_facts()
CHANGED, STEADY = EVERY[0], EVERY[20]
MISS = corpus.load_questions("test", "unanswerable")[0]
COMMITTED = outputs.path


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.setattr(outputs, "path", lambda study, size: tmp_path / f"{study}-{size}.jsonl")


def row(fact_id, text, asked="held out", wording=0):
    return {"fact_id": fact_id, "asked": asked, "wording": wording, "text": text}


def keep(study, system, rows, **details):
    outputs.keep(study, "small", system, lambda: rows, "command", lambda: details)


@pytest.mark.parametrize(
    ("kept", "before", "after"),
    [
        (row(CHANGED.fact_id, CHANGED.answers[0]), "r", "s"),
        (row(CHANGED.fact_id, f"[2] {CHANGED.after[0]}\nand more"), "w", "r"),
        (row(STEADY.fact_id, STEADY.answers[0], "trained", 5), "r", "r"),
        (row(STEADY.fact_id, "I don't know.", "never trained", 1), "a", "a"),
        (row(STEADY.fact_id, STEADY.answers[0], "generated", 4), "r", "r"),
        (row(MISS.id, "I don't know.", "unanswerable"), "r", "r"),
        (row(MISS.id, "12 euros", "unanswerable"), "w", "w"),
    ],
)
def test_an_answer_is_judged_by_the_handbook_before_or_after_the_update(kept, before, after):
    keep("s", "one, seed 12", [kept])
    for updated, letter in ((False, before), (True, after)):
        (line,) = memorised.judged("s", "small", updated).to_dict("records")
        assert (line["system"], line["seed"], line["outcome"]) == ("one", 12, letter)


def test_scores_take_seeds_together_and_count_facts():
    right, wrong = STEADY.answers[0], "Hm."
    keep("s", "a, seed 11", [row(STEADY.fact_id, right), row(STEADY.fact_id, wrong, wording=1)])
    keep("s", "a, seed 12", [row(STEADY.fact_id, right), row(STEADY.fact_id, "I don't know.", wording=1)])
    keep("s", "b", [row(STEADY.fact_id, right), row(CHANGED.fact_id, wrong)])
    a, b = memorised.scores(memorised.judged("s", "small"))
    assert (a["system"], a["facts"], a["right"], a["wrong"], a["abstained"]) == ("a", 1, 0.5, 0.25, 0.25)
    assert a["by seed"] == {11: 0.5, 12: 0.5}
    assert (b["facts"], b["right"]) == (2, 0.5)
    assert b["low"] < 0.5 < b["high"]


def test_seeds_that_learn_other_facts_are_all_counted():
    some = EVERY[20:24]
    for number, fact in enumerate(some):
        keep("s", f"a, seed {number}", [row(fact.fact_id, fact.answers[0] if number else "Hm.")])
    (only,) = memorised.scores(memorised.judged("s", "small"))
    assert (only["facts"], only["right"]) == (4, 0.75)


def update_rows(changed, steady):
    return [row(CHANGED.fact_id, changed), row(STEADY.fact_id, steady), row(STEADY.fact_id, steady, "trained")]


def test_an_update_costs_seconds_and_what_was_right_before():
    old, new, known = CHANGED.answers[0], CHANGED.after[0], STEADY.answers[0]
    for seed in (11, 12):
        spent = {"seconds": float(seed), "tokens": 100}
        keep("knowledge_update", f"before, seed {seed}", update_rows(old, known), training=spent)
        lost = update_rows(new if seed == 11 else "Hm.", "Hm." if seed == 11 else known)
        keep("knowledge_update", f"continued, seed {seed}", lost, training=spent)
    keep("knowledge_update", "RAG, before", update_rows(old, known), indexing={"seconds": 9.0})
    keep("knowledge_update", "RAG, index updated", update_rows(new, known), indexing={"seconds": 2.0})
    found = {one.pop("system"): one for one in memorised.updates("small")}
    assert found == {
        "before": {"seconds": 11.5, "tokens": 100, "new": 0, "outdated": 1, "unrelated": 1, "lost": 0},
        "continued": {"seconds": 11.5, "tokens": 100, "new": 0.5, "outdated": 0, "unrelated": 0.5, "lost": 0.5},
        "RAG, before": {"seconds": 9, "tokens": 0, "new": 0, "outdated": 1, "unrelated": 1, "lost": 0},
        "RAG, index updated": {"seconds": 2, "tokens": 0, "new": 1, "outdated": 0, "unrelated": 1, "lost": 0},
    }


def test_damage_is_only_told_where_the_same_questions_were_asked():
    keep("s", "a, seed 11", update_rows("Hm.", "Hm."))
    keep("s", "b, seed 12", update_rows("Hm.", "Hm."))
    with pytest.raises(ValueError, match="'a' and 'b' weren't asked the same questions"):
        memorised.damage(memorised.judged("s", "small"), "a", "b")


@pytest.mark.parametrize("best", range(len(RECIPES["small"])))
def test_the_recipe_that_answers_most_dev_wordings_is_chosen(best):
    for number, recipe in enumerate(RECIPES["small"]):
        text = STEADY.answers[0] if number == best else "Hm."
        keep("knowledge_recipe", recipe_name(recipe), [row(STEADY.fact_id, text, "dev", 5)])
    assert memorised.chosen_recipe("small") == RECIPES["small"][best]


def test_of_equal_recipes_the_first_is_chosen_and_no_two_of_a_size_have_one_name():
    for recipes in RECIPES.values():
        assert len({recipe_name(recipe) for recipe in recipes}) == len(recipes)
    for recipe in RECIPES["small"]:
        keep("knowledge_recipe", recipe_name(recipe), [row(STEADY.fact_id, "Hm.", "dev", 5)])
    assert memorised.chosen_recipe("small") == RECIPES["small"][0]


def test_a_recipe_that_is_not_chosen_yet_is_the_first_candidate_and_other_models_take_that_of_medium():
    assert [memorised.recipe_for(size) for size in RECIPES] == [recipes[0] for recipes in RECIPES.values()]
    assert memorised.recipe_for("someone/else") == RECIPES["medium"][0]
    for number, recipe in enumerate(RECIPES["small"]):
        text = STEADY.answers[0] if number else "Hm."
        keep("knowledge_recipe", recipe_name(recipe), [row(STEADY.fact_id, text, "dev")])
    assert memorised.recipe_for("small") == RECIPES["small"][1]


def test_the_best_update_without_and_with_replay_counts_news_and_the_rest_alike():
    news, rest = CHANGED.after[0], STEADY.answers[0]
    said = {(0.0, 1.0): (news, "Hm."), (0.0, 0.25): (news, rest), (0.25, 1.0): ("Hm.", rest), (0.5, 1.0): (news, rest)}
    for way in UPDATES:
        changed, steady = said.get(way, ("Hm.", "Hm."))
        rows = [row(CHANGED.fact_id, changed, "dev", 5), *[row(STEADY.fact_id, steady, "dev", 5)] * 9]
        keep("knowledge_recipe", update_name(*way), rows)
    assert memorised.chosen_updates("small") == [(0.0, 0.25), (0.5, 1.0)]


def test_a_choice_needs_all_its_candidates():
    for recipe in RECIPES["small"][1:]:
        keep("knowledge_recipe", recipe_name(recipe), [row(STEADY.fact_id, "Hm.", "dev", 5)])
    with pytest.raises(SetupError, match=recipe_name(RECIPES["small"][0])):
        memorised.chosen_recipe("small")


def test_the_pairs_of_a_writer_are_those_that_the_rules_let_pass():
    written = f"Question: Who can tell me that, please?\nAnswer: {STEADY.answers[0]}"
    rows = [{"fact_id": STEADY.fact_id, "text": text} for text in ("No.", written, written)]
    keep("knowledge_pairs", "pairs", [*rows, {"fact_id": CHANGED.fact_id, "text": "No."}])
    found = memorised.pairs("small")
    assert found[CHANGED.fact_id] == []
    assert [(pair.answer, pair.number) for pair in found[STEADY.fact_id]] == [(STEADY.answers[0], 1)]
    with pytest.raises(SetupError, match="knowledge_pairs --size large"):
        memorised.pairs("large")


def test_every_pair_that_the_rules_let_pass_was_read_by_hand(monkeypatch):
    monkeypatch.setattr(outputs, "path", COMMITTED)
    read = json.loads((settings.DATA / "results" / "pairs_read.json").read_text(encoding="utf-8"))["rows"]
    passed = {
        (fact_id, pair.question, pair.answer) for fact_id, some in memorised.pairs("medium").items() for pair in some
    }
    assert {(line["fact_id"], line["question"], line["answer"]) for line in read} == passed
    assert len(read) == len(passed)
    assert {line["reading"] for line in read} == {"fits", "unclear", "wrong"}
