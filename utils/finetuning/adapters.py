"""LoRA fine-tuning on chat examples: the recipe, the adapter, and the cache of what was trained.

LoRA: Hu et al. 2021, arXiv 2106.09685, as implemented by peft.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from safetensors.torch import save_file

from utils import models, settings
from utils.finetuning import frozen_layers, training
from utils.models import FULL_WEIGHTS, Chat, answer_loss, collate, encode_examples


@dataclass(frozen=True)
class Recipe:
    """How to train. The defaults were chosen on development splits.

    ``alpha / rank`` scales the adapter's update; ``rank=None`` trains all weights of the last layers and no adapter
    (full fine-tuning); ``targets`` is a peft target ("all-linear" or module names); ``top_layers`` trains only that
    many of the last layers (None: all), and the frozen ones below are then run only once for each example;
    ``epochs`` passes over the examples; ``learning_rate`` falls linearly to zero after a warm-up of a tenth.
    """

    rank: int | None = 16
    alpha: int = 32
    targets: str | tuple[str, ...] = "all-linear"
    top_layers: int | None = None
    learning_rate: float = 5e-4
    epochs: float = 2
    batch_size: int = 8
    seed: int = settings.SEED


def train(
    examples: Sequence[Chat], recipe: Recipe | None = None, label: str = "training", start: Path | None = None
) -> Path:
    """Train a LoRA adapter and return its folder; the same examples, recipe and base model are trained only once.

    The folder holds peft's files and ``training.json``: seconds, tokens (read once for every epoch), losses by step.
    It appears by one rename when training is complete, so an interrupted run leaves nothing to be taken for whole.
    ``start``: an adapter of the same rank, alpha, targets and layers that ``train`` returned, to go on from.
    Raises ValueError for an empty list, an example without an answer or too long for the model, with its place in the
    list, or a start that does not fit.
    """
    recipe = recipe or Recipe()
    if not examples:
        raise ValueError("There is nothing to train on: pass at least one chat.")
    if start:
        _check_start(start, recipe)
    folder = adapter_folder(examples, recipe, start)
    return training.train_once(folder, lambda made: _train_into(made, examples, recipe, label, start))


def adapter_folder(examples: Sequence[Chat], recipe: Recipe, start: Path | None = None) -> Path:
    """Where the adapter for these examples, this recipe, this start and the chosen base model is, or will be."""
    base = models.identity(models.chosen_generator())
    begun = [start.name] if start else []
    return training.cache_folder("adapters", base, asdict(recipe), [list(chat) for chat in examples], *begun)


def _check_start(start: Path, recipe: Recipe) -> None:
    """Refuse what cannot be gone on from: no adapter, or one of another shape (its parts would be left out)."""
    if not (start / "adapter_config.json").is_file():
        raise ValueError(f"{start} holds no adapter to go on from: pass a path that train returned.")
    begun, wanted = training.training_report(start)["recipe"], json.loads(json.dumps(asdict(recipe)))
    other = [part for part in ("rank", "alpha", "targets", "top_layers") if begun[part] != wanted[part]]
    if other:
        raise ValueError(f"The adapter to go on from has another {other[0]}: keep to {begun[other[0]]!r}.")


def add_adapter(model, recipe: Recipe):
    """The model with a fresh, seeded LoRA adapter, everything else frozen."""
    import transformers
    from peft import LoraConfig, get_peft_model

    transformers.set_seed(recipe.seed)
    targets = _linear_names(model) if recipe.targets == "all-linear" else list(recipe.targets)
    depth = model.config.num_hidden_layers
    layers = list(range(depth - recipe.top_layers, depth)) if recipe.top_layers else None
    config = LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        target_modules=targets,
        layers_to_transform=layers,
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)


def _trainable(model, recipe: Recipe, start: Path | None):
    """The model with what the recipe trains: an adapter, new or gone on from, or its own last layers."""
    if start is None:
        return add_adapter(model, recipe) if recipe.rank else open_layers(model, recipe)
    import transformers
    from peft import PeftModel

    transformers.set_seed(recipe.seed)
    return PeftModel.from_pretrained(model, str(start), is_trainable=True)


def open_layers(model, recipe: Recipe):
    """The model with all weights of its last layers to be trained, everything else frozen; ValueError if not told
    how many layers."""
    import transformers

    if not recipe.top_layers:
        raise ValueError("Full fine-tuning needs top_layers: say how many of the last layers to train.")
    transformers.set_seed(recipe.seed)
    model.requires_grad_(False)
    for layer in model.get_decoder().layers[-recipe.top_layers :]:
        layer.requires_grad_(True)
    return model


def _save(model, recipe: Recipe, folder: Path) -> None:
    if recipe.rank:
        model.save_pretrained(folder)
    else:
        folder.mkdir()
        trained = {name: weights for name, weights in model.named_parameters() if weights.requires_grad}
        save_file(trained, folder / FULL_WEIGHTS)


def _linear_names(model) -> list[str]:
    """Last names of all linear layers but the output head, as peft wants them when only some layers are adapted."""
    import torch

    names = {name.rsplit(".", 1)[-1] for name, part in model.named_modules() if isinstance(part, torch.nn.Linear)}
    return sorted(names - {"lm_head"})


def _train_into(folder: Path, examples: Sequence[Chat], recipe: Recipe, label: str, start: Path | None) -> None:
    model, tokenizer = models.load_llm()
    rows = encode_examples(tokenizer, examples, model.config.get_text_config().max_position_embeddings)
    a_pass = math.ceil(len(rows) / recipe.batch_size)  # the last batch of a pass may be smaller
    run = training.Training(recipe, max(1, round(recipe.epochs * a_pass)), label)
    tokens = round(sum(len(row["input_ids"]) for row in rows) * run.steps / a_pass)
    if frozen_layers.can_skip(model, recipe.top_layers):
        states = frozen_layers.lower_states(model, rows, recipe.top_layers)
        rows = [row | {"states": state} for row, state in zip(rows, states, strict=True)]
        frozen_layers.skip_lower(model, recipe.top_layers)
    trained = run.fit(
        _trainable(model, recipe, start),
        rows,
        lambda batch: collate(models.turns(tokenizer).end, batch),
        answer_loss,
        folder,
    )
    _save(trained, recipe, folder)
    speed = round(tokens / run.seconds, 1)
    run.report(folder, examples=len(rows), tokens=tokens, tokens_per_second=speed)
