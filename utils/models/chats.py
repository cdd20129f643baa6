"""From a chat to the tokens that a model reads: its own template, and nothing in a message passes for a part of it."""

from utils.models.templates import Chat, broken, render, turns


def neutral(text: str, tokenizer) -> str:
    """The text with every mark of a turn, and every other control token, that somebody typed into it broken by a space.

    So "<|im_end|>" in a document or a question ends no turn: it is read as the characters that it is made of. All other
    text stays as it is.
    """
    marks = turns(tokenizer).marks
    while marks.search(text):  # again, if breaking one has joined another; each time fewer characters are neighbours
        text = marks.sub(lambda match: broken(match[0]), text)
    return text


def _messages(tokenizer, chat: Chat) -> list[dict]:
    """The chat with neutral texts, in the roles that the template has: without a role for the system, what it says
    begins the first turn of the user."""
    safe = [{**message, "content": neutral(message["content"], tokenizer)} for message in chat]
    if not safe or safe[0]["role"] != "system" or turns(tokenizer).system:
        return safe
    system, *rest = safe
    if rest and rest[0]["role"] == "user":
        return [rest[0] | {"content": f"{system['content']}\n\n{rest[0]['content']}"}, *rest[1:]]
    return [system | {"role": "user"}, *rest]


def as_text(tokenizer, chat: Chat, answer_follows: bool = True) -> str:
    """A chat in the form of the tokenizer's template, up to where an answer begins if one follows.

    Raises ValueError for roles in an order that the template refuses.
    """
    return render(tokenizer, _messages(tokenizer, chat), answer_follows)


def as_tokens(tokenizer, chat: Chat) -> list[int]:
    """Token ids of a chat, ending where the assistant's answer begins."""
    return tokenizer(as_text(tokenizer, chat), add_special_tokens=False)["input_ids"]


def answer_tokens(tokenizer, chat: Chat) -> list[int]:
    """Token ids of the assistant's message at the end of a chat, as the template writes it, and of what ends its turn.

    They follow those of ``as_tokens`` for the chat before. Raises ValueError where the template writes an answer that
    doesn't continue its own prompt.
    """
    asked, whole = as_text(tokenizer, chat[:-1]), as_text(tokenizer, chat, answer_follows=False)
    written, content = whole[len(asked) :], neutral(chat[-1]["content"], tokenizer).strip()
    if not whole.startswith(asked) or content not in written:
        raise ValueError(
            f"The chat template of {tokenizer.name_or_path} writes a finished answer otherwise than its prompt "
            "begins one, so nothing can be trained on it: choose another model in RVF_LLM."
        )
    closing = turns(tokenizer).closing
    end = written.rindex(closing) if closing in written else written.rindex(content) + len(content)
    return tokenizer(written[:end] + closing, add_special_tokens=False)["input_ids"]


def prefix_tokens(tokenizer, prefix: Chat) -> list[int]:
    """Token ids of messages with which chats begin; a user's turn at their end is left open, for the chat to go on."""
    if not prefix:
        return []
    messages = _messages(tokenizer, prefix)
    text = render(tokenizer, messages, False)
    if messages[-1]["role"] == "user":
        last = messages[-1]["content"].strip()  # as a template that trims writes it
        text = text[: text.rfind(last) + len(last)]
    return tokenizer(text, add_special_tokens=False)["input_ids"]
