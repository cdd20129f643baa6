"""LoRA fine-tuning on chat examples: the recipe, a trainer that skips needless logits, and a cache of adapters.

LoRA: Hu et al. 2021, arXiv 2106.09685, as implemented by peft.
"""

import hashlib
import json
import math
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock

from utils import models, settings
from utils.batches import answer_loss, collate, encode
from utils.generation import Chat


@dataclass(frozen=True)
class Recipe:
    """How to train. The defaults were chosen on development splits.

    ``alpha / rank`` scales the adapter's update; ``targets`` is a peft target ("all-linear" or module names);
    ``top_layers`` adapts only that many of the last layers (None: all), which spares the backward pass through the
    others; ``epochs`` passes over the examples; ``learning_rate`` falls linearly to zero after a warm-up of a tenth.
    """

    rank: int = 16
    alpha: int = 32
    targets: str | tuple[str, ...] = "all-linear"
    top_layers: int | None = None
    learning_rate: float = 5e-4
    epochs: float = 2
    batch_size: int = 8
    seed: int = settings.SEED


def adapter_path(examples: Sequence[Chat], recipe: Recipe) -> Path:
    """Where the adapter for these examples, this recipe and the chosen base model is, or will be."""
    base = models.identity(settings.llm_name(), models.GENERATOR)
    content = json.dumps([base, asdict(recipe), [list(chat) for chat in examples]], sort_keys=True)
    return settings.runs_dir() / "adapters" / hashlib.sha256(content.encode()).hexdigest()[:16]


def train(examples: Sequence[Chat], recipe: Recipe | None = None, label: str = "training") -> Path:
    """Train a LoRA adapter and return its folder; the same examples, recipe and base model are trained only once.

    The folder holds peft's files and ``training.json``: seconds, tokens (read once for every epoch), losses by step.
    It appears by one rename when training is complete, so an interrupted run leaves nothing to be taken for whole.
    Raises ValueError for an empty list or an example without an answer.
    """
    recipe = recipe or Recipe()
    if not examples:
        raise ValueError("There is nothing to train on: pass at least one chat.")
    folder = adapter_path(examples, recipe)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        if not (folder / "training.json").is_file():
            with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{folder.name}.part-") as scratch:
                _train_into(Path(scratch) / "adapter", examples, recipe, label)
                shutil.rmtree(folder, ignore_errors=True)
                (Path(scratch) / "adapter").replace(folder)
    return folder


def training_report(adapter: Path) -> dict:
    """What training an adapter took: examples, tokens, steps, seconds, tokens_per_second, losses (one a step)."""
    return json.loads((adapter / "training.json").read_text(encoding="utf-8"))


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


def _linear_names(model) -> list[str]:
    """Last names of all linear layers but the output head, as peft wants them when only some layers are adapted."""
    import torch

    names = {name.rsplit(".", 1)[-1] for name, part in model.named_modules() if isinstance(part, torch.nn.Linear)}
    return sorted(names - {"lm_head"})


def _train_into(folder: Path, examples: Sequence[Chat], recipe: Recipe, label: str) -> None:
    import transformers

    model, tokenizer = models.load_llm()
    rows = [encode(tokenizer, chat) for chat in examples]
    a_pass = math.ceil(len(rows) / recipe.batch_size)  # the last batch of a pass may be smaller
    steps = max(1, round(recipe.epochs * a_pass))
    progress = _progress_callback(transformers.TrainerCallback, steps, label)
    trainer = _trainer_class(transformers.Trainer)(
        model=add_adapter(model, recipe),
        args=transformers.TrainingArguments(
            output_dir=str(folder.parent / "trainer"),
            max_steps=steps,
            per_device_train_batch_size=recipe.batch_size,
            learning_rate=recipe.learning_rate,
            lr_scheduler_type="linear",
            warmup_steps=steps // 10,
            seed=recipe.seed,
            save_strategy="no",
            logging_steps=1,
            disable_tqdm=True,
            report_to="none",
            remove_unused_columns=False,
            dataloader_pin_memory=False,
            use_cpu=settings.device() == "cpu",
        ),
        train_dataset=rows,
        data_collator=lambda batch: collate(tokenizer.eos_token_id, batch),
        callbacks=[progress],
    )
    trainer.remove_callback(transformers.PrinterCallback)
    start = time.perf_counter()
    trainer.train()
    seconds = time.perf_counter() - start
    tokens = round(sum(len(row["input_ids"]) for row in rows) * steps / a_pass)
    trainer.model.save_pretrained(folder)
    report = {
        "examples": len(rows),
        "tokens": tokens,
        "steps": steps,
        "seconds": round(seconds, 2),
        "tokens_per_second": round(tokens / seconds, 1),
        "losses": progress.losses,
    }
    (folder / "training.json").write_text(json.dumps(report), encoding="utf-8")


def _trainer_class(base):
    """A subclass of transformers.Trainer (imported late: it takes seconds) whose loss is ``answer_loss``."""

    class AnswerTrainer(base):
        def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
            loss = answer_loss(model, inputs)
            return (loss, None) if return_outputs else loss

    return AnswerTrainer


def _progress_callback(base, steps: int, label: str):
    """A callback that shows a text progress bar with the time left and keeps the loss of every step."""

    class Progress(base):
        def __init__(self):
            self.losses = []

        def on_train_begin(self, args, state, control, **kwargs):
            self.bar = settings.progress(steps, label, "step")

        def on_log(self, args, state, control, logs=None, **kwargs):
            if "loss" in (logs or {}):
                self.losses.append(round(logs["loss"], 4))
                self.bar.set_postfix_str(f"loss {logs['loss']:.2f}", refresh=False)
                self.bar.update(1)

        def on_train_end(self, args, state, control, **kwargs):
            self.bar.close()

    return Progress()
