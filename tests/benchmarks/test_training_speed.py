"""What each part of the training engine is worth, as tokens a second against plain transformers.Trainer with peft on
the same examples in the same run: ``make benchmarks``. Tokens are those of the examples; padding is not counted."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest
import torch
import transformers

from utils import finetuning, models
from utils.corpus import load_records
from utils.finetuning import frozen_layers, training
from utils.models import LLM, answer_loss, collate, encode_example
from utils.tasks import tickets

EXAMPLES = [tickets.example(record) for record in tickets.load("train")[:24]]
STEPS, ROUNDS = 6, 2
ALL = replace(tickets.RECIPE, epochs=2, batch_size=8, learning_rate=1e-3, top_layers=None)
DEPTH = transformers.AutoConfig.from_pretrained(models.location(models.chosen_generator())).num_hidden_layers
UPPER = replace(ALL, top_layers=DEPTH // 2)
APART = "plain Trainer, glibc as it comes"
LADDER = {  # every row adds one thing to the row before
    "plain Trainer, memory kept": {"recipe": ALL},
    "+ logits at the answers alone": {"recipe": ALL, "answers": True},
    "+ batches of like length": {"recipe": ALL, "answers": True, "sampling": "group_by_length"},
    "+ upper half adapted": {"recipe": UPPER, "answers": True, "sampling": "group_by_length"},
    "+ frozen half run once": {"recipe": UPPER, "answers": True, "sampling": "group_by_length", "skip": True},
}


def run(folder, recipe=UPPER, answers=False, sampling="random", skip=False) -> tuple[float, float]:
    """Tokens a second, and the mean loss of the second pass."""
    model, tokenizer = models.load_llm()
    rows = [encode_example(tokenizer, chat) for chat in EXAMPLES]
    tokens = sum(len(row["input_ids"]) for row in rows)
    start = time.perf_counter()
    if skip:
        states = frozen_layers.lower_states(model, rows, recipe.top_layers)
        rows = [row | {"states": state} for row, state in zip(rows, states, strict=True)]
        frozen_layers.skip_lower(model, recipe.top_layers)
    adapted, ours = finetuning.add_adapter(model, recipe), training.Training(recipe, STEPS, "a part of the ladder")

    def padded(batch):
        return collate(tokenizer.eos_token_id, batch)

    if answers:
        ours.fit(adapted, rows, padded, answer_loss, folder / "made", sampling)
        losses = ours.losses
    else:
        losses = plain_losses(adapted, rows, padded, ours._arguments(folder, sampling))
    half = STEPS // 2
    return 2 * tokens / (time.perf_counter() - start), sum(losses[half:]) / half


def plain_losses(model, rows, collator, arguments) -> list[float]:
    """The loss of every step of transformers.Trainer as it comes, with the loss that the model itself computes."""
    trainer = transformers.Trainer(model=model, args=arguments, train_dataset=rows, data_collator=collator)
    trainer.remove_callback(transformers.PrinterCallback)
    trainer.train()
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


def run_apart(folder) -> tuple[float, float]:
    """The same for the plain Trainer in a process of its own, which leaves glibc's handling of memory as it comes."""
    model, tokenizer = models.load_llm()
    job = {
        "model": models.location(models.chosen_generator()),
        "rows": [encode_example(tokenizer, chat) for chat in EXAMPLES],
        "pad": tokenizer.eos_token_id,
        "targets": sorted(finetuning.add_adapter(model, ALL).peft_config["default"].target_modules),
        "steps": STEPS,
        "folder": str(folder),
        **{name: getattr(ALL, name) for name in ("batch_size", "learning_rate", "rank", "alpha", "seed")},
    }
    (folder / "job.json").write_text(json.dumps(job))
    script = Path(__file__).with_name("plain_trainer.py")
    done = subprocess.run([sys.executable, script, folder / "job.json"], capture_output=True, text=True, check=True)
    result = json.loads(done.stdout.strip().splitlines()[-1])
    half = STEPS // 2
    return result["tokens_per_second"], sum(result["losses"][half:]) / half


def test_the_ladder_from_the_plain_trainer_to_ours(tmp_path):
    run(tmp_path, answers=True, skip=True)  # warms memory and caches up
    rounds = []
    for _ in range(ROUNDS):
        results = {APART: run_apart(tmp_path)}
        rounds.append(results | {name: run(tmp_path, **choices) for name, choices in LADDER.items()})
    plain = next(iter(LADDER))
    losses = [rounds[0][name][1] for name in LADDER]
    print(f"\n\n{'Training on 24 tickets, twice':36}{'tokens/s':>9}{'ratio':>7}{'loss':>8}")
    for name in rounds[0]:
        loss = rounds[0][name][1]
        ratio = median(results[name][0] / results[plain][0] for results in rounds)  # a round is slow or fast as a whole
        print(f"{name:36}{median(results[name][0] for results in rounds):9.0f}{ratio:7.2f}{loss:8.3f}")
    assert losses[1] == pytest.approx(losses[0], abs=0.01), "the same batches in the same order: the same loss"
    assert losses[4] == pytest.approx(losses[3], abs=0.01), "the frozen half does not change: the same loss"


def test_threads_and_merging(tmp_path):
    adapter = finetuning.train(EXAMPLES, replace(UPPER, epochs=1), "a short training")
    chats = [tickets.prompt(record) for record in load_records("tickets")[:32]]
    beside, merged = (LLM.load(adapter, merged=choice) for choice in (False, True))
    seconds, threads = {}, torch.get_num_threads()
    for name, llm, count in (("beside", beside, threads), ("merged", merged, threads), ("one thread", merged, 1)):
        torch.set_num_threads(count)
        llm.complete(chats[:4], 8)
        start = time.perf_counter()
        texts = [done.text for done in llm.complete(chats, 16)]
        seconds[name] = (time.perf_counter() - start, texts)
    torch.set_num_threads(threads)
    print(f"\n\n{'Answering 32 tickets':36}{'seconds':>9}{'ratio':>7}")
    for name, (spent, _) in seconds.items():
        print(f"{name:36}{spent:9.2f}{seconds['merged'][0] / spent:7.2f}")
    same = sum(a == b for a, b in zip(seconds["beside"][1], seconds["merged"][1], strict=True))
    assert same >= 29, "merging rounds differently, and no more"
