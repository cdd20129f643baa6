"""What the studies of trained tasks share: systems that are asked and kept, and the best form of each, chosen on
training records held out for that choice."""

import gc
import math
import random
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import takewhile
from pathlib import Path

from utils import finetuning
from utils.evaluation import outputs
from utils.finetuning import Recipe
from utils.models import LLM, Chat
from utils.settings import SEED, SEEDS, SetupError

LAYERS = {"small": 30, "medium": 24, "large": 28}  # written down, so that a choice can be read without a model
TRIAL = "held out, "  # begins the name of a form that was tried on held-out records


def held_out(records: Sequence[Mapping], count: int) -> tuple[list[Mapping], list[Mapping]]:
    """Records, shuffled: those that may be shown or trained on, and ``count`` that are held out to choose a form."""
    shuffled = random.Random(SEED).sample(list(records), len(records))
    return shuffled[:-count], shuffled[-count:]


def seeds(size: str) -> tuple[int, ...]:
    """How often a system of notebooks 02 and 03 is trained: three times on ``small``."""
    return SEEDS if size == "small" else SEEDS[:1]


def recipe_name(recipe: Recipe) -> str:
    """What is chosen of a recipe, in words."""
    return f"recipe, lr {recipe.learning_rate:g}, epochs {recipe.epochs}" + (", upper half" * bool(recipe.top_layers))


def trial_name(recipe: Recipe) -> str:
    """The name of a recipe's trial on held-out records."""
    return f"{TRIAL}{recipe_name(recipe)}"


def by_system(kept: Mapping[str, Sequence[dict]], tried: bool = False) -> dict[str, list[dict]]:
    """Kept rows by the name of their system, those of all its seeds together: of the systems that are reported, or of
    the forms that were ``tried`` on held-out records."""
    found: dict[str, list[dict]] = {}
    for name, rows in kept.items():
        if name.startswith(TRIAL) == tried:
            found.setdefault(name.partition(", seed ")[0], []).extend(rows)
    return found


def of_rank(recipe: Recipe, rank: int) -> Recipe:
    """The recipe with another rank, and the alpha that keeps alpha / sqrt(rank), with which updates of all ranks are of
    like size (rsLoRA, arXiv 2312.03732)."""
    return replace(recipe, rank=rank, alpha=round(recipe.alpha * math.sqrt(rank / recipe.rank)))


@lru_cache(maxsize=1)
def generator(adapter: Path | None = None, engine: str | None = None) -> LLM:
    """The model, or with an adapter; one is kept."""
    gc.collect()  # a trainer and its model hold each other in a circle, and a GPU has no room for many
    return LLM.load(adapter, engine=engine)


