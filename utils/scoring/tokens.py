"""A text as tokens: words, numbers and signs, once Markdown, citations and the forms of Unicode are out of the way."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import Stemmer

_STEMMER = Stemmer.Stemmer("english")
_CITED = r"(?:(?:passages?|sources?)\s+)?\d{1,3}(?:\s*[-–]\s*\d{1,3})?"
CITATION = rf"\[{_CITED}(?:\s*(?:,\s*and\b|,|;|&|\band\b)\s*{_CITED})*\]"  # [2], [1, 3], [1-3], [Passages 1 and 2]
_SAME = {"people": "person", "persons": "person", "doctor": "dr", "professor": "prof"}
_TOKEN = re.compile(
    r"""(?P<address>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)
    | (?P<number>\d{4}-\d\d-\d\d(?!\d) | \d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d) | \d+(?:[.:]\d+)+
        | \d+,\d{1,2}(?!\d) | \d+⁄\d+ | \d+)
    | (?P<word>[^\W\d]+(?:'[^\W\d]+)*)
    | (?P<line>\s*\n\s*) | (?P<gap>\s+) | (?P<sign>.)""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    spaced: bool  # whether white space stands before it

    @property
    def lower(self) -> str:
        return self.text.casefold()


def plain(text: str) -> str:
    """The text in one Unicode form, without Markdown, citations and the full stops of abbreviations."""
    text = re.sub(r"(?<=\d)(?=[¼½¾⅓⅔])", " ", text)
    text = unicodedata.normalize("NFKC", text)
    text = "".join(c for c in text if unicodedata.category(c) != "Cf")
    text = text.translate(
        {ord(c): "'" for c in "’‘ʼ`´"} | {ord(c): "-" for c in "‐‑‒–—―−"} | dict.fromkeys(map(ord, "“”«»„"), '"')
    )
    text = re.sub(r"(?<![\d.,])[1-9]\d{0,2}(?: \d{3})+(?![\d.,]?\d)", lambda m: m[0].replace(" ", ""), text)
    text = re.sub(r"\[([^\]]*)\]\(\S*?\)", r"\1", text)
    text = re.sub(rf"(?<!\w)({CITATION}\s?)+", " ", text, flags=re.IGNORECASE)
    text = re.sub(r"^\s*(?:#+|>|[-+*]|\d{1,2}[.)])(?=\s+\S)|\*+|(?<!\w)'|'(?!\w)", " ", text, flags=re.MULTILINE)
    text = re.sub(r"(?<=\.)\s+\d{1,2}\.(?=\s+[A-Z])", " ", text)  # the numbers of a list written in one line
    text = re.sub(r"(?<!\w)_{1,3}(?=[^_\s])([^_]*\s[^_]*)_{1,3}(?!\w)", r"\1", text)
    text = re.sub(r"(?<!\w)_([^_\s]+)_(?!\w)", r"\1", text)
    text = re.sub(r"\b([ap])\s?\.\s?m\b\.?|(?<=\d)\s?([ap])\s?m\b", lambda m: f" {m[1] or m[2]}m ", text, flags=re.I)
    text = re.sub(r"\b(mr|mrs|ms|dr|prof|ext|approx)\.", r"\1", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(?:no|nr)\.?\s?(?=\d)", " ", text, flags=re.IGNORECASE)
    return re.sub(r"\bper\s+cent\b", "percent", text, flags=re.IGNORECASE).strip()


def stem(word: str) -> str:
    """A word's stem, with British and American spelling made one."""
    word = _SAME.get(word.casefold(), word)
    word = re.sub(r"'s?$", "", word.casefold()).strip("_").replace("'", "")
    word = re.sub(r"(?<=[a-z]{2})our(?=s|ed|ing|ful|$)", "or", word)
    word = re.sub(r"(?<=[bt])re(?=s?$)", "er", word)
    word = re.sub(r"is(?=(e|es|ed|ing|ation)$)", "iz", word).replace("grey", "gray")
    return re.sub(r"([lmnpt])\1", r"\1", _STEMMER.stemWord(word))


def tokenise(text: str) -> list[Token]:
    found, spaced = [], True
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "gap":
            spaced = True
        elif match.lastgroup == "line":
            found.append(Token("sign", "\n", True))
            spaced = True
        else:
            found.append(Token(match.lastgroup, match[0], spaced))
            spaced = False
    return found


class Reader:
    """A place in the tokens, with what may stand there."""

    def __init__(self, tokens: list[Token], at: int):
        self.tokens, self.at = tokens, at

    def peek(self, ahead: int = 0) -> Token:
        place = self.at + ahead
        return self.tokens[place] if 0 <= place < len(self.tokens) else Token("end", "", True)

    def take(self, *words: str) -> bool:
        """Step over these words in a row, if they stand here."""
        if all(self.peek(n).lower == word for n, word in enumerate(words)):
            self.at += len(words)
            return True
        return False

    def attempt(self, rule: Callable):
        """What the rule finds here; where it finds nothing, nothing is stepped over."""
        start = self.at
        found = rule(self)
        if found is None:
            self.at = start
        return found

    def hyphen(self) -> bool:
        """Step over a hyphen between two words."""
        if self.peek().text == "-" and not self.peek().spaced and not self.peek(1).spaced:
            self.at += 1
            return True
        return False
