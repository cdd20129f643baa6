"""Key items in a text: those that it should state, and those that it invents."""

from collections.abc import Sequence

from utils.scoring.answers import mentions


def score_items(text: str, wanted: Sequence[str], gold: str, vocabulary: Sequence[str]) -> dict[str, float]:
    """``all items``: 1 if every wanted item is in the text; ``item F1``: its precision against the whole vocabulary.

    An item of the vocabulary that stands in the text and not in the gold text was invented and counts against it.
    """
    right = [item for item in wanted if mentions(text, [item])]
    stated = [item for item in vocabulary if mentions(text, [item])]
    invented = [item for item in stated if not mentions(gold, [item])]
    f1 = 2 * len(right) / (len(right) + len(invented) + len(wanted))
    return {"all items": float(len(right) == len(wanted)), "item F1": f1}
