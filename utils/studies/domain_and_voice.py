"""The studies of notebook 02."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from utils import corpus, finetuning, models, tasks
from utils.finetuning import Recipe
from utils.models import LLM
from utils.settings import SEEDS
from utils.tasks import pages, shorthand, voice


def forgetting() -> list[dict]:
    """Notebook 02: loss a token on unseen handbook pages and on Python's documentation, after training on other
    handbook pages with LoRA of rank 4, 16 and 64 and with full fine-tuning of the upper half, three seeds."""
    handbook = [pages.example(document) for document in corpus.load_handbook()]
    train, held_out = handbook[::3][:40], handbook[1::3][:30]
    general = [pages.example(document) for document in corpus.python_docs()[:30]]
    recipes = {f"LoRA, rank {rank}": Recipe(rank=rank, alpha=2 * rank, learning_rate=1e-3) for rank in (4, 16, 64)}
    recipes["all weights of the upper half"] = Recipe(rank=None, learning_rate=1e-4)
    rows = [{"seed": None, "system": "untrained", **_losses(LLM.load(), held_out, general)}]
    for seed, (system, recipe) in product(SEEDS, recipes.items()):
        shared = replace(recipe, epochs=2, batch_size=4, top_layers=15, seed=seed)
        adapter = finetuning.train(train, shared, f"{system}, seed {seed}")
        rows.append({"seed": seed, "system": system, **_losses(LLM.load(adapter), held_out, general)})
    return rows


def _losses(llm: LLM, held_out: Sequence, general: Sequence) -> dict[str, list[float]]:
    """The model's loss a token on every page of the domain and of elsewhere."""
    return {"in domain": models.losses(llm, held_out), "elsewhere": models.losses(llm, general)}


def domain() -> list[dict]:
    """Notebook 02: what each system of the voice task and the fine-tuned one of shorthand write for their test sets.

    One row per system, with its texts; trained systems with three seeds.
    """
    train, test, base, rows = voice.load("train"), voice.load("test"), LLM.load(), []
    for system, count in (("prompt only", 0), ("few-shot", 3)):
        prompts = [voice.prompt_with_guide(message, train[:count]) for message in test]
        done = base.complete(prompts, voice.MAX_NEW_TOKENS, prefix=prompts[0][:-1], label=system)
        rows.append(
            {"task": "voice", "system": system, "seed": None, "texts": [completion.text for completion in done]}
        )
    for (name, task), seed in product({"shorthand": shorthand, "voice": voice}.items(), SEEDS):
        rows.append({"task": name, "system": "fine-tuned", "seed": seed, "texts": _written(task, seed)})
    return rows


def _written(task, seed: int) -> list[str]:
    """What a task's recipe, trained with this seed, writes for the test records."""
    examples = [task.example(record) for record in task.load("train")]
    adapter = finetuning.train(examples, replace(task.RECIPE, seed=seed), f"{len(examples)} examples")
    return [completion.text for completion in tasks.complete(task, LLM.load(adapter), task.load("test"))]
