"""Clinical notes in house shorthand, whose terms take their meaning from their neighbours, and their plain readings."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial

import yaml

from utils.corpus import load_records
from utils.finetuning import Recipe
from utils.models import Chat
from utils.scoring import score_statements, states
from utils.settings import DATA

RECIPE = Recipe(rank=16, alpha=32, learning_rate=3e-3, epochs=4, batch_size=8, top_layers=15)
MAX_NEW_TOKENS = 96
INSTRUCTION = "Write the clinical note out as one or two plain sentences. This is how notes are written:"
_PERIODS = {"7": "days", "52": "weeks", "12": "months"}


def load(split: str) -> list[dict]:
    """The notes of a split, train, dev or test: note, reading, the items that it must state, and the terms in it."""
    return load_records("notes", split)


@lru_cache(maxsize=1)
def glossary() -> dict[str, dict]:
    """Every term with ``means``, what else it stands for (``or``), ``house`` (invented) and ``seen_in_training``."""
    return yaml.safe_load((DATA / "notes_glossary.yaml").read_text(encoding="utf-8"))


def entry(term: str) -> str:
    """A term's entry as it stands in a prompt: "tinned: returned by post, or: after an appointment cancelled"."""
    found = glossary()[term]
    return ", or: ".join([f"{term}: {found['means']}", *filter(None, [found.get("or")])])


def score(reading: str, record: Mapping) -> dict[str, float]:
    """``all items``: 1 if a reading states every item and invents nothing; ``item F1`` gives credit for some."""
    return score_statements(reading, record["items"], record["reading"])


def house_terms(reading: str, record: Mapping, seen: bool) -> list[float]:
    """1 or 0 for every house term that was (or was not) seen in training: whether the reading states its meaning.

    Left out are terms that have another meaning in this note.
    """
    entries = [glossary()[term] for term in record["terms"]]
    wanted = [entry["means"] for entry in entries if entry["house"] and entry["seen_in_training"] == seen]
    return [float(states(reading, means)) for means in wanted if states(record["reading"], means)]


def prompt(record: Mapping, entries: bool = False) -> Chat:
    """The short prompt that the fine-tuned model is trained on and asked with; ``entries`` puts those of the note's
    terms above the note, for a model that was trained so."""
    asked = _with_entries(record) if entries else record["note"]
    return [{"role": "system", "content": "Read the note."}, {"role": "user", "content": asked}]


def example(record: Mapping, entries: bool = False) -> Chat:
    """A training example."""
    return [*prompt(record, entries), {"role": "assistant", "content": record["reading"]}]


def prompt_with_guide(
    record: Mapping, examples: Sequence[Mapping] = (), whole_glossary: bool = False, entries: bool = False
) -> Chat:
    """A prompt with the page on how notes are written, and few-shot examples.

    ``whole_glossary`` puts every term into it, ``entries`` only the terms of each note, above that note. To find them
    is no feat: a search for the glossary's terms in a note finds them all and no others.
    """
    parts = [INSTRUCTION, (DATA / "notes_guide.md").read_text(encoding="utf-8").strip()]
    parts += ["\n".join(map(entry, glossary()))] if whole_glossary else []
    turns = [{"role": "system", "content": "\n\n".join(parts)}]
    for other in (*examples, record):
        content = _with_entries(other) if entries else f"Note: {other['note']}"
        turns += [{"role": "user", "content": content}, {"role": "assistant", "content": other["reading"]}]
    return turns[:-1]


def _with_entries(record: Mapping) -> str:
    lines = [entry(term) for term in record["terms"]]
    return "\n".join([*lines, *[""][: len(lines)], f"Note: {record['note']}"])


def varied_examples(train: Sequence[Mapping], count: int) -> list[Mapping]:
    """Training notes for a few-shot prompt, each with as many terms as can be that those before it don't show."""
    shown: set[str] = set()
    chosen: list[Mapping] = []
    for _ in range(min(count, len(train))):
        rest = [note for note in train if note not in chosen]
        chosen.append(max(rest, key=lambda note: len(set(note["terms"]) - shown)))
        shown.update(chosen[-1]["terms"])
    return chosen


def nearest_examples(records: Sequence[Mapping], train: Sequence[Mapping], count: int) -> list[list[Mapping]]:
    """For every record the ``count`` training notes that share most terms with it, the most alike last. A term counts
    the more, the fewer training notes have it; a note is not its own example."""
    notes_with = Counter(term for note in train for term in note["terms"])

    def likeness(record: Mapping, other: Mapping) -> float:
        return sum(1 / notes_with[term] for term in set(record["terms"]) & set(other["terms"]))

    found = []
    for record in records:
        others = [note for note in train if note["id"] != record["id"]]
        found.append(sorted(others, key=partial(likeness, record))[len(others) - count :])
    return found


def replaced(note: str) -> str:
    """The note with each term replaced by its plain meaning, longest first, in one pass: a rival without a model."""
    return _terms().sub(_written_out, note)


@lru_cache(maxsize=1)
def _terms() -> re.Pattern:
    words = sorted((term for term in glossary() if term not in ("x", "/7", "/52", "/12")), key=len, reverse=True)
    signs = [rf"(?<!\w){re.escape(word)}(?!\w)" if word[0].isalnum() else re.escape(word) for word in words]
    return re.compile("|".join([r"x?\d+/(?:7|52|12)\b", r"\bx\d+\b", r"\?(?=\w)", *signs]))


def _written_out(match: re.Match) -> str:
    found = match[0]
    if period := re.fullmatch(r"(x?)(\d+)/(\d+)", found):
        return f"{'for' if period[1] else 'in'} {period[2]} {_PERIODS[period[3]]}"
    if found.startswith("x"):
        a_dose_before = match.string[: match.start()].rstrip()[-1:].isdigit()
        return f"{found[1:]} times a day" if a_dose_before else f"for {found[1:]} days"
    if found == "?":
        return "possible " if match.string[match.end() : match.end() + 1].isalnum() else " asked about"
    return re.sub(r" \(.*\)", "", glossary()[found]["means"])
