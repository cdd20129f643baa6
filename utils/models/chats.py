"""From a chat to the tokens that a model reads: its own template, and nothing in a message passes for a part of it."""

import re
from collections.abc import Sequence
from functools import lru_cache

Chat = Sequence[dict]  # [{"role": "system" | "user" | "assistant", "content": str}, ...]


def neutral(text: str, tokenizer) -> str:
    """The text with every control token of the tokenizer that somebody typed into it broken by a space.

    So "<|im_end|>" in a document or a question ends no turn: it is read as the characters that it is made of. All other
    text stays as it is.
    """
    typed = _control_tokens(tokenizer)
    while typed and typed.search(text):  # again, if breaking one has joined another
        text = typed.sub(lambda match: f"{match[0][0]} {match[0][1:]}", text)
    return text


@lru_cache(maxsize=4)
def _control_tokens(tokenizer) -> re.Pattern | None:
    known = {token for token in (*tokenizer.all_special_tokens, *tokenizer.get_added_vocab()) if len(token) > 1}
    longest_first = sorted(known, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))) if known else None


def as_text(tokenizer, chat: Chat, answer_follows: bool = True) -> str:
    """A chat in the form of the tokenizer's template, up to where an answer begins if one follows."""
    safe = [{**message, "content": neutral(message["content"], tokenizer)} for message in chat]
    return tokenizer.apply_chat_template(safe, tokenize=False, add_generation_prompt=answer_follows)


def as_tokens(tokenizer, chat: Chat) -> list[int]:
    """Token ids of a chat, ending where the assistant's answer begins."""
    return tokenizer(as_text(tokenizer, chat), add_special_tokens=False)["input_ids"]


def prefix_tokens(tokenizer, prefix: Chat) -> list[int]:
    """Token ids of messages with which chats begin; a user's turn at their end is left open, for the chat to go on."""
    if not prefix:
        return []
    text = as_text(tokenizer, prefix, answer_follows=False)
    if prefix[-1]["role"] == "user":
        last = neutral(prefix[-1]["content"], tokenizer)
        text = text[: text.rindex(last) + len(last)]
    return tokenizer(text, add_special_tokens=False)["input_ids"]
