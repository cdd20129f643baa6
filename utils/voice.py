"""The voice task of notebook 02: office messages rewritten in the house's voice, its markers, and the facts kept."""

import re
from collections.abc import Sequence

import numpy as np

from utils import corpus
from utils.evaluation import contains_answer
from utils.finetuning import Recipe
from utils.generation import Chat
from utils.retrieval import embed

RECIPE = Recipe(rank=16, alpha=32, learning_rate=2e-3, epochs=3, batch_size=4, top_layers=10)
LONGEST = 76  # tokens of an answer
GUIDE = (
    "Rewrite the message for a patient. Begin with 'Hello', the first name and a comma. Say 'we' and 'you'. Use short, "
    "warm sentences without office words. Keep every date, time, amount and name as it is. One sentence begins with "
    "'Next,' and says what to do. End with the line 'Here whenever you need us.'"
)
CLOSE = "Here whenever you need us."
MARKERS = ("greets by name", "speaks of we and you", "short sentences", "one next step", "closes as agreed")
_OFFICE = re.compile(
    r"\b(hereby|regarding|in respect of|kindly|please be advised|rescheduled|payable|dispatch\w*|attendance"
    r"|commenc\w*)\b",
    re.IGNORECASE,
)


def markers(text: str) -> dict[str, float]:
    """1 or 0 for each countable mark of the voice (see ``data/voice_guide.md``)."""
    lines = [line.strip() for line in text.strip().split("\n") if line.strip()] or [""]
    body = " ".join(lines[1:-1])
    sentences = [s for s in re.split(r"(?<=[.?])\s+", body) if s]
    words = set(re.findall(r"[a-z']+", body.lower()))
    short = bool(sentences) and max(len(s.split()) for s in sentences) <= 16 and "!" not in text
    found = (
        bool(re.fullmatch(r"Hello [A-Z][\w'-]+,", lines[0])),
        "we" in words and bool(words & {"you", "your"}),
        short and not _OFFICE.search(text),
        sum(s.startswith("Next,") for s in sentences) == 1,
        lines[-1] == CLOSE,
    )
    return dict(zip(MARKERS, map(float, found), strict=True))


def kept(text: str, record: dict) -> float:
    """Share of the message's facts (dates, amounts, names) that still stand in the text."""
    return float(np.mean([contains_answer(text, [fact]) for fact in record["facts"]]))


def fit_judge(records: Sequence[dict]):
    """A classifier of office against house voice, on sentence vectors: ``predict_proba(...)[:, 1]`` is house voice.

    Greeting and closing line are cut off first: they alone would give the voice away.
    """
    from sklearn.linear_model import LogisticRegression

    texts = [inner(record[side]) for side in ("plain", "brand") for record in records]
    return LogisticRegression(max_iter=1000).fit(embed(texts), [0] * len(records) + [1] * len(records))


def rate(texts: Sequence[str], records: Sequence[dict], judge) -> dict[str, list[float]]:
    """One value a message: share of ``markers``; ``house voice``, 1 or 0, as ``fit_judge``'s judge sees it; share of
    ``facts kept``; ``usable``, 1 if all three are complete."""
    marks = [float(np.mean(list(markers(text).values()))) for text in texts]
    house = [float(label) for label in judge.predict(embed([inner(text) for text in texts]))]
    facts = [kept(text, record) for text, record in zip(texts, records, strict=True)]
    usable = [float(min(values) == 1.0) for values in zip(marks, house, facts, strict=True)]
    return {"markers": marks, "house voice": house, "facts kept": facts, "usable": usable}


def inner(text: str) -> str:
    """The text without a greeting line and the agreed closing line."""
    lines = [line for line in text.strip().split("\n") if line.strip() and line.strip() != CLOSE]
    return " ".join(lines[1:] if len(lines) > 1 and lines[0].startswith("Hello") else lines)


def chat(record: dict) -> Chat:
    """The short prompt that the fine-tuned model is trained on and asked with."""
    return [{"role": "system", "content": "Our voice."}, {"role": "user", "content": record["plain"]}]


def example(record: dict) -> Chat:
    """A training example."""
    return [*chat(record), {"role": "assistant", "content": record["brand"]}]


def with_guide(record: dict, examples: Sequence[dict] = ()) -> Chat:
    """A prompt with the guide and worked examples."""
    turns = [{"role": "system", "content": GUIDE}]
    for other in (*examples, record):
        turns += [{"role": "user", "content": other["plain"]}, {"role": "assistant", "content": other["brand"]}]
    return turns[:-1]


def load() -> dict[str, list[dict]]:
    """The records by split: train, dev, test."""
    records = corpus.load_jsonl("voice")
    return {split: [record for record in records if record["split"] == split] for split in ("train", "dev", "test")}
