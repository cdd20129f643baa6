"""transformers.Trainer with peft as its documentation shows it, in a process that takes nothing from this package, not
even its memory settings: ``python plain_trainer.py JOB`` prints {"tokens_per_second", "losses"}.

JOB is a JSON file: model (folder), rows (input_ids and labels), pad, steps, batch_size, learning_rate, rank, alpha,
targets, seed, folder.
"""

import json
import sys
import time
from pathlib import Path

import torch
import transformers
from peft import LoraConfig, get_peft_model


def padded(rows: list[dict], pad: int) -> dict:
    width = max(len(row["input_ids"]) for row in rows)
    fills = {"input_ids": pad, "labels": -100, "attention_mask": 0}
    return {
        name: torch.tensor([[fill] * (width - len(row[name])) + row[name] for row in rows])
        for name, fill in fills.items()
    }


def main(job: dict) -> dict:
    transformers.set_seed(job["seed"])
    model = transformers.AutoModelForCausalLM.from_pretrained(job["model"], dtype=torch.float32)
    config = LoraConfig(r=job["rank"], lora_alpha=job["alpha"], target_modules=job["targets"], task_type="CAUSAL_LM")
    arguments = transformers.TrainingArguments(
        output_dir=job["folder"],
        max_steps=job["steps"],
        per_device_train_batch_size=job["batch_size"],
        learning_rate=job["learning_rate"],
        seed=job["seed"],
        save_strategy="no",
        logging_steps=1,
        disable_tqdm=True,
        report_to="none",
        remove_unused_columns=False,
        use_cpu=True,
    )
    rows = [row | {"attention_mask": [1] * len(row["input_ids"])} for row in job["rows"]]
    trainer = transformers.Trainer(
        model=get_peft_model(model, config),
        args=arguments,
        train_dataset=rows,
        data_collator=lambda batch: padded(batch, job["pad"]),
    )
    trainer.remove_callback(transformers.PrinterCallback)
    start = time.perf_counter()
    trainer.train()
    passes = job["steps"] * job["batch_size"] / len(rows)
    tokens = passes * sum(len(row["input_ids"]) for row in rows)
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return {"tokens_per_second": tokens / (time.perf_counter() - start), "losses": losses}


if __name__ == "__main__":
    print(json.dumps(main(json.loads(Path(sys.argv[1]).read_text()))))
