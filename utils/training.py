"""The pieces of a training run: a transformers.Trainer with the loss on answers, its arguments, a progress bar.

transformers is imported late, inside the functions: it takes seconds.
"""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from utils import settings
from utils.batches import answer_loss

REPORT = "training.json"  # written last, so a folder that holds it is whole


def once(folder: Path, train: Callable[[Path], None]) -> Path:
    """``folder``, filled by ``train(path)`` unless it is there already and whole.

    Safe with several processes at once (a file lock). The folder appears by one rename when training is complete, so an
    interrupted run leaves nothing that is later taken for whole.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        if not (folder / REPORT).is_file():
            with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{folder.name}.part-") as scratch:
                train(Path(scratch) / "made")
                shutil.rmtree(folder, ignore_errors=True)
                (Path(scratch) / "made").replace(folder)
    return folder


def arguments(recipe, steps: int, scratch: Path, sampling: str = "group_by_length"):
    """The recipe as transformers.TrainingArguments: so many steps, quiet, nothing saved on the way."""
    import transformers

    return transformers.TrainingArguments(
        output_dir=str(scratch / "trainer"),
        max_steps=steps,
        per_device_train_batch_size=recipe.batch_size,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=steps // 10,
        seed=recipe.seed,
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


def trainer_class():
    """A subclass of transformers.Trainer whose loss is ``answer_loss``."""
    import transformers

    class AnswerTrainer(transformers.Trainer):
        def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
            loss = answer_loss(model, inputs)
            return (loss, None) if return_outputs else loss

    return AnswerTrainer


def progress(steps: int, label: str):
    """A callback that shows a text progress bar with the time left and keeps the loss of every step."""
    import transformers

    class Progress(transformers.TrainerCallback):
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
