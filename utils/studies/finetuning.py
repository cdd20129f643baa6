"""The studies of notebooks 01 to 03."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from utils import corpus, facts, finetuning, likelihood, shorthand, tickets, voice
from utils.facts import WORDINGS, Fact
from utils.finetuning import Recipe
from utils.generation import LLM
from utils.settings import SEED, SEEDS


def learning_curve() -> list[dict]:
    """Notebook 01: share of unseen tickets right after training on 30, 60, 120 and 240 examples, one seed.

    Up to 120 examples are trained for 60 steps, 240 for 120, so that small sets are not also short of steps.
    """
    records = corpus.load_jsonl("tickets")
    train = [record for record in records if record["split"] == "train"]
    test = [record for record in records if record["split"] == "test"]
    rows = []
    for count in (30, 60, 120, 240):
        recipe = replace(tickets.RECIPE, epochs=max(2, 240 / count))
        examples = [tickets.example(record) for record in train[:count]]
        adapter = finetuning.train(examples, recipe, f"{count} tickets")
        done = LLM.load(adapter).complete([tickets.chat(record["complaint"]) for record in test], max_new_tokens=28)
        scores = [tickets.score(c.text, record) for c, record in zip(done, test, strict=True)]
        rows.append({"examples": count, **{name: sum(s[name] for s in scores) / len(scores) for name in scores[0]}})
    return rows


def wordings() -> list[dict]:
    """Notebook 03: 60 facts in 1, 2, 4 or 6 wordings at equal numbers of steps; 1 and 6 with three seeds."""
    learned, rows = facts.load_facts()[:60], []
    for seed, count in [(seed, count) for seed in SEEDS for count in (1, 6)] + [(SEED, 2), (SEED, 4)]:
        report = _learn(learned, replace(facts.RECIPE, seed=seed), count)
        rows.append({"seed": seed, "wordings": count, **report})
    return rows


def capacity() -> list[dict]:
    """Notebook 03: 15, 30, 60 and 120 facts in all six wordings, at rank 4 and 16, three seeds."""
    every, rows = facts.load_facts(), []
    for seed, rank, count in product(SEEDS, (4, 16), (15, 30, 60, 120)):
        recipe = replace(facts.RECIPE, rank=rank, alpha=2 * rank, seed=seed)
        rows.append({"seed": seed, "facts": count, "rank": rank, **_learn(every[:count], recipe)})
    return rows


def _learn(learned: Sequence[Fact], recipe: Recipe, count: int = WORDINGS) -> dict:
    """Train on facts; shares right in a trained wording and in the held-out ones, seconds, tokens."""
    adapter = finetuning.train(facts.examples(learned, count), recipe, f"{len(learned)} facts, {count} wordings")
    report, llm = finetuning.training_report(adapter), LLM.load(adapter)
    scores = {"trained": facts.recall(llm, learned), "held out": facts.recall(llm, learned, held_out=True)}
    shares = {name: sum(values) / len(values) for name, values in scores.items()}
    return {**shares, "seconds": report["seconds"], "tokens": report["tokens"]}


def update() -> list[dict]:
    """Notebook 03: of 60 facts, 20 change. Train again from the base model, or go on from the adapter, three seeds."""
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


def forgetting() -> list[dict]:
    """Notebook 02: loss a token on unseen handbook pages and on Python's documentation, after training on other
    handbook pages with LoRA of rank 4, 16 and 64 and with full fine-tuning of the upper half, three seeds."""
    pages = [likelihood.page(document) for document in corpus.load_handbook()]
    train, held_out = pages[::3][:40], pages[1::3][:30]
    general = [likelihood.page(document) for document in corpus.python_docs()[:30]]
    recipes = {f"LoRA, rank {rank}": Recipe(rank=rank, alpha=2 * rank, learning_rate=1e-3) for rank in (4, 16, 64)}
    recipes["all weights of the upper half"] = Recipe(rank=None, learning_rate=1e-4)
    rows = [{"seed": None, "arm": "untrained", **_losses(LLM.load(), held_out, general)}]
    for seed, (arm, recipe) in product(SEEDS, recipes.items()):
        shared = replace(recipe, epochs=2, batch_size=4, top_layers=15, seed=seed)
        adapter = finetuning.train(train, shared, f"{arm}, seed {seed}")
        rows.append({"seed": seed, "arm": arm, **_losses(LLM.load(adapter), held_out, general)})
    return rows


def _losses(llm: LLM, held_out: Sequence, general: Sequence) -> dict[str, list[float]]:
    """The model's loss a token on every page of the domain and of elsewhere."""
    return {"in domain": likelihood.losses(llm, held_out), "elsewhere": likelihood.losses(llm, general)}


def domain() -> list[dict]:
    """Notebook 02: what every arm of the voice task and the fine-tuned arm of shorthand write for their test sets.

    A row an arm, with its texts; trained arms with three seeds.
    """
    notes, messages = corpus.load_jsonl("shorthand"), voice.load()
    train, test = ([note for note in notes if note["split"] == split] for split in ("train", "test"))
    base, rows = LLM.load(), []
    for arm, count in (("prompt only", 0), ("few-shot", 3)):
        prompts = [voice.with_guide(message, messages["train"][:count]) for message in messages["test"]]
        done = base.complete(prompts, max_new_tokens=voice.LONGEST, prefix=prompts[0][:-1], label=arm)
        rows.append({"task": "voice", "arm": arm, "seed": None, "texts": [completion.text for completion in done]})
    sets = {"shorthand": (shorthand, train, test), "voice": (voice, messages["train"], messages["test"])}
    for (name, task), seed in product(sets.items(), SEEDS):
        rows.append({"task": name, "arm": "fine-tuned", "seed": seed, "texts": _answers(*task, seed)})
    return rows


def _answers(task, train: Sequence[dict], test: Sequence[dict], seed: int) -> list[str]:
    """What a task's recipe, trained with this seed, writes for the test records."""
    recipe = replace(task.RECIPE, seed=seed)
    adapter = finetuning.train([task.example(record) for record in train], recipe, f"{len(train)} examples")
    done = LLM.load(adapter).complete([task.chat(record) for record in test], max_new_tokens=task.LONGEST)
    return [completion.text for completion in done]
