"""The verdicts of notebook 11 on made-up numbers whose verdict is plain."""

import numpy as np
import pytest

from utils.deciding import verdicts
from utils.deciding.costs import Load, Workload
from utils.evaluation import claims, outcomes, results
from utils.studies import response_times

N = 20
STEPS = {  # seconds to the first token, and for the other fifteen
    "closed book": (0.2, 0.6), response_times.MERGED: (0.1, 0.6), response_times.UNMERGED: (0.15, 0.7),
    "RAG, k = 1": (0.8, 0.7), "RAG, k = 3": (1.2, 0.8), "RAG, k = 5": (1.5, 0.8),
    response_times.SHARED: (0.6, 0.7), response_times.READER: (0.5, 0.7), response_times.CACHED: (0.3, 1.2),
}  # fmt: skip


def request_rows(**changed):
    draw = np.random.default_rng(1)
    rows = {}
    for name, (first, decode) in (STEPS | changed).items():
        search = [0.02] * N if "k =" in name else [0.0] * N
        rows[name] = {
            "system": name, "embed": search, "search": search, "new_tokens": 16, "prompt_tokens": [100] * N,
            "prefill": list(first - 2 * search[0] + draw.normal(0, 0.005, N)), "decode": [decode] * N,
        }  # fmt: skip
    return rows


def grid_rows(**letters):
    """Cells of 10 questions a kind: three seeds of memory and of the reader, one of RAG."""
    told = {"memory": "rrrrrrrrrr", "rag": "wwwwwwwwww", "reader": "rrrrrwwwww"} | letters
    cells = [
        ("memory", verdicts.MEMORY, (11, 12, 13)),
        ("rag", verdicts.RAG, (11,)),
        ("reader", verdicts.READER, (11, 12, 13)),
    ]
    made = []
    for name, (system, context), seeds in cells:
        for seed in seeds:
            for kind in ("static", "changed"):
                run = told.get(f"{name}_{kind}", told[name])
                made.append(
                    {"seed": seed, "system": system, "context": context, "kind": kind, "n": 10, "outcomes": run}
                )
    return made


WORK = Workload(
    answers_per_day=100, updates_per_month=1,
    loads={"rag": Load(1.3, 400, 16, 200), "fine_tuning": Load(0.7, 40, 16)},
    training_seconds=1000, training_tokens=1000, index_seconds=10, index_tokens=1000, storage_gb=0.001,
)  # fmt: skip


def test_fine_tuned_replies_are_quick_only_if_both_forms_beat_every_rival_in_both_times():
    assert verdicts.replies_quickly(request_rows()).verdict == "supported"
    assert verdicts.replies_quickly(request_rows(**{response_times.UNMERGED: (0.15, 1.3)})).verdict == "mixed"
    slow = {response_times.MERGED: (2.0, 2.0), response_times.UNMERGED: (2.0, 2.0)}
    found = verdicts.replies_quickly(request_rows(**slow))
    assert found.verdict == "contradicted"
    assert "fine-tuned, merged 4.0" in found.finding
    assert found.n == N


def test_rag_takes_longer_if_every_form_does_and_the_parts_of_its_time_are_told():
    found = verdicts.takes_longer(request_rows())
    assert found.verdict == "supported"
    assert "search with embedding 2%, prefill 58%, decode 40%" in found.finding
    assert verdicts.takes_longer(request_rows(**{response_times.SHARED: (0.1, 0.3)})).verdict == "mixed"


def test_speed_is_worth_it_only_where_memory_is_as_right():
    rows = request_rows()
    assert verdicts.worth_the_speed(rows, grid_rows()).verdict == "supported"
    found = verdicts.worth_the_speed(rows, grid_rows(memory_changed="ssssssssss", rag_changed="rrrrrrrrrr"))
    assert found.verdict == "mixed"
    assert "changed since, right: memory 0%, RAG 100%, RAFT reader 50%" in found.finding
    slow = request_rows(**{response_times.MERGED: (2.0, 2.0)})
    wrong = grid_rows(memory="wwwwwwwwww", rag="rrrrrrrrrr", reader="rrrrrrrrrr")
    assert verdicts.worth_the_speed(slow, wrong).verdict == "contradicted"


def cached_prompt_rows(cached, retrieved, first=(0.2, 0.8)):
    """Rows of five sizes in which so many of 20 are right, with both systems."""
    return [
        {
            "documents": size,
            "system": system,
            "right": [True] * right + [False] * (N - right),
            "first": [seconds] * N,
            "end": [2 * seconds] * N,
        }
        for size in (1, 2, 4, 8, 16)
        for system, right, seconds in (("cached prompt", cached, first[0]), ("RAG", retrieved, first[1]))
    ]


def test_a_cached_prompt_stays_if_it_is_as_right_and_sooner_on_small_and_large_collections():
    assert verdicts.stays_in_the_prompt(cached_prompt_rows(18, 10)).verdict == "supported"
    assert verdicts.stays_in_the_prompt(cached_prompt_rows(18, 10, (0.9, 0.8))).verdict == "contradicted", (
        "right, and late"
    )
    assert verdicts.stays_in_the_prompt(cached_prompt_rows(2, 18)).verdict == "contradicted", "soon, and wrong"
    assert verdicts.stays_in_the_prompt(cached_prompt_rows(2, 18, (0.9, 0.8))).verdict == "contradicted"
    mixed = cached_prompt_rows(18, 10)[:6] + cached_prompt_rows(2, 18)[6:]
    found = verdicts.stays_in_the_prompt(mixed)
    assert found.verdict == "mixed"
    assert found.finding.startswith("1 to 4 documents: right +40% ")
    assert "8 and 16: right -80% " in found.finding
    assert found.n == N


