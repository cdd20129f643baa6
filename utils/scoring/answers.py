"""Whether a text holds an accepted answer, once both are normalised."""

import re
from collections.abc import Sequence


def normalise(text: str) -> str:
    """Lower case, without articles and punctuation; 1,200 becomes 1200, €40 becomes 40 euros; 08:30 and 2.5 stay."""
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text.lower().replace("’", "'"))
    text = re.sub(r"(?<=\d)\s+%", "%", text)
    text = re.sub(r"€\s*(\d+(?:\.\d+)?)", r"\1 euros", text)
    text = re.sub(r"[.:](?!\d)|[^\w\s.:%]", " ", text)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def contains_answer(text: str, answers: Sequence[str]) -> bool:
    """Whether a text holds one of the accepted answers as whole words, both normalised.

    A text that is nothing but the one number of an accepted "6 nights" counts as well: the unit is understood.
    """
    text, answers = normalise(text), [normalise(answer) for answer in answers]
    bare = {answer.split()[0] for answer in answers if re.fullmatch(r"\d\S*( [^\d\s]+)*", answer)}
    return text in bare or any(f" {answer} " in f" {text} " for answer in answers)


def score_answers(texts: Sequence[str], answers: Sequence[Sequence[str]]) -> list[float]:
    """For every text 1.0 if it holds one of its accepted answers, else 0.0."""
    return [float(contains_answer(text, accepted)) for text, accepted in zip(texts, answers, strict=True)]
