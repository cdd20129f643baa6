"""From chats to a training step: which tokens are learned, how rows are padded, and the loss over the answers."""

from collections.abc import Sequence

from utils.generation import Chat

IGNORED = -100  # label of tokens that are not learned, as torch's cross entropy expects it


def encode(tokenizer, chat: Chat) -> dict[str, list[int]]:
    """Token ids of a chat that ends with the assistant's answer, and labels: the answer and its end-of-turn token.

    Raises ValueError if the last message is not an answer with text.
    """
    if len(chat) < 2 or chat[-1]["role"] != "assistant" or not chat[-1]["content"].strip():
        raise ValueError("A training example must end with an assistant message that has text.")
    prompt = tokenizer.apply_chat_template(list(chat[:-1]), tokenize=False, add_generation_prompt=True)
    ids = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    answer = tokenizer(chat[-1]["content"] + "<|im_end|>", add_special_tokens=False)["input_ids"]
    return {"input_ids": ids + answer, "labels": [IGNORED] * len(ids) + answer}


def collate(pad: int, rows: Sequence[dict]) -> dict:
    """Rows padded on the left, so that all answers of a batch end in the same column: tensors (rows, tokens)."""
    import torch

    width = max(len(row["input_ids"]) for row in rows)
    gaps = [width - len(row["input_ids"]) for row in rows]
    filled = {
        "input_ids": [[pad] * gap + row["input_ids"] for row, gap in zip(rows, gaps, strict=True)],
        "attention_mask": [[0] * gap + [1] * (width - gap) for gap in gaps],
        "labels": [[IGNORED] * gap + row["labels"] for row, gap in zip(rows, gaps, strict=True)],
    }
    return {name: torch.tensor(values) for name, values in filled.items()}


def answer_loss(model, inputs: dict):
    """Mean cross entropy (nats a token) over the labelled tokens, with logits computed at their positions alone.

    The vocabulary of 49,152 makes the logits the dearest part of a short example; most positions need none.
    """
    import torch

    labels = inputs["labels"]
    answers = int((labels != IGNORED).any(dim=0).sum())  # left padding: the last columns of the batch
    positions = torch.stack([row.cumsum(0).clamp(min=1) - 1 for row in inputs["attention_mask"]])
    logits = model(
        input_ids=inputs["input_ids"],
        attention_mask=inputs["attention_mask"],
        position_ids=positions,
        logits_to_keep=answers + 1,
        use_cache=False,
    ).logits
    predicted, wanted = logits[:, :-1].flatten(0, 1), labels[:, -answers:].flatten()
    learned = wanted != IGNORED
    return torch.nn.functional.cross_entropy(predicted[learned].float(), wanted[learned])
