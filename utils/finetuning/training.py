"""A training run, whatever is trained: the cache of what was trained, a Trainer with a loss of its own, a progress bar.

transformers is imported late, inside the functions: it takes seconds.
"""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from utils import settings
from utils.models import TRAINING_REPORT, intact, make_once


def cache_folder(kind: str, *content) -> Path:
    """Where something trained is, or will be: in the folder ``kind`` of the runs, by a hash of all it depends on."""
    key = json.dumps(content, sort_keys=True)
    return settings.runs_dir() / kind / hashlib.sha256(key.encode()).hexdigest()[:16]


def train_once(folder: Path, train: Callable[[Path], None]) -> Path:
    """``folder``, filled by ``train(path)`` unless it is there already, whole and undamaged (see ``make_once``)."""

    def whole() -> bool:
        return (folder / TRAINING_REPORT).is_file() and intact(folder)

    return make_once(folder, whole, train)


def training_report(folder: Path | str) -> dict:
    """What a training took: recipe, steps, seconds, losses by step, and what else its kind of training reports."""
    return json.loads((Path(folder) / TRAINING_REPORT).read_text(encoding="utf-8"))


class Training:
    """One run of transformers.Trainer: ``fit`` minimises a loss, ``report`` writes what it took.

    ``steps`` of ``recipe.batch_size`` rows at a learning rate that falls linearly after a warm-up of a tenth. The clock
    starts when the object is made, so that preparing the rows counts.
    """

    def __init__(self, recipe, steps: int, label: str):
        self.recipe, self.steps, self.label = recipe, steps, label
        self.losses: list[float] = []
        self.seconds, self._clock = 0.0, time.perf_counter()

    def fit(self, model, rows: Sequence, collate: Callable, loss: Callable, folder: Path, sampling="group_by_length"):
        """The trained model. ``loss(model, batch)`` is a scalar, ``collate(rows)`` a batch as tensors by name."""
        import transformers

        class LossTrainer(transformers.Trainer):
            def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
                value = loss(model, inputs)
                return (value, None) if return_outputs else value

        trainer = LossTrainer(
            model=model,
            args=self._arguments(folder.parent / "trainer", sampling),
            train_dataset=rows,
            data_collator=collate,
            callbacks=[_progress(self)],
        )
        trainer.remove_callback(transformers.PrinterCallback)
        trainer.train()
        self.seconds = time.perf_counter() - self._clock
        return trainer.model

    def report(self, folder: Path, **more) -> None:
        """Write ``training.json``, which makes the folder whole."""
        report = {"recipe": asdict(self.recipe), **more, "steps": self.steps, "seconds": round(self.seconds, 2)}
        (folder / TRAINING_REPORT).write_text(json.dumps(report | {"losses": self.losses}), encoding="utf-8")

    def _arguments(self, folder: Path, sampling: str):
        """transformers.TrainingArguments: so many steps, quiet, nothing saved on the way."""
        import transformers

        return transformers.TrainingArguments(
            output_dir=str(folder),
            max_steps=self.steps,
            per_device_train_batch_size=self.recipe.batch_size,
            learning_rate=self.recipe.learning_rate,
            lr_scheduler_type="linear",
            warmup_steps=self.steps // 10,
            seed=self.recipe.seed,
            **_order(sampling),
            save_strategy="no",
            logging_steps=1,
            disable_tqdm=True,
            report_to="none",
            remove_unused_columns=False,
            dataloader_pin_memory=False,
            use_cpu=settings.device() == "cpu",
        )


def _order(sampling: str) -> dict:
    """The argument that orders the examples: transformers 5.2 gave it another name."""
    import transformers

    if "train_sampling_strategy" in transformers.TrainingArguments.__dataclass_fields__:
        return {"train_sampling_strategy": sampling}
    return {"group_by_length": sampling == "group_by_length"}


def _progress(training: Training):
    """A callback that shows a text progress bar with the time left and keeps the loss of every step."""
    import transformers

    class Progress(transformers.TrainerCallback):
        def on_train_begin(self, args, state, control, **kwargs):
            self.bar = settings.progress(training.steps, training.label, "step")

        def on_log(self, args, state, control, logs=None, **kwargs):
            if "loss" in (logs or {}):
                training.losses.append(round(logs["loss"], 4))
                self.bar.set_postfix_str(f"loss {logs['loss']:.2f}", refresh=False)
                self.bar.update(1)

        def on_train_end(self, args, state, control, **kwargs):
            self.bar.close()

    return Progress()
