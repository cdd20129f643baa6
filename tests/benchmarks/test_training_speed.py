"""What each part of the training engine is worth, as tokens a second against plain transformers.Trainer with peft on
the same examples in the same run: ``make benchmarks``. Tokens are those of the examples; padding is not counted."""

import time
from dataclasses import replace

import pytest
import torch
import transformers

from utils import corpus, finetuning, frozen, models, tickets, training
from utils.batches import collate, encode
from utils.generation import LLM

EXAMPLES = [tickets.example(record) for record in corpus.load_jsonl("tickets") if record["split"] == "train"][:48]
UPPER = replace(tickets.RECIPE, epochs=2, batch_size=8, learning_rate=1e-3)
LADDER = {  # every row adds one thing to the row before
    "plain Trainer, all layers adapted": {"recipe": replace(UPPER, top_layers=None)},
    "plain Trainer, upper half adapted": {},
    "+ logits at the answers alone": {"answers": True},
    "+ batches of like length": {"answers": True, "sampling": "group_by_length"},
    "+ frozen half run once": {"answers": True, "sampling": "group_by_length", "skip": True},
}


def run(folder, recipe=UPPER, answers=False, sampling="random", skip=False) -> tuple[float, float]:
    """Tokens a second, and the mean loss of the last pass."""
    model, tokenizer = models.load_llm()
    rows = [encode(tokenizer, chat) for chat in EXAMPLES]
    tokens = sum(len(row["input_ids"]) for row in rows)
    start = time.perf_counter()
    if skip:
        states = frozen.lower_states(model, rows, recipe.top_layers)
        rows = [row | {"states": state} for row, state in zip(rows, states, strict=True)]
        frozen.skip_lower(model, recipe.top_layers)
    trainer = (training.trainer_class() if answers else transformers.Trainer)(
        model=finetuning.add_adapter(model, recipe),
        args=training.arguments(recipe, 12, folder, sampling),
        train_dataset=rows,
        data_collator=lambda batch: collate(tokenizer.eos_token_id, batch),
    )
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return 2 * tokens / (time.perf_counter() - start), sum(losses[6:]) / 6


def test_the_ladder_from_the_plain_trainer_to_ours(tmp_path):
    run(tmp_path, answers=True, skip=True)  # warms memory and caches up
    print(f"\n\n{'Training on 48 tickets, twice':36}{'tokens/s':>9}{'ratio':>7}{'loss':>8}")
    results = {}
    for name, choices in LADDER.items():
        speed, loss = results[name] = max(run(tmp_path, **choices) for _ in range(2))
        first = next(iter(results.values()))[0]
        print(f"{name:36}{speed:9.0f}{speed / first:7.2f}{loss:8.3f}")
    losses = [loss for _, loss in results.values()]
    assert losses[2] == pytest.approx(losses[1], abs=0.01), "the same batches in the same order: the same loss"
    assert losses[4] == pytest.approx(losses[3], abs=0.01), "the frozen half does not change: the same loss"
    assert losses[4] < losses[0] + 0.15, "other batches and fewer layers should learn about as well in as many steps"


def test_threads_and_merging(tmp_path):
    adapter = finetuning.train(EXAMPLES, replace(UPPER, epochs=1), "a short training")
    chats = [tickets.chat(record["complaint"]) for record in corpus.load_jsonl("tickets")[:32]]
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
