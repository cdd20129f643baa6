"""The decision framework: ``recommend(Scenario(...))``."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from utils.deciding import costs
from utils.deciding.evidence import Evidence, evidence, verdict, verdicts_by_claim
from utils.deciding.page import markdown
from utils.deciding.points import Flip, Score, bill, flips, prices, score
from utils.deciding.rules import APPROACHES, Rulebook, load_rules
from utils.deciding.scenario import Scenario


@dataclass(frozen=True)
class Reason:
    """A rule that speaks for (points above 0) or against an approach, or vetoes it, and the claim that it rests on.

    ``opinion``: the points are judgement, because the verdict on the claim is neither for nor against them.
    """

    rule: str
    points: int
    veto: bool
    text: str
    claim: str
    verdict: str
    opinion: bool


@dataclass(frozen=True)
class Recommendation:
    """The approach for a scenario, and why. ``points``, ``vetoed`` (by which rules) and ``reasons`` by approach;
    ``evidence`` for the approach chosen; ``flips``: every single answer that would change it."""

    scenario: Scenario
    approach: str
    points: Mapping[str, int]
    vetoed: Mapping[str, tuple[str, ...]]
    reasons: Mapping[str, tuple[Reason, ...]]
    cautions: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    runner_up: str | None
    flips: tuple[Flip, ...]
    first_step: str
    cost: str
    book: Rulebook = field(repr=False)

    def to_dict(self) -> dict:
        """Everything as plain values, ready for JSON."""
        told = asdict(replace(self, book=None)) | {"scenario": self.scenario.inputs()}
        return {name: value for name, value in told.items() if name != "book"}

    def markdown(self) -> str:
        """The recommendation as a page of Markdown."""
        return markdown(self, self.book)


def recommend(
    scenario: Scenario, workload: costs.Workload | None = None, book: Rulebook | None = None
) -> Recommendation:
    """What to build in a scenario. The same scenario always gets the same answer.

    ``workload``: your own measured seconds and tokens for the cost model, instead of the example in the rules; its
    answers a day and updates a month are those of the scenario. ``book``: other rules than ``data/rules.yaml``.
    """
    book = book or load_rules()
    found, changed, verdicts = score(scenario, book, workload), flips(scenario, book, workload), verdicts_by_claim()
    best = found.ranking[0]
    reasons = {approach: _reasons(found, approach, verdicts) for approach in APPROACHES}
    return Recommendation(
        scenario=scenario,
        approach=best,
        points=found.points,
        vetoed=found.vetoed,
        reasons=reasons,
        cautions=_cautions(scenario, found, changed, book, workload),
        evidence=evidence(dict.fromkeys(reason.claim for reason in reasons[best]), verdicts),
        runner_up=found.ranking[1] if len(found.ranking) > 1 else None,
        flips=changed,
        first_step=book.approaches[best]["first_step"].strip(),
        cost=_cost(bill(scenario, book, workload)),
        book=book,
    )


def _reasons(found: Score, approach: str, verdicts: Mapping) -> tuple[Reason, ...]:
    """The rules that touch an approach: vetoes first, then by weight."""
    touching = [
        Reason(
            rule=rule.id,
            points=rule.effect.get(approach, 0),
            veto=approach in rule.veto,
            text=rule.reason,
            claim=rule.claim,
            verdict=verdict(rule.claim, verdicts),
            opinion=rule.opinion,
        )
        for rule in found.fired
        if rule.effect.get(approach) or approach in rule.veto
    ]
    return tuple(sorted(touching, key=lambda reason: (not reason.veto, -abs(reason.points))))


def _cautions(scenario, found: Score, changed: Sequence[Flip], book: Rulebook, workload) -> tuple[str, ...]:
    """What weakens this answer, then what the rules that hold say to look out for."""
    best, *others = found.ranking
    told = []
    if others and found.points[best] - found.points[others[0]] <= 1:
        told.append(f"It is close: {book.name(others[0])} is at most one point behind. Measure both before you decide.")
    ahead = [approach for approach in found.vetoed if found.points[approach] > found.points[best]]
    told += [f"{book.name(a)} would have more points, but is ruled out: {', '.join(found.vetoed[a])}." for a in ahead]
    missing = [name for name in dict.fromkeys(flip.field for flip in changed) if name in scenario.unknown()]
    if missing:
        told.append(f"Not known, and able to change the answer: {', '.join(missing)}. Find these out first.")
    if scenario.primary_constraint == "cost" and bill(scenario, book, workload) is None:
        told.append("Money comes first, but without answers a day and how often things change the cost model is mute.")
    told += _without_opinions(scenario, best, book, workload)
    return (*told, *dict.fromkeys(rule.caution for rule in found.fired if rule.caution))


def _without_opinions(scenario: Scenario, best: str, book: Rulebook, workload) -> list[str]:
    """Whether the answer would be another without the rules that no verdict bears out."""
    measured = tuple(rule for rule in book.rules if not rule.opinion)
    other = score(scenario, replace(book, rules=measured), workload).ranking[0]
    if other == best:
        return []
    return [f"Opinions tip the scale: by the rules that were measured alone, the answer would be {book.name(other)}."]


def _cost(workload: costs.Workload | None) -> str:
    """What RAG and fine-tuning cost to run, in a sentence; empty where the volume is not known."""
    if workload is None:
        return ""
    month, crossing = costs.per_month(workload, prices()), costs.break_even(workload, prices())
    cross = f"they cross at {crossing:,.0f} answers a day" if crossing < float("inf") else "they never cross"
    return (
        f"Machine time alone, at {workload.answers_per_day:,.0f} answers a day and {workload.updates_per_month:.2g} "
        f"updates a month on a machine like the one measured: RAG €{month['rag']:,.2f}, fine-tuning "
        f"€{month['fine_tuning']:,.2f} a month; {cross}. Labelling, people and wrong answers are not counted."
    )
