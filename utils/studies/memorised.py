"""What the studies of notebook 03 kept, judged: question by question, system by system, and what was chosen on dev.

Scoring is a pass of its own over the raw outputs that ``studies.memorising`` keeps.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from utils import corpus
from utils.evaluation import interval, outputs
from utils.finetuning import Recipe
from utils.rag.citations import without_citations
from utils.settings import SetupError
from utils.tasks import facts, generated_questions
from utils.tasks.facts import OUTCOMES
from utils.tasks.generated_questions import Pair

_SEED = ", seed "  # between the name of a system and its seed
_START = Recipe(rank=16, alpha=32)
RECIPES: dict[str, tuple[Recipe, ...]] = {  # to choose from; those of a size cost about the same; of equals the first
    size: tuple(
        replace(_START, batch_size=batch, top_layers=layers, learning_rate=rate, epochs=epochs)
        for layers, rate, epochs in candidates
    )
    for size, batch, candidates in (
        ("small", 8, ((10, 2e-3, 2), (10, 4e-3, 2), (15, 2e-3, 1.5))),
        ("medium", 8, ((8, 2e-3, 2), (8, 4e-3, 2), (12, 2e-3, 1.5))),
        ("large", 12, ((14, 5e-4, 3), (14, 1e-3, 3))),
    )
}
UPDATES = ((0.0, 1.0), (0.0, 0.25), (0.25, 1.0), (0.5, 1.0))  # share replayed, part of the learning rate


def recipe_name(recipe: Recipe) -> str:
    """The system of the study of recipes that this candidate is."""
    return f"lr {recipe.learning_rate:g}, {recipe.epochs:g} passes"


def update_name(share: float, rate: float) -> str:
    """An adapter trained on with the news: how much of the rest is replayed, and at which part of the rate."""
    return f"continued, replay {share:g}, rate x {rate:g}"


def judged(study: str, size: str, updated: bool = False) -> pd.DataFrame:
    """One line for each answer that is kept: system, seed (0 for what isn't trained), fact_id, asked, wording, text and
    outcome, a letter of ``facts.OUTCOMES``.

    ``updated``: by the handbook after the update, where the answers before it are outdated.
    """
    known = {fact.fact_id: fact for fact in facts.load_facts()}
    misses = {question.id: question for question in corpus.load_questions(kind="unanswerable")}
    lines = []
    for name, rows in outputs.load(study, size).items():
        system, _, seed = name.partition(_SEED)
        for row in rows:
            fact, miss = known.get(row["fact_id"]), misses.get(row["fact_id"])
            right, outdated, question = (), (), miss.question if miss else _question(row, fact)
            if fact:
                right, outdated = (fact.after, fact.answers) if updated else (fact.answers, ())
            text = without_citations(row["text"].split("\n")[0].strip())
            letter = facts.outcome(text, question, right, outdated)
            lines.append({"system": system, "seed": int(seed or 0), **row, "text": text, "outcome": letter})
    return pd.DataFrame(lines, columns=["system", "seed", "fact_id", "asked", "wording", "text", "outcome"])


def _question(row: dict, fact: facts.Fact) -> str:
    """The question of a row; one that a model wrote is not needed to judge its answer."""
    if row["asked"] == "generated":
        return ""
    return (fact.held_out if row["asked"] in ("held out", "never trained") else fact.trained)[row["wording"]]


def scores(answers: pd.DataFrame) -> list[dict]:
    """One row for each system and kind of question: the number of facts, the share right with its 95% interval over
    facts and by seed, and the shares of the other outcomes."""
    rows, marked = [], answers.assign(right=(answers["outcome"] == "r").astype(float))
    for (system, asked), some in marked.groupby(["system", "asked"], sort=False):
        by_question = some.groupby(["fact_id", "wording"], sort=False)["right"].mean()
        ids = by_question.index.get_level_values("fact_id").tolist()
        low, high = interval(by_question.tolist(), ids)
        right = {"right": float(some["right"].mean()), "low": low, "high": high}
        others = {word: float((some["outcome"] == letter).mean()) for letter, word in OUTCOMES.items() if letter != "r"}
        by_seed = some.groupby("seed")["right"].mean().to_dict()
        rows.append({"system": system, "asked": asked, "facts": len(set(ids)), **right, "by seed": by_seed, **others})
    return rows


def damage(answers: pd.DataFrame, before: str, after: str) -> pd.DataFrame:
    """For every question on a fact that doesn't change, by seed: 1 in ``lost`` if it was right before and isn't after,
    1 in ``right before`` if it was; both systems must have the same seeds."""
    steady = {fact.fact_id for fact in facts.load_facts() if not fact.changes}
    keys = ["seed", "fact_id", "asked", "wording"]
    kept = answers[answers["fact_id"].isin(steady) & (answers["asked"] == "held out")]
    old, new = (kept[kept["system"] == system].set_index(keys)["outcome"] == "r" for system in (before, after))
    if set(old.index) != set(new.index):
        raise ValueError(f"{before!r} and {after!r} weren't asked the same questions with the same seeds.")
    new = new.reindex(old.index)
    return pd.DataFrame({"right before": old.astype(float), "lost": (old & ~new).astype(float)}).reset_index()


def updates(size: str) -> list[dict]:
    """One row for each way to update 20 of 60 facts, asked in held-out wordings, means over the seeds: seconds of
    training or indexing, tokens trained on, shares of new and of outdated answers, unrelated facts right, and the share
    ``lost`` of those that were right before the update."""
    answers, rows = judged("knowledge_update", size, updated=True), []
    changing = {fact.fact_id for fact in facts.load_facts() if fact.changes}
    held_out = answers[answers["asked"] == "held out"]
    for system, some in held_out.groupby("system", sort=False):
        spent = [row for name, row in outputs.made("knowledge_update", size).items() if _system(name) == system]
        changed = some["fact_id"].isin(changing)
        lost = damage(answers, "RAG, before" if system.startswith("RAG") else "before", system)
        row = {
            "system": system,
            "seconds": float(np.mean([(one.get("training") or one["indexing"])["seconds"] for one in spent])),
            "tokens": float(np.mean([one["training"]["tokens"] if "training" in one else 0 for one in spent])),
            "new": float((some[changed]["outcome"] == "r").mean()),
            "outdated": float((some[changed]["outcome"] == "s").mean()),
            "unrelated": float((some[~changed]["outcome"] == "r").mean()),
            "lost": float(lost["lost"].sum() / max(1, lost["right before"].sum())),
        }
        rows.append(row)
    return rows


def _system(name: str) -> str:
    """The name of a system without its seed."""
    return name.partition(_SEED)[0]


def chosen_recipe(size: str) -> Recipe:
    """Of the candidates for a size the one that answers most of the dev wordings; SetupError if that isn't known."""
    right = _shares(judged("knowledge_recipe", size), size, [recipe_name(recipe) for recipe in RECIPES[size]])
    return RECIPES[size][int(np.argmax(right))]


def chosen_updates(size: str) -> list[tuple[float, float]]:
    """The best way to train on without replay and the best one with it, as (share, rate) of ``UPDATES``: most right of
    the dev wordings, where the facts that change and those that don't count alike. SetupError if that isn't known."""
    answers = judged("knowledge_recipe", size, updated=True)
    changed = answers["fact_id"].isin({fact.fact_id for fact in facts.load_facts() if fact.changes})
    names = [update_name(*way) for way in UPDATES]
    means = np.mean([_shares(answers[part], size, names) for part in (changed, ~changed)], axis=0)
    best = sorted(zip(means, UPDATES, strict=True), key=lambda pair: -pair[0])
    return [next(way for _, way in best if bool(way[0]) == replays) for replays in (False, True)]


def _shares(answers: pd.DataFrame, size: str, systems: Sequence[str]) -> list[float]:
    if missing := set(systems) - set(answers["system"]):
        command = f"python -m utils.studies knowledge_recipe --size {size}"
        raise SetupError(f"The dev answers of {min(missing)!r} aren't there: run `{command}` first.")
    return [float((answers[answers["system"] == name]["outcome"] == "r").mean()) for name in systems]


def pairs(size: str) -> dict[str, list[Pair]]:
    """The questions and answers that a model wrote and the rules let pass, by fact; SetupError if there are none."""
    kept = outputs.load("knowledge_pairs", size).get("pairs")
    if not kept:
        command = f"python -m utils.studies knowledge_pairs --size {size}"
        raise SetupError(f"There are no questions written by {size!r}: run `{command}` first.")
    texts: dict[str, list[str]] = {}
    for row in kept:
        texts.setdefault(row["fact_id"], []).append(row["text"])
    some = [fact for fact in facts.load_facts() if fact.fact_id in texts]
    return {
        fact.fact_id: generated_questions.accepted(texts[fact.fact_id], fact, passage)
        for fact, passage in zip(some, generated_questions.passages(some), strict=True)
    }
