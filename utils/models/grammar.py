"""Constrained decoding: which tokens may come next in an answer of a fixed form."""

from collections.abc import Sequence


class Grammar:
    """An answer as slots, one after the other, each with the texts that it allows.

    ``(("Code ",), ("1", "2"), (" - open", " - closed"))`` allows four answers, and five slots with ten digits each any
    number of five. No text of a slot begins another, and the slots are cut where the tokenizer cuts, so that the model
    reads its own words as it learned them.
    """

    def __init__(self, tokenizer, slots: Sequence[Sequence[str]]):
        def tokens(text: str) -> list[int]:
            return tokenizer(text, add_special_tokens=False)["input_ids"]

        self._slots = [[tokens(text) for text in slot] for slot in slots]

    def allowed(self, written: Sequence[int]) -> list[int]:
        """The tokens that may follow those written; none if the answer is complete."""
        rest = list(written)
        for texts in self._slots:
            ways = [text for text in texts if text[: len(rest)] == rest[: len(text)]]
            following = {text[len(rest)] for text in ways if len(text) > len(rest)}
            if following:
                return sorted(following)
            rest = rest[len(ways[0]) :]
        return []
