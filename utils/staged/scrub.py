"""Taking personal data out of what people typed: mail, phone and patient numbers by their form, names by cues and by
capitals. Only what the asker typed is scrubbed: names and numbers of the handbook are facts that people ask for.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from utils import corpus

_WORD = r"[^\W\d_][\w'’-]*"
FORMS = {  # in this order: a mail address must be gone before a name is looked for
    "mail": re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+"),
    "patient number": re.compile(r"\bQ[- ]?\d{5}\b", re.IGNORECASE),
    "phone": re.compile(r"\b\d{3}-\d{4}\b|(?:\+|\(0(?=\d{2,4}\))|\b0)\d[\d ()-]{7,}\d"),
}
CUE = re.compile(rf"\b(?P<cue>(?i:my name is|regards,)) {_WORD} {_WORD}")  # a name follows, whatever its letters
PAIR = re.compile(rf"(?<![\w-]){_WORD}(?= (?P<second>{_WORD}))")  # overlapping: every word with the one after it


@lru_cache(maxsize=1)
def house_words() -> frozenset[str]:
    """Every word of the handbook as it is written there: a word that only comes with a capital may be a name."""
    texts = (f"{document.title} {document.text}" for document in corpus.load_handbook())
    return frozenset(_bare(word) for text in texts for word in re.findall(_WORD, text))


def scrub(text: str) -> str:
    """The text with [mail], [patient number], [phone] and [name] where such things were found.

    A name is what follows "my name is" or "regards,", and any two words with capitals of which the handbook lacks one
    and has none in small letters.
    """
    for kind, form in FORMS.items():
        text = form.sub(f"[{kind}]", text)
    text = CUE.sub(r"\g<cue> [name]", text)
    pairs = [(match.group(), match["second"]) for match in PAIR.finditer(text)]
    for pair in filter(_is_name, pairs):
        text = text.replace(" ".join(pair), "[name]")
    return text


def _is_name(pair: Sequence[str]) -> bool:
    words = {_bare(word) for word in pair}
    common = {word.lower() for word in words} & house_words()
    capitals = all(len(word) > 1 and word[0].isupper() for word in words)  # one letter is the word I
    return capitals and not common and not words <= house_words()


def _bare(word: str) -> str:
    """A word without what an apostrophe adds to it: "Wragg's" is Wragg, "I'm" is I, O'Neill stays."""
    return re.sub(r"['’](s|m|d|re|ve|ll)$", "", word)


def removed(planted: Sequence[tuple[str, str]], text: str) -> list[tuple[str, float]]:
    """For each planted (kind, piece): its kind, and 1.0 if it is gone from the text, of a name both words; else 0.0."""
    words = set(re.findall(_WORD, text))
    return [(k, float(piece not in text and (k != "name" or words.isdisjoint(piece.split())))) for k, piece in planted]
