"""Letters in the house voice: its markers, the facts kept, a classifier of voice, and what could be sent."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from utils.models import embed
from utils.scoring.answers import places
from utils.scoring.faithful import copied, greeted, invented, points_made, turned_round

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
        bool(re.fullmatch(r"Hello ([A-Z][\w'-]+|everyone),", lines[0])),
        "we" in words and bool(words & {"you", "your"}),
        short and not _OFFICE.search(text),
        sum(s.startswith("Next,") for s in sentences) == 1,
        lines[-1] == CLOSE,
    )
    return dict(zip(MARKERS, map(float, found), strict=True))


def facts_kept(text: str, facts: Sequence[str]) -> float:
    """Share of a message's facts (dates, amounts, names) that still stand in the text."""
    return float(np.mean([bool(places(text, fact)) for fact in facts]))


def fit_voice_classifier(records: Sequence[Mapping]):
    """A classifier of office against house voice, on sentence vectors: ``predict_proba(...)[:, 1]`` is house voice.

    Greeting and closing line are cut off first: they alone would give the voice away.
    """
    from sklearn.linear_model import LogisticRegression

    texts = [letter_body(record[side]) for side in ("plain", "brand") for record in records]
    classifier = LogisticRegression(C=10, max_iter=1000)  # C by cross-validation on the training letters
    return classifier.fit(embed(texts), [0] * len(records) + [1] * len(records))


def rate_letters(texts: Sequence[str], records: Sequence[Mapping], classifier) -> dict[str, list[float]]:
    """One value a letter for each thing that a usable one needs, and ``usable``, 1 if all of them are complete.

    ``markers`` and ``facts kept`` are shares; the others are 1 or 0: ``house voice``, as the classifier sees it;
    ``polarity kept``, ``nothing invented`` and ``own words``, against the source ``plain``; ``right person``, whom the
    letter by hand, ``brand``, greets as well. ``facts kept`` of a list of facts is at most the share of its lines that
    the letter tells something of.
    """
    bodies = [letter_body(text) for text in texts]
    rated = [check_letter(text, record) for text, record in zip(texts, records, strict=True)]
    house = [float(label) for label in classifier.predict(embed(bodies))]
    rated = [{"house voice": voice} | checks for voice, checks in zip(house, rated, strict=True)]
    found = {name: [checks[name] for checks in rated] for name in rated[0]}
    return found | {"usable": [float(min(checks.values()) == 1) for checks in rated]}


def check_letter(text: str, record: Mapping) -> dict[str, float]:
    """What ``rate_letters`` reads from the text itself, without the classifier."""
    return {
        "markers": float(np.mean(list(markers(text).values()))),
        "facts kept": min(facts_kept(text, record["facts"]), float(np.mean(points_made(text, record) or [True]))),
        "polarity kept": float(not turned_round(text, record)),
        "nothing invented": float(not invented(letter_body(text), record["plain"])),
        "right person": float(greeted(text) == greeted(record["brand"])),
        "own words": float(not copied(letter_body(text), record["plain"])),
    }


def letter_body(text: str) -> str:
    """The text without a greeting line and the agreed closing line."""
    lines = [line for line in text.strip().split("\n") if line.strip() and line.strip() != CLOSE]
    return " ".join(lines[1:] if len(lines) > 1 and lines[0].startswith("Hello") else lines)
