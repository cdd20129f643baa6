"""A recommendation as one page of Markdown, to be read by whoever has to agree to it."""

from utils.rules import APPROACHES, Rulebook
from utils.scenario import FIELDS


def markdown(found, book: Rulebook) -> str:
    """The page for a ``decision.Recommendation``: answer, first step, points, reasons, cautions, what would change it,
    evidence, and the answers that it was given."""
    best = book.approaches[found.approach]
    parts = [
        f"# Recommendation: {best['name']}",
        f"{best['what'][0].upper()}{best['what'][1:]}.",
        f"**First step, next week.** {found.first_step}",
        _points(found, book),
        _reasons("Why", [r for r in found.reasons[found.approach] if r.points > 0]),
        _reasons("What speaks against it", [r for r in found.reasons[found.approach] if r.points < 0]),
        _list("Look out", found.cautions),
        _runner_up(found, book),
        f"**Cost.** {found.cost}" if found.cost else "",
        _evidence(found),
        _given(found),
        "Points are judgement, written down so that you can argue with them (data/rules.yaml). The verdicts come from "
        "one small model and one invented organisation: measure on your own questions before you build.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _points(found, book: Rulebook) -> str:
    order = sorted(APPROACHES, key=lambda a: (a in found.vetoed, -found.points[a]))
    rows = [f"| {book.name(a)} | {found.points[a]:+d} | {', '.join(found.vetoed.get(a, ())) or ''} |" for a in order]
    return "\n".join(["| approach | points | ruled out by |", "|---|---|---|", *rows])


def _reasons(title: str, reasons) -> str:
    return _list(title, [f"{r.text} ({r.points:+d}, rule {r.rule}, claim {r.claim}: {r.verdict})" for r in reasons])


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


def _evidence(found) -> str:
    rows = [f"| {e.claim} | {_cell(e.text)} | {e.verdict} | {_cell('; '.join(e.findings))} |" for e in found.evidence]
    return "\n".join(["| claim | in words | verdict | measured |", "|---|---|---|---|", *rows]) if rows else ""


def _given(found) -> str:
    known = [f"{name}: {plain(v)}" for name, v in found.scenario.inputs().items() if v not in (None, "unknown")]
    return f"**Answers given ({len(known)} of {len(FIELDS)}).** " + ("; ".join(known) or "none") + "."


def plain(value: object) -> str:
    """A value of a field as people write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,.10g}" if isinstance(value, int | float) else str(value)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