def grown(recall, right, milliseconds):
    return [
        {"chunks": 700, "hybrid found": [1.0] * N, "dense found": [1.0] * N, "right": [True] * N},
        {"chunks": 900, "hybrid found": [1.0] * N, "dense found": [1.0] * N},
        {"chunks": 7000, "hybrid found": [1.0] * recall + [0.0] * (N - recall), "dense found": [1.0] * N,
         "right": [True] * right + [False] * (N - right)},
        {"vectors": 1000, "milliseconds": [0.1, 0.2]},
        {"vectors": 1_000_000, "milliseconds": milliseconds},
    ]  # fmt: skip


def test_a_large_collection_works_if_it_is_found_read_and_searched_in_time():
    assert verdicts.keeps_working(grown(N, N, [200.0, 220.0])).verdict == "supported"
    assert verdicts.keeps_working(grown(N, N, [1200.0, 1220.0])).verdict == "mixed"
    assert verdicts.keeps_working(grown(2, N, [200.0, 220.0])).verdict == "mixed"
    found = verdicts.keeps_working(grown(2, 1, [1200.0, 1220.0]))
    assert found.verdict == "contradicted"
    assert found.finding.startswith("700 to 7,000 chunks: recall@3 -90% ")


def test_pages_are_taken_in_if_searches_find_the_new_and_not_the_old():
    assert verdicts.taken_in([True] * 20, [False] * 20, [100.0, 120.0]).verdict == "supported"
    assert verdicts.taken_in([True] * 10 + [False] * 10, [False] * 20, [100.0]).verdict == "undecided"
    found = verdicts.taken_in([False] * 20, [True] * 20, [100.0, 120.0])
    assert (found.verdict, found.n) == ("contradicted", 20)
    assert "110 ms" in found.finding


def update_rows(new):
    rows = []
    for seed, share in zip((11, 12, 13), new, strict=True):
        rows.append({"seed": seed, "way": "before", "new": 0.0, "unrelated": 0.6, "seconds": 130, "examples": 360})
        rows.append(
            {
                "seed": seed,
                "way": "go on from the adapter",
                "new": share,
                "unrelated": 0.05,
                "seconds": 50,
                "examples": 120,
            }
        )
    return rows


def test_training_again_is_needed_if_it_is_what_brings_the_new_answers():
    found = verdicts.trained_again(update_rows((0.9, 0.8, 1.0)))
    assert (found.verdict, found.n) == ("supported", 40)
    assert "50 s and 120 examples" in found.finding
    assert "60% to 5%" in found.finding
    assert verdicts.trained_again(update_rows((0.9, 0.05, 1.0))).verdict == "undecided"


def test_rag_wins_on_changed_facts_only_if_it_beats_memory_trained_again_too():
    cells = grid_rows(memory_changed="ssssswwwww", rag_changed="rrrrrrrrrr")
    assert verdicts.changes_often(cells, update_rows((0.1, 0.1, 0.05))).verdict == "supported"
    found = verdicts.changes_often(cells, update_rows((0.9, 0.9, 0.9)))
    assert found.verdict == "undecided"
    assert "memory 0% (50% stale), memory trained again 90% after 50 s" in found.finding
    worse = grid_rows(memory_changed="rrrrrrrrrr", rag_changed="wwwwwwwwww")
    assert verdicts.changes_often(worse, update_rows((0.9, 0.9, 0.9))).verdict == "contradicted"


def test_set_up_and_answers_are_weighed_for_both():
    rows, seeds = request_rows(), (900.0, 1000.0, 1100.0)
    dear, cheap = verdicts.dear_then_cheap(rows, WORK, seeds), verdicts.cheap_then_moderate(rows, WORK, seeds)
    assert (dear.verdict, cheap.verdict) == ("supported", "supported")
    assert "paid back after 1,6" in dear.finding, "990 seconds of set-up, 0.6 saved an answer"
    assert "1.9 times the seconds" in cheap.finding
    assert "400 prompt tokens against 40" in cheap.finding
    far = request_rows(**{response_times.SHARED: (3.0, 0.7)})
    assert verdicts.cheap_then_moderate(far, WORK, seeds).verdict == "mixed", "more than three times is not moderate"
    late = request_rows(**{response_times.MERGED: (1.5, 0.7)})
    found = verdicts.dear_then_cheap(late, WORK, seeds)
    assert found.verdict == "mixed"
    assert "inf answers" in found.finding


def test_the_sets_of_questions_behind_shares_are_as_large_as_is_said():
    assert len(outcomes.runs(results.load("grid")["rows"], *verdicts.RAG, ["changed"])[0]) == verdicts.RENEWED


def test_a_verdict_is_recorded_for_notebook_11():
    verdicts.Verdict("mixed", "Now and then.", 7).record("F3")
    told = claims.recorded("11").loc["F3"]
    assert told[["notebook", "verdict", "finding", "n"]].tolist() == ["11", "mixed", "Now and then.", 7]
    with pytest.raises(ValueError, match="does not name notebook 11"):
        verdicts.Verdict("mixed", "Elsewhere.", 7).record("F1")