@dataclass(frozen=True)
class Trials:
    """The systems of a study at a model size, each asked once and kept.

    ``max_new_tokens``: of what is written. ``quality`` of kept rows: what makes one form better than another, the
    larger number wins; where the first are equal, the next decide.
    """

    study: str
    size: str
    max_new_tokens: int
    quality: Callable[[Sequence[Mapping]], tuple[float, ...]]

    def keep(self, system: str, make: Callable[[], list[dict]], details: Callable[[], Mapping] = dict) -> list[dict]:
        """The rows of a system, made once, and noted with them what ``details`` gives."""
        command = f"python -m utils.studies {self.study} --size {self.size}"
        return outputs.keep(self.study, self.size, system, make, command, details)

    def keep_texts(self, system: str, records: Sequence[Mapping], texts: Sequence[str]) -> list[dict]:
        """What a system without a model writes for the records."""
        counts = [{"prompt_tokens": 0, "new_tokens": 0}] * len(texts)
        return self.keep(system, lambda: _rows(records, texts, counts))

    def write(
        self,
        system: str,
        records: Sequence[Mapping],
        chats: Sequence[Chat],
        adapter: Callable[[], Path] | None = None,
        grammar: Sequence[Sequence[str]] = (),
        details: Callable[[], Mapping] = dict,
    ) -> list[dict]:
        """What a system writes for the records when asked with the chats; with what its training took, if it has an
        adapter. Only transformers can keep to a grammar."""

        def make() -> list[dict]:
            folder, took = None, {}
            if adapter:
                folder = adapter()
                report = finetuning.training_report(folder)
                took = {f"training_{name}": report[name] for name in ("tokens", "steps", "seconds")}
            llm = generator(folder, "transformers" if grammar else None)
            done = llm.complete(
                chats,
                self.max_new_tokens,
                prefix=_shared(chats),
                label=system,
                grammar=grammar,
            )
            counts = [
                {"prompt_tokens": one.prompt_tokens, "new_tokens": one.new_tokens, "seconds": round(one.seconds, 4)}
                | took
                for one in done
            ]
            return _rows(records, [one.text for one in done], counts)

        return self.keep(system, make, details)

    def kept(self, system: str) -> list[dict]:
        """The rows of a system; SetupError if they aren't there yet."""
        rows = outputs.load(self.study, self.size).get(system)
        if rows is None:
            command = f"python -m utils.studies {self.study} --size {self.size}"
            raise SetupError(f"What {system!r} wrote isn't there: run `{command}` first.")
        return rows

    def best(self, tried: Mapping[Hashable, Sequence[Mapping]]) -> Hashable:
        """The option whose kept rows are best; among equals the first."""
        return max(tried, key=lambda option: self.quality(tried[option]))

    def recipe(
        self,
        base: Recipe,
        epochs: Sequence[int],
        ask: Callable[[str, Recipe], Sequence[Mapping] | None] | None = None,
        layers: int | None = None,
        rates: Sequence[float] = (0.4, 2),
        both_halves: bool = True,
    ) -> Recipe:
        """The best recipe, one factor after another: epochs, learning rate, and which layers are adapted; among equals
        the first. ``base`` adapts all layers. ``ask``: the rows of a recipe, under this name, or None if they aren't
        known, and such a recipe isn't taken; without ``ask``, those that are kept. ``layers``: of another model than
        that of the size. ``rates``: that are tried besides the first, as parts of it. ``both_halves``: whether
        the layers that it doesn't begin with are tried as well.

        Half as many layers learn less from a step, so they get twice the rate. A recipe of the upper half costs less
        than half as much, so small and medium begin with it and try all layers last; large begins with all of them.
        """
        ask = ask or (lambda name, recipe: self.kept(name))
        half = (layers or LAYERS[self.size]) // 2

        def best_of(recipes: Sequence[Recipe]) -> Recipe:
            tried = {recipe: ask(trial_name(recipe), recipe) for recipe in recipes}
            known = {recipe: rows for recipe, rows in tried.items() if rows}
            return self.best(known) if known else recipes[0]

        upper = replace(base, top_layers=half, learning_rate=2 * base.learning_rate)
        recipe = base if self.size == "large" else upper
        recipe = best_of([replace(recipe, epochs=count) for count in epochs])
        recipe = best_of([recipe, *(replace(recipe, learning_rate=recipe.learning_rate * part) for part in rates)])
        if not both_halves:
            return recipe
        other = half if recipe.top_layers is None else None
        rate = recipe.learning_rate * (2 if other else 0.5)
        return best_of([recipe, replace(recipe, top_layers=other, learning_rate=rate)])


def _shared(chats: Sequence[Chat]) -> Chat:
    """The messages with which all chats begin, but for the last of each: a system prompt, and examples that are always
    the same."""
    places = zip(*(chat[:-1] for chat in chats), strict=False)
    same = takewhile(lambda messages: all(message == messages[0] for message in messages), places)
    return [messages[0] for messages in same]


def _rows(records: Sequence[Mapping], texts: Sequence[str], more: Sequence[Mapping]) -> list[dict]:
    """Texts as they are kept, each with what else is known about it."""
    return [{"id": r["id"], "text": text, **rest} for r, text, rest in zip(records, texts, more, strict=True)]
