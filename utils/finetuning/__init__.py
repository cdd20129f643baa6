"""Training: recipes, LoRA adapters, a reader that uses retrieved passages, the embedder, a cross-encoder.

Here belongs how something is trained, and the examples that only a retriever can make. What a task of its own trains
on belongs in ``tasks``.
"""

from utils.finetuning.adapters import Recipe, add_adapter, train
from utils.finetuning.training import training_report
