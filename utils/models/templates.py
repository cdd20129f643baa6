"""How a family of models marks the turns of a chat: read from its tokenizer and its template, never assumed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from jinja2 import TemplateError

from utils.settings import SetupError

Chat = Sequence[dict]  # [{"role": "system" | "user" | "assistant", "content": str}, ...]
PROBE = tuple(  # words that no template holds, so that what stands around them is the template's own
    {"role": role, "content": content}
    for role, content in (("user", "first-asked"), ("assistant", "then-answered"), ("user", "asked-again"))
)
_BREAKABLE = re.compile(r"(\S)(?=\S)")
_BRACKETED = re.compile(r"[<\[][^\s<>\[\]]+[>\]]")


@dataclass(frozen=True)
class Turns:
    """What a tokenizer and its template say about turns.

    ``marks`` matches what means something to the model besides its characters. ``system``: whether there is a role of
    this name. ``closing`` is the text that ends an assistant's turn, ``end`` the token that it ends with.
    """

    marks: re.Pattern
    system: bool
    closing: str
    end: int


@lru_cache(maxsize=4)
def turns(tokenizer) -> Turns:
    """The turns of a family. Raises SetupError, naming the model, for one that can't be asked and trained in chats."""
    if not tokenizer.chat_template:
        raise _unfit(tokenizer, "has no chat template")
    try:
        whole, finished = render(tokenizer, PROBE, True), render(tokenizer, PROBE[:2], False)
    except ValueError as problem:
        raise SetupError(str(problem)) from None
    if not re.search(".*".join(message["content"] for message in PROBE), whole, re.DOTALL):
        raise _unfit(tokenizer, "has a chat template that leaves out turns")
    closing, end = _closing(tokenizer, finished.rpartition(PROBE[1]["content"])[2])
    system = {"role": "system", "content": "how-to-answer"}
    try:
        has_system = system["content"] in render(tokenizer, [system, PROBE[0]], True)
    except ValueError:
        has_system = False
    return Turns(_marks(tokenizer, whole), has_system, closing, end)


def render(tokenizer, chat: Chat, answer_follows: bool) -> str:
    """A chat as the template writes it; ValueError, naming the model, for one that the template refuses."""
    try:
        return tokenizer.apply_chat_template(list(chat), tokenize=False, add_generation_prompt=answer_follows)
    except TemplateError as problem:
        roles = ", ".join(message["role"] for message in chat)
        raise ValueError(
            f"The chat template of {tokenizer.name_or_path} refuses turns of {roles} ({problem}): choose another model "
            "in RVF_LLM."
        ) from None


def _closing(tokenizer, after_answer: str) -> tuple[str, int]:
    """The text and the token that end an assistant's turn: in the template, else the tokenizer's end of a text.

    A marker that the template spells out and the tokenizer doesn't know as one token can't end anything.
    """
    known = set(tokenizer.get_added_vocab().values()) | set(tokenizer.all_special_ids)
    ids = tokenizer(after_answer, add_special_tokens=False)["input_ids"]
    end = next((token for token in ids if token in known), tokenizer.eos_token_id)
    if end is None:
        raise _unfit(tokenizer, "has no token that ends an answer, in its chat template or as eos_token")
    token = tokenizer.convert_ids_to_tokens(end)
    before, found, _ = after_answer.partition(token)
    return (before if found else "") + token, end


def _marks(tokenizer, template: str) -> re.Pattern:
    """What nobody may type: the special tokens, added tokens that are no plain words, and what the ``template`` itself
    writes in brackets, which in some families is no token ("[INST]").

    A mark in plain words ("User:") is left alone, because ordinary text holds it too.
    """
    added = [token for token in tokenizer.get_added_vocab() if re.search(r"[^\w\s]", token)]
    known = {*tokenizer.all_special_tokens, *added, *_BRACKETED.findall(template)}
    known = {mark for mark in known if _BREAKABLE.search(mark)}
    return re.compile("|".join(map(re.escape, sorted(known, key=len, reverse=True))) or "(?!)")


def broken(mark: str) -> str:
    """A mark with a space in its first word, so that it is only characters."""
    return _BREAKABLE.sub(r"\1 ", mark, count=1)


def _unfit(tokenizer, why: str) -> SetupError:
    return SetupError(f"{tokenizer.name_or_path} {why}: choose in RVF_LLM a model that is made for chats.")
