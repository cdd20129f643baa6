"""Two engines behind ``LLM.complete``: transformers, on any device, and CTranslate2 with 8-bit integers, fast on a CPU.

An engine gets one batch of prompts as token ids and gives back the tokens that it wrote, greedily, with its seconds;
``alone`` says whether it has the whole processor.
"""

import copy
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from utils import settings

ATTENDED = 6_000_000  # pairs of tokens in a batch: about a gigabyte of attention in a model of 14 heads
KEPT = 6_000  # tokens in a batch: a gigabyte of keys and values in ``medium``, kept for each of its 14 heads


@dataclass(frozen=True)
class Written:
    """The new tokens of one prompt, and when, in seconds from the start, its batch had the first one and the last."""

    tokens: list[int]
    first: float
    end: float


class _PrefillClock:
    """A logits processor that changes nothing and notes when the first logits, the end of the prefill, are there."""

    def __init__(self):
        self.first = None

    def __call__(self, input_ids, scores):
        self.first = self.first or time.perf_counter()
        return scores


class TransformersEngine:
    """Left-padded greedy decoding with transformers; a shared prefix, computed once, stands before the padding."""

    def __init__(self, model, stops: Sequence[int], pad: int):
        self.model, self.stops, self.pad = model, list(stops), pad
        self._prefixes = {}

    @property
    def context(self) -> int:
        """Tokens that prompt and answer may have together."""
        return self.model.config.get_text_config().max_position_embeddings

    @property
    def side_by_side(self) -> int:
        """How many batches to answer at the same time: as many as torch has threads on a CPU, one on an accelerator."""
        import torch

        return torch.get_num_threads() if settings.device() == "cpu" else 1

    def most_rows(self, rows: int, longest: int, head: int) -> int:
        """All of ``rows``: attention is computed in pieces here, so long prompts need no smaller batches."""
        return rows

    def prepare(self, shared: list[int]) -> None:
        """Compute the prefix before several batches ask for it."""
        self._prefix(shared, 1)

    def write(
        self,
        prompts: Sequence[list[int]],
        shared: list[int],
        most: int,
        least: int,
        alone: bool = True,
        allowed: Callable[[list[int]], list[int]] | None = None,
    ) -> list[Written]:
        """Up to ``most`` and at least ``least`` new tokens for every prompt of a batch; all begin with ``shared``.

        ``allowed``: from the new tokens so far to those that may come next; none ends the answer.
        """
        import torch
        from transformers import LogitsProcessorList

        start, head, longest = time.perf_counter(), len(shared), max(map(len, prompts))
        gaps = [longest - len(ids) for ids in prompts]
        ids = [row[:head] + [self.pad] * gap + row[head:] for row, gap in zip(prompts, gaps, strict=True)]
        mask = [[1] * head + [0] * gap + [1] * (longest - head - gap) for gap in gaps]
        cache = {"past_key_values": self._prefix(shared, len(prompts))} if shared else {}
        following = allowed and (lambda _, tokens: allowed(tokens[longest:].tolist()) or self.stops)
        clock = _PrefillClock()
        with torch.inference_mode():
            out = self.model.generate(
                input_ids=torch.tensor(ids, device=self.model.device),
                attention_mask=torch.tensor(mask, device=self.model.device),
                min_new_tokens=least or None,
                max_new_tokens=most,
                do_sample=False,
                eos_token_id=self.stops,
                pad_token_id=self.pad,
                logits_processor=LogitsProcessorList([clock]),
                prefix_allowed_tokens_fn=following,
                **cache,
            )
        end = time.perf_counter() - start
        rows = [row[longest:].tolist() for row in out]
        return [Written(self._until_stop(row), clock.first - start, end) for row in rows]

    def _until_stop(self, tokens: list[int]) -> list[int]:
        length = next((i for i, token in enumerate(tokens) if token in self.stops), len(tokens))
        return tokens[:length]

    def _prefix(self, ids: list[int], rows: int):
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


class CTranslate2Engine:
    """Greedy decoding with CTranslate2; ``folder`` holds a model that ``converted`` made.

    Several batches run side by side with one thread each; a single one gets all threads, in a copy of its own that is
    loaded at its first use.
    """

    def __init__(self, folder: Path | str, tokenizer, stops: Sequence[int], context: int, compute_type: str):
        self.folder, self.tokenizer, self.stops, self.context = str(folder), tokenizer, list(stops), context
        self.compute_type = compute_type
        self.side_by_side = settings.threads()  # batches at the same time; while they run, torch has one thread
        self._generators, self._loading = {}, threading.Lock()

    def most_rows(self, rows: int, longest: int, head: int) -> int:
        """How many of ``rows`` prompts make a batch if the longest has so many tokens, ``head`` of them shared.

        Each new token attends to all, and every attention head holds a number for each such pair. Keys and values of
        all tokens are kept for every head, even where the model shares them between heads, and copied at every step.
        """
        return max(1, min(rows, ATTENDED // (longest * (longest - head)), KEPT // longest))

    def prepare(self, shared: list[int]) -> None:
        """Nothing: every copy of the model keeps the state of a prefix from its first use on."""

    def write(
        self, prompts: Sequence[list[int]], shared: list[int], most: int, least: int, alone: bool = True
    ) -> list[Written]:
        """Up to ``most`` and at least ``least`` new tokens for every prompt of a batch; all begin with ``shared``."""
        words, head, times = self.tokenizer.convert_ids_to_tokens, len(shared), []
        start = time.perf_counter()
        found = self._generator(alone).generate_batch(
            [words(ids[head:]) for ids in prompts],
            max_length=most,
            min_length=least,
            end_token=self.stops,
            static_prompt=words(shared) if shared else None,
            include_prompt_in_result=False,
            callback=lambda step: times.append(time.perf_counter()) if not times else None,
        )
        end = time.perf_counter()
        first = (times[0] if times else end) - start
        return [Written(list(one.sequences_ids[0]), first, end - start) for one in found]

    def _generator(self, alone: bool):
        import ctranslate2

        with self._loading:  # two batches side by side would load it twice
            if alone not in self._generators:
                wide, deep = (1, self.side_by_side) if alone else (self.side_by_side, 1)
                self._generators[alone] = ctranslate2.Generator(
                    self.folder, device="cpu", compute_type=self.compute_type, inter_threads=wide, intra_threads=deep
                )
            return self._generators[alone]
