"""``LLM.complete``: many chats answered greedily, in batches, timed, with a prompt prefix that is computed once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from utils import settings
from utils.models import batching
from utils.models.chats import as_tokens, prefix_tokens
from utils.models.converted import available, compute_type, converted
from utils.models.engines import CTranslate2Engine, TransformersEngine, Written
from utils.models.grammar import Grammar
from utils.models.loading import context_length, load_llm, load_tokenizer, with_adapter
from utils.models.templates import Chat, turns


@dataclass(frozen=True)
class Completion:
    """One generated answer. Seconds are its share of its batch: prompt (``prefill_seconds``) and all together.

    ``problem``: why the model wasn't asked, where another text than its own stands for the answer.
    """

    text: str
    prompt_tokens: int
    new_tokens: int
    prefill_seconds: float
    seconds: float
    problem: str = ""


class TooLongError(ValueError):
    """Chats that leave no room for an answer: ``tokens`` by their place in the list, and the ``room`` that they have.

    It is raised before anything is computed, so that whoever asked can leave them out and ask again.
    """

    def __init__(self, tokens: Mapping[int, int], room: int):
        first, *others = tokens
        more = f" (and {len(others)} more {'are' if len(others) > 1 else 'is'} too long)" if others else ""
        super().__init__(f"chats[{first}] has {tokens[first]} tokens and may have {room}{more}: shorten the prompt.")
        self.tokens, self.room = dict(tokens), room


class LLM:
    """A generator with its tokenizer and the engine that computes. ``LLM.load()`` is the usual way to get one."""

    def __init__(self, model, tokenizer, load: Callable | None = None):
        self._model, self.tokenizer, self._load = model, tokenizer, load
        end = turns(tokenizer).end
        self._stops = sorted({tokenizer.eos_token_id, end} - {None})
        pad = end if tokenizer.pad_token_id is None else tokenizer.pad_token_id
        self.engine = TransformersEngine(model, self._stops, pad) if model is not None else None

    @property
    def model(self):
        """The transformers model, for likelihoods and training; loaded when needed where another engine answers."""
        if self._model is None:
            self._model = self._load()
        return self._model

    @classmethod
    def load(cls, adapter: Path | str | None = None, merged: bool = True, engine: str | None = None) -> "LLM":
        """The base model, or with an adapter: merged into the weights (no slower than the base) or beside them.

        ``engine`` or else ``RVF_ENGINE`` says which engine answers: "transformers", "ctranslate2", or "auto" (default),
        which takes CTranslate2 on a CPU if it is installed and knows the architecture, and says so if it doesn't. An
        adapter beside the weights is always run by transformers.
        """

        def load():
            model, tokenizer = load_llm()
            return (model if adapter is None else with_adapter(model, adapter, merged)), tokenizer

        if not (merged and _use_ctranslate2(engine or settings.engine())):
            return cls(*load())
        tokenizer = load_tokenizer()
        llm = cls(None, tokenizer, lambda: load()[0])
        llm.engine = CTranslate2Engine(converted(adapter), tokenizer, llm._stops, context_length(), compute_type())
        return llm

    def prompt_ids(self, chat: Chat) -> list[int]:
        """Token ids of a chat, ending where the assistant's answer begins."""
        return as_tokens(self.tokenizer, chat)

    def complete(
        self,
        chats: Sequence[Chat],
        max_new_tokens: int = 32,
        batch_size: int | None = None,
        prefix: Chat = (),
        label: str = "",
        min_new_tokens: int = 0,
        grammar: Sequence[Sequence[str]] = (),
    ) -> list[Completion]:
        """Answer every chat greedily, in the order given, in batches of similar length, one batch a processor core.

        ``prefix``: messages (system prompt, few-shot examples) that are computed once and reused by every chat that
        begins with them; a user's turn at its end may go on in the chat. ``batch_size``: chats in a batch (None: 32, on
        an accelerator 128). ``label``: shows a progress bar under this name. ``min_new_tokens``: go on to so many
        tokens, whatever the model would do, for timings that compare. ``grammar``: constrained decoding, the slots of
        an answer in their order and the texts that each allows (see ``Grammar``). An empty list gives an empty list.
        Raises ValueError for a chat that is empty and for a grammar where another engine than transformers answers,
        and ``TooLongError`` for those that leave no room in the model's context, before anything is computed.
        """
        batch_size = (32 if settings.device() == "cpu" else 128) if batch_size is None else batch_size
        if max_new_tokens < 1 or batch_size < 1:
            raise ValueError("max_new_tokens and batch_size must be 1 or more.")
        if min_new_tokens > max_new_tokens:
            raise ValueError("min_new_tokens must not be more than max_new_tokens.")
        limits = self._limits(grammar)
        prompts = self._prompts(chats, self.engine.context - max_new_tokens)
        shared = prefix_tokens(self.tokenizer, prefix)
        begins = [bool(shared) and len(ids) > len(shared) and ids[: len(shared)] == shared for ids in prompts]
        order = sorted(range(len(prompts)), key=lambda i: (not begins[i], -len(prompts[i])))
        answers: list = [None] * len(prompts)
        bar = settings.progress(len(prompts), label, "answer") if label and prompts else None

        def answer(rows: list[int], workers: int) -> None:
            head = shared if begins[rows[0]] else []
            batch = [prompts[i] for i in rows]
            written = self.engine.write(batch, head, max_new_tokens, min_new_tokens, workers == 1, **limits)
            for i, one in zip(rows, written, strict=True):
                answers[i] = self._completion(prompts[i], one, len(rows) * workers)
            if bar:
                bar.update(len(rows))

        if any(begins):
            self.engine.prepare(shared)  # computed once, before several batches ask for it
        batches = []
        for head in dict.fromkeys((len(shared), 0)):
            rows = [i for i in order if begins[i] == bool(head)]
            if rows:  # the first is the longest
                most = self.engine.most_rows(batch_size, len(prompts[rows[0]]), head)
                batches += batching.cut(rows, most, self.engine.side_by_side)
        workers = min(self.engine.side_by_side, len(batches))
        batching.run([lambda rows=rows: answer(rows, workers) for rows in batches], workers)
        if len(batches) > 1:
            settings.give_memory_back()  # long prompts leave gigabytes in pieces, which the next call can't use
        if bar:
            bar.close()
        return answers

    def _limits(self, grammar: Sequence[Sequence[str]]) -> dict:
        """The option of the engine that keeps answers to a grammar, if there is one."""
        if not grammar:
            return {}
        if not isinstance(self.engine, TransformersEngine):
            raise ValueError("Only transformers can keep to a grammar: load the model with engine='transformers'.")
        return {"allowed": Grammar(self.tokenizer, grammar).allowed}

    def _prompts(self, chats: Sequence[Chat], room: int) -> list[list[int]]:
        for place, chat in enumerate(chats):
            if not chat or not any(message.get("content", "").strip() for message in chat):
                raise ValueError(f"chats[{place}] is empty: give at least one message with text.")
        prompts = [self.prompt_ids(chat) for chat in chats]
        too_long = {place: len(ids) for place, ids in enumerate(prompts) if len(ids) > room}
        if too_long:
            raise TooLongError(too_long, room)
        return prompts

    def _completion(self, prompt: list[int], written: Written, share: int) -> Completion:
        """``share``: of the batch's seconds; one prompt of so many that were answered at the same time."""
        text = self.tokenizer.decode(written.tokens, skip_special_tokens=True).strip()
        return Completion(text, len(prompt), len(written.tokens), written.first / share, written.end / share)


def _use_ctranslate2(wanted: str) -> bool:
    """Whether the wish and this machine choose CTranslate2; says so where it was asked for and cannot be used."""
    if wanted == "transformers":
        return False
    there = available()
    if not there:
        print("CTranslate2 cannot run this model here: transformers answers instead, more slowly.", flush=True)
    return there
