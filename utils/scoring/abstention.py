"""Whether a text abstains from answering."""

import re

ABSTENTION = "I don't know."
_ABSTAINS = re.compile(
    r"\b(do not|don't|does not|doesn't|cannot|can't) (know|say|contain|mention|answer)\b|\bunknown\b"
)


def abstains(text: str) -> bool:
    """Whether a text abstains from answering."""
    return bool(_ABSTAINS.search(text.lower().replace("’", "'")))
