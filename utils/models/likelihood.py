"""How well a model expects an answer: tokens and labels of a chat, padded batches, and the loss over the answers.

Training minimises this loss; the same loss measures what a model learned and what it forgot.
"""

from collections.abc import Sequence

from utils.models.chats import answer_tokens, as_tokens
from utils.models.llm import LLM
from utils.models.templates import Chat

IGNORED = -100  # label of tokens that are not learned, as torch's cross entropy expects it


def encode_example(tokenizer, chat: Chat) -> dict[str, list[int]]:
    """Token ids of a chat that ends with the assistant's answer, and labels: the answer and the end of its turn, as the
    model's own template writes them.

    Raises ValueError if the last message is not an answer with text.
    """
    if len(chat) < 2 or chat[-1]["role"] != "assistant" or not chat[-1]["content"].strip():
        raise ValueError("A training example must end with an assistant message that has text.")
    ids = as_tokens(tokenizer, chat[:-1])
    answer = answer_tokens(tokenizer, chat)
    return {"input_ids": ids + answer, "labels": [IGNORED] * len(ids) + answer}


def encode_examples(tokenizer, chats: Sequence[Chat], context: int) -> list[dict[str, list[int]]]:
    """``encode_example`` for every chat. Raises ValueError, with its place in ``chats``, for one that has no answer or
    more tokens than the model's context."""
    rows = []
    for place, chat in enumerate(chats):
        try:
            rows.append(encode_example(tokenizer, chat))
        except ValueError as problem:
            raise ValueError(f"chats[{place}]: {problem}") from None
        if len(rows[-1]["input_ids"]) > context:
            length = len(rows[-1]["input_ids"])
            raise ValueError(f"chats[{place}] has {length} tokens and may have {context}: shorten it.")
    return rows


def collate(pad: int, rows: Sequence[dict]) -> dict:
    """Rows padded on the left, so that all answers of a batch end in the same column: tensors (rows, tokens).

    Rows that bring ``states`` (see ``finetuning.frozen_layers``) give ``inputs_embeds`` (rows, tokens, width) in
    place of ``input_ids``.
    """
    import torch

    width = max(len(row["input_ids"]) for row in rows)
    gaps = [width - len(row["input_ids"]) for row in rows]
    filled = {
        "input_ids": [[pad] * gap + row["input_ids"] for row, gap in zip(rows, gaps, strict=True)],
        "attention_mask": [[0] * gap + [1] * (width - gap) for gap in gaps],
        "labels": [[IGNORED] * gap + row["labels"] for row, gap in zip(rows, gaps, strict=True)],
    }
    batch = {name: torch.tensor(values) for name, values in filled.items()}
    if "states" in rows[0]:  # what the frozen lower layers handed up stands for the tokens
        states = [torch.nn.functional.pad(row["states"], (0, 0, gap, 0)) for row, gap in zip(rows, gaps, strict=True)]
        batch["inputs_embeds"] = torch.stack(states)
        del batch["input_ids"]
    return batch


def answer_loss(model, inputs: dict):
    """Mean cross entropy (nats a token) over the labelled tokens, with logits computed at their positions alone.

    The vocabulary of 49,152 makes the logits the most expensive part of a short example; most positions need none.
    """
    import torch

    core = model.get_base_model() if hasattr(model, "get_base_model") else model  # peft puts its layers into the core
    read = {name: inputs[name] for name in ("input_ids", "inputs_embeds") if name in inputs}
    positions = (inputs["attention_mask"].cumsum(1) - 1).clamp(min=0)
    states = core.get_decoder()(
        **read, attention_mask=inputs["attention_mask"], position_ids=positions, use_cache=False
    ).last_hidden_state
    wanted = inputs["labels"][:, 1:]
    learned = wanted != IGNORED
    logits = core.get_output_embeddings()(states[:, :-1][learned])
    return torch.nn.functional.cross_entropy(logits.float(), wanted[learned])


def losses(llm: LLM, pages: Sequence[Chat]) -> list[float]:
    """Mean negative log-likelihood a token of every page's text, in nats; its exponential is the perplexity."""
    import torch

    if not pages:
        return []
    rows, place = encode_examples(llm.tokenizer, pages, llm.engine.context), llm.model.device
    batches = [collate(0, [_text_alone(row)]) for row in rows]
    with torch.inference_mode():
        return [
            float(answer_loss(llm.model, {name: values.to(place) for name, values in batch.items()}))
            for batch in batches
        ]


def _text_alone(row: dict) -> dict:
    """The row with the end of the turn unlabelled: a page that was cut does not end there."""
    return row | {"labels": [*row["labels"][:-1], IGNORED]}
