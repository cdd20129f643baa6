"""The verdicts of notebook 11: each rule a function of what was measured. Every rule was fixed before its numbers.

Where a rule has several parts, all must say the same. Otherwise the verdict is "mixed" if some parts support the claim
and some contradict it, else "undecided".
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from utils import evaluation
from utils.deciding.costs import Workload
from utils.evaluation import claims, outcomes
from utils.rag import timing
from utils.studies import response_times

Gap = tuple[float, float, float]  # mean, low, high
RAGS = ("RAG, k = 1", "RAG, k = 3", "RAG, k = 5", response_times.SHARED)
MEMORY, RAG, READER = ("fine-tuned on facts", "none"), ("base, few-shot", "retrieved"), ("RAFT reader", "retrieved")
NO_WORSE = -0.05  # a share may be so much lower and still count as equal
RENEWED = 40  # questions on the twenty changed facts of the study of updates


@dataclass(frozen=True)
class Verdict:
    """What notebook 11 found on a claim: verdict, finding in a sentence, cases it rests on."""

    verdict: str
    finding: str
    n: int

    def record(self, claim: str) -> None:
        """Store it in the ledger."""
        claims.record(claim, "11", self.verdict, self.finding, self.n)


def judged(gaps: Iterable[Gap], margin: float = 0.0) -> list[str]:
    """The verdict of every difference on being greater than ``margin``."""
    return [claims.judge(low, high, margin) for _, low, high in gaps]


def together(verdicts: Sequence[str]) -> str:
    """One verdict of conditions that must all hold: contradicted as soon as one is."""
    return "contradicted" if "contradicted" in verdicts else claims.agreed(verdicts)


def told(gap: Gap, form: str = "{:+.2f} s") -> str:
    """A difference with its interval, as it stands in a finding."""
    return f"{form} ({form} to {form})".format(*gap)


def behind(rows: Mapping[str, Mapping], slow: str, fast: str, part: str = "end") -> Gap:
    """Seconds by which one system is behind another, on the same questions, to the "first" token or to the "end"."""
    return evaluation.paired_difference(*(timing.spans(rows[name])[part] for name in (slow, fast)))


def apart(a: Mapping[str, float], b: Mapping[str, float]) -> Gap:
    """The difference of two shares that are not paired, as wide as their intervals allow."""
    return a["right"] - b["right"], a["low"] - b["high"], a["high"] - b["low"]


def replies_quickly(rows: Mapping[str, Mapping]) -> Verdict:
    """F3: merged and unmerged ahead of every form of RAG and of the cached prompt, to first token and end."""
    rivals, tuned = (*RAGS, response_times.CACHED), (response_times.MERGED, response_times.UNMERGED)
    gaps = [behind(rows, rival, fast, part) for rival in rivals for fast in tuned for part in ("first", "end")]
    first, end = (behind(rows, response_times.SHARED, response_times.MERGED, part) for part in ("first", "end"))
    ends = (
        f"{name} {np.median(timing.spans(rows[name])['end']):.2f} s"
        for name in (*tuned, response_times.SHARED, response_times.CACHED)
    )
    finding = f"RAG with a shared prefix behind the merged adapter: first token {told(first)}, end {told(end)}; "
    return Verdict(claims.agreed(judged(gaps)), f"{finding}median to the end: {', '.join(ends)}", _requests(rows))


def takes_longer(rows: Mapping[str, Mapping]) -> Verdict:
    """R3: every form of RAG behind the closed book at the end."""
    gaps = [behind(rows, name, "closed book") for name in RAGS]
    spent = {part: float(np.mean(rows["RAG, k = 3"][part])) for part in timing.PARTS}
    share = {part: seconds / sum(spent.values()) for part, seconds in spent.items()}
    finding = f"k = 3 behind the closed book {told(gaps[1])}; of its time search with embedding "
    finding += f"{share['embed'] + share['search']:.0%}, prefill {share['prefill']:.0%}, decode {share['decode']:.0%}"
    return Verdict(claims.agreed(judged(gaps)), finding, _requests(rows))


def worth_the_speed(rows: Mapping[str, Mapping], cells: Sequence[Mapping]) -> Verdict:
    """W3: the merged adapter sooner than RAG and than the RAFT reader, and no less right than either (every seed),
    on facts that stayed and on facts that changed."""
    speed = [behind(rows, system, response_times.MERGED) for system in (response_times.SHARED, response_times.READER)]
    verdicts, findings = judged(speed), [f"{told(speed[0])} sooner than RAG, {told(speed[1])} than the RAFT reader"]
    for kind, word in (("static", "taught"), ("changed", "changed since")):
        memories = outcomes.runs(cells, *MEMORY, [kind])
        read = [np.mean(outcomes.runs(cells, *cell, [kind]), axis=0) for cell in (RAG, READER)]
        gaps = [evaluation.paired_difference(memory, reader) for reader in read for memory in memories]
        verdicts += judged(gaps, NO_WORSE)
        shares = [np.mean(memories), *(np.mean(reader) for reader in read)]
        findings.append(f"{word}, right: " + "memory {:.0%}, RAG {:.0%}, RAFT reader {:.0%}".format(*shares))
    return Verdict(claims.agreed(verdicts), "; ".join(findings), len(memories[0]))


def stays_in_the_prompt(rows: Sequence[Mapping]) -> Verdict:
    """N2: on small collections (up to 4 documents) and on larger ones, the cached prompt no less right than RAG and its
    first token sooner. A collection on which one of the two fails speaks against it.

    ``rows`` of ``results.load("cached_prompt")``."""
    verdicts, findings = [], []
    for name, chosen in (("1 to 4 documents", lambda size: size <= 4), ("8 and 16", lambda size: size > 4)):
        mean = {
            (system, part): np.mean([r[part] for r in rows if r["system"] == system and chosen(r["documents"])], axis=0)
            for system in ("cached prompt", "RAG")
            for part in ("right", "first")
        }
        right = evaluation.paired_difference(mean["cached prompt", "right"], mean["RAG", "right"])
        sooner = evaluation.paired_difference(mean["RAG", "first"], mean["cached prompt", "first"])
        verdicts.append(together(judged([right], NO_WORSE) + judged([sooner])))
        findings.append(f"{name}: right {told(right, '{:+.0%}')} against RAG, first token {told(sooner)} sooner")
    return Verdict(claims.agreed(verdicts), "; ".join(findings), len(rows[0]["right"]))


def keeps_working(rows: Sequence[Mapping]) -> Verdict:
    """R6: recall@3 and right answers no lower at the full size than at the first, and an exact search of the most
    vectors in less than a second. ``rows`` of ``results.load("growth")``."""
    sizes, vectors = ([row for row in rows if key in row] for key in ("chunks", "vectors"))
    found, right = (evaluation.paired_difference(sizes[-1][key], sizes[0][key]) for key in ("hybrid found", "right"))
    spent = vectors[-1]["milliseconds"]
    low, high = evaluation.interval(spent)
    finding = f"{sizes[0]['chunks']:,} to {sizes[-1]['chunks']:,} chunks: recall@3 {told(found, '{:+.0%}')}, "
    finding += f"right answers {told(right, '{:+.0%}')}; "
    finding += f"exact search of {vectors[-1]['vectors']:,} vectors {np.mean(spent):.0f} ms"
    verdicts = [*judged([found, right], NO_WORSE), claims.judge(1000 - high, 1000 - low)]
    return Verdict(claims.agreed(verdicts), finding, len(sizes[0]["hybrid found"]))


def taken_in(found: Sequence[bool], stale: Sequence[bool], milliseconds: Sequence[float]) -> Verdict:
    """R2: after the exchange of a page, more than half of the searches find the new answer, fewer than half only the
    old one."""
    (low, high), (least, most) = evaluation.interval(found), evaluation.interval(stale)
    verdicts = [claims.judge(low, high, 0.5), claims.judge(1 - most, 1 - least, 0.5)]
    finding = (
        f"pages replaced one by one, {np.median(milliseconds):.0f} ms from the new text to the search (median); new "
    )
    finding += f"answer found {np.mean(found):.0%} ({low:.0%} to {high:.0%}), only the old one {np.mean(stale):.0%}"
    return Verdict(claims.agreed(verdicts), finding, len(found))


def trained_again(updates: Sequence[Mapping]) -> Verdict:
    """F2: with every seed, more new answers after going on with training than before. Rows of the study of updates."""
    before, after = ([row for row in updates if row["way"] == way] for way in ("before", "go on from the adapter"))
    pairs = list(zip(before, after, strict=True))
    gaps = [
        apart(outcomes.share_and_interval(b["new"], RENEWED), outcomes.share_and_interval(a["new"], RENEWED))
        for a, b in pairs
    ]
    new = ", ".join(f"{a['new']:.0%} to {b['new']:.0%}" for a, b in pairs)
    other = ", ".join(f"{a['unrelated']:.0%} to {b['unrelated']:.0%}" for a, b in pairs)
    spent, examples = np.mean([row["seconds"] for row in after]), after[0]["examples"]
    finding = f"20 of 60 facts change: {spent:.0f} s and {examples} examples; new answers {new}, unrelated ones {other}"
    return Verdict(claims.agreed(judged(gaps)), finding, RENEWED)


def changes_often(cells: Sequence[Mapping], updates: Sequence[Mapping]) -> Verdict:
    """W5: on changed facts RAG ahead of memory as it stood and of memory trained again, with every seed."""
    (plain,), memories = (outcomes.runs(cells, *cell, ["changed"]) for cell in (RAG, MEMORY))
    after = [row for row in updates if row["way"] == "go on from the adapter"]
    gaps = [evaluation.paired_difference(plain, memory) for memory in memories]
    gaps += [
        apart(outcomes.mean_and_interval([plain]), outcomes.share_and_interval(row["new"], RENEWED)) for row in after
    ]
    old = np.mean(outcomes.runs(cells, *MEMORY, ["changed"], "s"))
    finding = (
        f"changed facts right: RAG {np.mean(plain):.0%}, memory {np.mean(memories):.0%} ({old:.0%} stale), memory "
    )
    finding += "trained again {:.0%} after {:.0f} s".format(
        *(np.mean([row[key] for row in after]) for key in ("new", "seconds"))
    )
    return Verdict(claims.agreed(judged(gaps)), finding, len(plain))


def dear_then_cheap(rows: Mapping[str, Mapping], work: Workload, spread: Sequence[float]) -> Verdict:
    """F5: the training takes longer than the index (every seed), and an answer takes less than one of RAG."""
    saved, dearer = behind(rows, response_times.SHARED, response_times.MERGED), _dearer(work, spread)
    paid = [(work.training_seconds - work.index_seconds) / gap if gap > 0 else float("inf") for gap in saved]
    finding = (
        f"training {work.training_seconds:,.0f} s, index {work.index_seconds:.0f} s; an answer saves {told(saved)}; "
    )
    finding += f"paid back after {paid[0]:,.0f} answers ({paid[2]:,.0f} to {paid[1]:,.0f}) without an update"
    return Verdict(claims.agreed(judged([*dearer, saved])), finding, _requests(rows))


def cheap_then_moderate(rows: Mapping[str, Mapping], work: Workload, spread: Sequence[float]) -> Verdict:
    """R5: the index takes less than the training (every seed), and an answer more than a fine-tuned one, but less than
    three times as much."""
    rag, tuned = (timing.spans(rows[name])["end"] for name in (response_times.SHARED, response_times.MERGED))
    gaps = [evaluation.paired_difference(rag, tuned), evaluation.paired_difference(3 * tuned, rag)]
    read = [work.loads[name].prompt_tokens for name in ("rag", "fine_tuning")]
    finding = f"index {work.index_seconds:.0f} s, training {work.training_seconds:,.0f} s; an answer takes "
    finding += f"{np.median(rag) / np.median(tuned):.1f} times the seconds of a fine-tuned one, and "
    finding += "{:.0f} prompt tokens against {:.0f}".format(*read)
    return Verdict(claims.agreed(judged([*_dearer(work, spread), *gaps])), finding, _requests(rows))


def _dearer(work: Workload, spread: Sequence[float]) -> list[Gap]:
    """Seconds by which a training exceeds the index, by the seconds of every seed; without an interval of their own."""
    mean = float(np.mean(spread))
    return [(work.training_seconds * seconds / mean - work.index_seconds,) * 3 for seconds in spread]


def _requests(rows: Mapping[str, Mapping]) -> int:
    return len(rows[response_times.MERGED]["decode"])
