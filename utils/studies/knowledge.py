"""Facts trained in and changed, as notebooks 11 and 12 read them; those of notebook 03 are in ``memorising``."""

from collections.abc import Sequence
from dataclasses import replace

from utils import finetuning
from utils.finetuning import Recipe
from utils.models import LLM
from utils.settings import SEED, SEEDS
from utils.tasks import facts
from utils.tasks.facts import WORDINGS, Fact


def wordings() -> list[dict]:
    """60 facts in 1, 2, 4 or 6 wordings at equal numbers of steps; 1 and 6 with three seeds."""
    learned, rows = facts.load_facts()[:60], []
    for seed, count in [(seed, count) for seed in SEEDS for count in (1, 6)] + [(SEED, 2), (SEED, 4)]:
        report = _learn(learned, replace(facts.RECIPE, seed=seed), count)
        rows.append({"seed": seed, "wordings": count, **report})
    return rows


def _learn(learned: Sequence[Fact], recipe: Recipe, count: int = WORDINGS) -> dict:
    """Train on facts; shares right in a trained wording and in the held-out ones, seconds, tokens."""
    adapter = finetuning.train(facts.examples(learned, count), recipe, f"{len(learned)} facts, {count} wordings")
    report, llm = finetuning.training_report(adapter), LLM.load(adapter)
    scores = {"trained": facts.recall(llm, learned), "held out": facts.recall(llm, learned, held_out=True)}
    shares = {name: sum(values) / len(values) for name, values in scores.items()}
    return {**shares, "seconds": report["seconds"], "tokens": report["tokens"]}


def update() -> list[dict]:
    """Of 60 facts, 20 change. Train again from the base model, or go on from the adapter, three seeds."""
    learned = facts.load_facts()[:60]
    changed, rest = learned[:20], learned[20:]
    rows = []
    for seed in SEEDS:
        recipe = replace(facts.RECIPE, seed=seed)
        before = finetuning.train(facts.examples(learned), recipe, "60 facts")
        fresh = facts.examples(rest) + facts.examples(changed, updated=True)
        ways = {
            "before": before,
            "go on from the adapter": finetuning.train(
                facts.examples(changed, updated=True), recipe, "20 facts", start=before
            ),
            "train again from the base": finetuning.train(fresh, recipe, "60 facts anew"),
        }
        for way, adapter in ways.items():
            llm, report = LLM.load(adapter), finetuning.training_report(adapter)
            new, old = (facts.recall(llm, changed, held_out=True, updated=choice) for choice in (True, False))
            others = facts.recall(llm, rest, held_out=True)
            shares = {"new": new, "old": old, "unrelated": others}
            spent = {"seconds": report["seconds"], "examples": report["examples"]}
            rows.append({"seed": seed, "way": way, **{k: sum(v) / len(v) for k, v in shares.items()}, **spent})
    return rows
