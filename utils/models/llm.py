"""Batched, timed, greedy completion with the generator, and a prompt prefix that is computed once for all prompts."""

import copy
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from utils import settings
from utils.models import batching
from utils.models.files import FULL_WEIGHTS
from utils.models.loading import load_llm

Chat = Sequence[dict]  # [{"role": "system" | "user" | "assistant", "content": str}, ...]


@dataclass(frozen=True)
class Completion:
    """One generated answer. Seconds are its share of its batch: prompt (``prefill_seconds``) and all together."""

    text: str
    prompt_tokens: int
    new_tokens: int
    prefill_seconds: float
    seconds: float


class _PrefillClock:
    """A logits processor that changes nothing and notes when the first logits, the end of the prefill, are there."""

    def __init__(self):
        self.first = None

    def __call__(self, input_ids, scores):
        self.first = self.first or time.perf_counter()
        return scores


class LLM:
    """The generator with its tokenizer. ``LLM.load()`` is the usual way to get one."""

    def __init__(self, model, tokenizer):
        self.model, self.tokenizer = model, tokenizer
        self._prefixes = {}
        turn_end = tokenizer.convert_tokens_to_ids("<|im_end|>")  # ends a turn in ChatML templates
        self._stops = sorted({tokenizer.eos_token_id, turn_end} - {None, tokenizer.unk_token_id})
        self._pad = tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id

    @classmethod
    def load(cls, adapter: Path | str | None = None, merged: bool = True) -> "LLM":
        """The base model, or with a LoRA adapter: merged into the weights (no slower than the base) or beside them."""
        model, tokenizer = load_llm()
        if adapter is not None and (Path(adapter) / FULL_WEIGHTS).is_file():  # full fine-tuning of some layers
            from safetensors.torch import load_file

            model.load_state_dict(load_file(Path(adapter) / FULL_WEIGHTS), strict=False)
        elif adapter is not None:
            from peft import PeftModel

            if not (Path(adapter) / "adapter_config.json").is_file():
                raise ValueError(f"{adapter} holds no adapter: pass the path that finetuning.train returned.")
            model = PeftModel.from_pretrained(model, str(adapter)).eval()
            model = model.merge_and_unload() if merged else model
        return cls(model, tokenizer)

    def prompt_ids(self, chat: Chat) -> list[int]:
        """Token ids of a chat, ending where the assistant's answer begins."""
        text = self.tokenizer.apply_chat_template(list(chat), tokenize=False, add_generation_prompt=True)
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def complete(
        self,
        chats: Sequence[Chat],
        max_new_tokens: int = 32,
        batch_size: int = 32,
        prefix: Chat = (),
        label: str = "",
        min_new_tokens: int = 0,
    ) -> list[Completion]:
        """Answer every chat greedily, in the order given, in batches of similar length, one batch a processor core.

        ``prefix``: messages (system prompt, few-shot examples) whose keys and values are computed once and reused by
        every chat that begins with them; a user's turn at its end may go on in the chat. ``label``: shows a progress
        bar under this name. ``min_new_tokens``: go on to so many tokens, whatever the model would do, for timings that
        compare. An empty list gives an empty list. Raises ValueError for a chat that is empty or leaves no room in the
        model's context.
        """
        if max_new_tokens < 1 or batch_size < 1:
            raise ValueError("max_new_tokens and batch_size must be 1 or more.")
        if min_new_tokens > max_new_tokens:
            raise ValueError("min_new_tokens must not be more than max_new_tokens.")
        prompts = [self._checked(chat, number, max_new_tokens) for number, chat in enumerate(chats)]
        shared = self._prefix_ids(prefix)
        begins = [bool(shared) and len(ids) > len(shared) and ids[: len(shared)] == shared for ids in prompts]
        order = sorted(range(len(prompts)), key=lambda i: (not begins[i], -len(prompts[i])))
        answers: list = [None] * len(prompts)
        bar = settings.progress(len(prompts), label, "answer") if label and prompts else None

        def answer(rows: list[int], share: float) -> None:
            head = shared if begins[rows[0]] else []
            batch = self._batch([prompts[i] for i in rows], max_new_tokens, head, share, min_new_tokens)
            for i, completion in zip(rows, batch, strict=True):
                answers[i] = completion
            if bar:
                bar.update(len(rows))

        if any(begins):
            self._prefix_cache(shared, 1)  # computed once, before several batches ask for it
        batches = [
            rows
            for with_prefix in (True, False)
            for rows in batching.cut([i for i in order if begins[i] == with_prefix], batch_size, batching.workers())
        ]
        workers = min(batching.workers(), len(batches))
        batching.run([lambda rows=rows: answer(rows, 1 / workers) for rows in batches], workers)
        if bar:
            bar.close()
        return answers

    def _checked(self, chat: Chat, number: int, max_new_tokens: int) -> list[int]:
        if not chat or not any(message.get("content", "").strip() for message in chat):
            raise ValueError(f"Chat {number} is empty: give at least one message with text.")
        ids = self.prompt_ids(chat)
        room = self.model.config.max_position_embeddings - max_new_tokens
        if len(ids) > room:
            raise ValueError(
                f"Chat {number} has {len(ids)} tokens and the context leaves room for {room}: shorten the prompt."
            )
        return ids

    def _prefix_ids(self, prefix: Chat) -> list[int]:
        if not prefix:
            return []
        text = self.tokenizer.apply_chat_template(list(prefix), tokenize=False)
        if prefix[-1]["role"] == "user":  # the beginning of the turn in which the question follows
            text = text[: text.rindex(prefix[-1]["content"]) + len(prefix[-1]["content"])]
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def _prefix_cache(self, ids: list[int], rows: int):
        """Keys and values of the prefix, computed at its first use, repeated for every row of a batch."""
        import torch
        from transformers import DynamicCache

        key = tuple(ids)
        if key not in self._prefixes:
            cache = DynamicCache(config=self.model.config)
            with torch.inference_mode():
                tokens = torch.tensor([ids], device=self.model.device)
                self.model(input_ids=tokens, past_key_values=cache, use_cache=True, logits_to_keep=1)
            self._prefixes = {key: cache}  # one at a time: prefixes are long and used in runs
        cache = copy.deepcopy(self._prefixes[key])
        if rows > 1:  # for one row it would only copy a second time
            cache.batch_repeat_interleave(rows)
        return cache

    def _batch(
        self, prompts: list[list[int]], max_new_tokens: int, shared: list[int], part: float, min_new_tokens: int = 0
    ) -> list[Completion]:
        """Left-padded greedy decoding of one batch; with ``shared``, the padding stands behind the cached prefix.
        ``part``: of the machine's time, where several batches run side by side."""
        import torch
        from transformers import LogitsProcessorList

        start = time.perf_counter()
        longest = max(map(len, prompts))
        gaps = [longest - len(ids) for ids in prompts]
        head = len(shared)
        ids = [row[:head] + [self._pad] * gap + row[head:] for row, gap in zip(prompts, gaps, strict=True)]
        mask = [[1] * head + [0] * gap + [1] * (longest - head - gap) for gap in gaps]
        cache = {"past_key_values": self._prefix_cache(shared, len(prompts))} if shared else {}
        clock = _PrefillClock()
        with torch.inference_mode():
            out = self.model.generate(
                input_ids=torch.tensor(ids, device=self.model.device),
                attention_mask=torch.tensor(mask, device=self.model.device),
                min_new_tokens=min_new_tokens or None,
                max_new_tokens=max_new_tokens,
                do_sample=False,
                eos_token_id=self._stops,
                pad_token_id=self._pad,
                logits_processor=LogitsProcessorList([clock]),
                **cache,
            )
        end = time.perf_counter()
        share = len(prompts) / part
        return [
            self._completion(prompt, row[longest:].tolist(), (clock.first - start) / share, (end - start) / share)
            for prompt, row in zip(prompts, out, strict=True)
        ]

    def _completion(self, prompt: list[int], new: list[int], prefill: float, seconds: float) -> Completion:
        length = next((i for i, token in enumerate(new) if token in self._stops), len(new))
        text = self.tokenizer.decode(new[:length], skip_special_tokens=True).strip()
        return Completion(text, len(prompt), length, prefill, seconds)
