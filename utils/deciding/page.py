"""A recommendation as one page of Markdown, to be read by whoever has to agree to it."""

from utils.deciding.rules import APPROACHES, Rulebook
from utils.deciding.scenario import FIELDS

MOST_REASONS = 4  # reasons in full; the lighter ones are named


def markdown(found, book: Rulebook) -> str:
    """The page for a ``Recommendation``: answer, first step, points, the weightiest reasons, cautions, what
    would change it, the evidence behind those reasons, and the answers that it was given."""
    best = book.approaches[found.approach]
    reasons = found.reasons[found.approach]
    speak_for, against = [r for r in reasons if r.points > 0], [r for r in reasons if r.points < 0]
    shown = [*speak_for[:MOST_REASONS], *against[:MOST_REASONS]]
    parts = [
        f"# Recommendation: {best['name']}",
        f"{best['what'][0].upper()}{best['what'][1:]}.",
        f"**First step, next week.** {found.first_step}",
        _points(found, book),
        _reasons("Why", speak_for),
        _reasons("What speaks against it", against),
        _list("Look out", found.cautions),
        _runner_up(found, book),
        f"**Cost.** {found.cost}" if found.cost else "",
        _evidence([entry for entry in found.evidence if entry.claim in {reason.claim for reason in shown}]),
        _given(found),
        "Points are judgement, written down so that you can argue with them (data/rules.yaml). A rule whose claim was "
        "contradicted gives none, and one whose claim is mixed or undecided at most one. The verdicts come from small "
        "models and one invented organisation: measure on your own questions before you build.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _points(found, book: Rulebook) -> str:
    order = sorted(APPROACHES, key=lambda a: (a in found.vetoed, -found.points[a]))
    rows = [
        f"| {book.name(a)} | {signed(found.points[a])} | {', '.join(found.vetoed.get(a, ())) or ''} |" for a in order
    ]
    return "\n".join(["| approach | points | ruled out by |", "|---|---|---|", *rows])


def _reasons(title: str, reasons) -> str:
    lines = [
        f"{r.text} ({r.points:+d}{', opinion, not measured' if r.opinion else ''}, rule {r.rule}, "
        f"claim {r.claim}: {r.verdict})"
        for r in reasons[:MOST_REASONS]
    ]
    lighter = ", ".join(f"{r.rule} ({r.points:+d})" for r in reasons[MOST_REASONS:])
    return _list(title, [*lines, f"and, with less weight: {lighter}."] if lighter else lines)


def _list(title: str, lines) -> str:
    return "\n".join([f"**{title}**", "", *(f"- {line}" for line in lines)]) if lines else ""


def _runner_up(found, book: Rulebook) -> str:
    if found.runner_up is None:
        return "**Runner-up.** None: everything else is ruled out."
    towards = [flip for flip in found.flips if flip.becomes == found.runner_up]
    told = f"**Runner-up: {book.name(found.runner_up)}.** "
    told += _changes(towards) if towards else "No single other answer would put it first."
    elsewhere = [flip for flip in found.flips if flip.becomes != found.runner_up]
    for approach in dict.fromkeys(flip.becomes for flip in elsewhere):
        told += f"\n\n**To {book.name(approach)}.** " + _changes([f for f in elsewhere if f.becomes == approach])
    return told


def _changes(flips) -> str:
    """Single answers that change the decision, by field: "style: critical or useful; tenants: 20"."""
    values = {}
    for flip in flips:
        values.setdefault(flip.field, []).append(plain(flip.value))
    return "It would win with " + "; or ".join(f"{field}: {' or '.join(v)}" for field, v in values.items()) + "."


def _evidence(entries) -> str:
    """One row per claim, with the finding that rests on most cases: all of them would not stay on a page. The verdicts
    stand beside the reasons."""
    rows = [f"| {e.claim} | {_cell(e.text)} | {_cell(''.join(e.findings[:1]))} |" for e in entries]
    return "\n".join(["| claim | in words | measured |", "|---|---|---|", *rows]) if rows else ""


def _given(found) -> str:
    known = [f"{name}: {plain(v)}" for name, v in found.scenario.inputs().items() if v not in (None, "unknown")]
    return f"**Answers given ({len(known)} of {len(FIELDS)}).** " + ("; ".join(known) or "none") + "."


def signed(points: int) -> str:
    """Points with their sign: +2, -1, 0."""
    return f"{points:+d}" if points else "0"


def plain(value: object) -> str:
    """A value of a field as people write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,.10g}" if isinstance(value, int | float) else str(value)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
