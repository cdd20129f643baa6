"""The times of a request: what is timed, how often, what the table says of it, and where two systems cross."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from utils.rag import timing
from utils.rag.timing import TimedSystem, crossing, measure_requests, per_token, request, seconds_at, table
from utils.retrieval import Hit

HITS = [Hit("a", "a#0", "First.", 0.9), Hit("b", "b#0", "Second.", 0.8)]


class Clerk:
    """A model that takes 0.2 seconds to the first of its tokens and 0.1 for each further one; remembers the calls."""

    def __init__(self):
        self.calls = []

    def complete(self, chats, new_tokens, prefix=(), min_new_tokens=0):
        self.calls.append((chats, new_tokens, prefix, min_new_tokens))
        seconds = 0.2 + 0.1 * (new_tokens - 1)
        return [SimpleNamespace(prefill_seconds=0.2, seconds=seconds, prompt_tokens=30) for _ in chats]

    def prompt_ids(self, chat):
        return [0] * len(chat)


class Finder:
    """A search that finds the same two passages, and remembers what was asked."""

    def __init__(self):
        self.asked = []

    def search(self, question, k):
        self.asked.append((question, k))
        return HITS[:k]


def chat(question, hits):
    return [{"role": "user", "content": " ".join([question, *(hit.text for hit in hits)])}]


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by hand: embedding takes 10 ms, embedding and searching 30."""
    times = iter([5.0, 5.01, 5.04] * 50)
    monkeypatch.setattr(timing, "time", SimpleNamespace(perf_counter=lambda: next(times)))
    monkeypatch.setattr(timing, "embed", lambda texts: None)


def test_a_request_without_search_has_a_prefill_and_a_decoding(clock):
    finder, clerk = Finder(), Clerk()
    spent = request(TimedSystem(clerk, chat), "When?", finder, 11)
    assert spent == pytest.approx({"embed": 0, "search": 0, "prefill": 0.2, "decode": 1.0, "prompt_tokens": 30})
    assert clerk.calls == [([chat("When?", [])], 11, (), 11)]
    assert finder.asked == []


def test_a_request_with_search_takes_the_embedding_off_the_search_and_puts_the_best_passage_last(clock):
    finder, clerk, prefix = Finder(), Clerk(), [{"role": "system", "content": "Read."}]
    spent = request(TimedSystem(clerk, chat, 2, prefix), "When?", finder, 11)
    assert (spent["embed"], spent["search"]) == pytest.approx((0.01, 0.02))
    assert finder.asked == [("When?", 2)]
    assert clerk.calls == [([chat("When?", HITS[::-1])], 11, prefix, 11)]


def test_a_search_that_was_faster_than_its_embedding_takes_no_time_at_all(monkeypatch, clock):
    times = iter([5.0, 5.03, 5.05])
    monkeypatch.setattr(timing, "time", SimpleNamespace(perf_counter=lambda: next(times)))
    assert request(TimedSystem(Clerk(), chat, 1), "When?", Finder())["search"] == 0


def test_systems_take_turns_and_the_first_request_of_each_is_not_counted(clock, capsys):
    one, two = Clerk(), Clerk()
    rows = measure_requests(
        {"one": TimedSystem(one, chat), "two": TimedSystem(two, chat, 1, chat("", ()))},
        ["A?", "B?"],
        Finder(),
        3,
        "times",
    )
    assert [row["system"] for row in rows] == ["one", "two"]
    assert [len(row[part]) for row in rows for part in timing.PARTS] == [2] * 8
    assert [call[0][0][0]["content"] for call in one.calls] == ["A?", "A?", "B?"]
    assert rows[1]["search"] == pytest.approx([0.02, 0.02])
    assert [row["shared_tokens"] for row in rows] == [0, 1]
    assert rows[0]["prompt_tokens"] == [30, 30]
    assert "times: 100%" in capsys.readouterr().out


def row(name, first, decode, tokens=11):
    """A system whose requests have these prefills and decodings."""
    nothing = [0.0] * len(first)
    return {
        "system": name,
        "embed": nothing,
        "search": nothing,
        "prefill": first,
        "decode": decode,
        "new_tokens": tokens,
    }


def test_the_table_has_medians_with_intervals_and_95th_percentiles():
    found = table([row("slow", [1.0, 2.0, 3.0, 4.0, 10.0], [1.0] * 5), row("fast", [0.5] * 5, [0.5] * 5)])
    slow, fast = found.loc["slow"], found.loc["fast"]
    assert (slow["n"], slow["first p50"], slow["end p50"]) == (5, 3.0, 4.0)
    assert slow["first p95"] == pytest.approx(np.quantile([1, 2, 3, 4, 10], 0.95))
    assert slow["first low"] < 3 < slow["first high"]
    assert (slow["end low"], slow["end high"]) == (slow["first low"] + 1, slow["first high"] + 1)
    assert (fast["first low"], fast["first high"], fast["per token"]) == (0.5, 0.5, 0.05)


def test_search_and_embedding_come_before_the_first_token():
    parts = {"embed": [0.1], "search": [0.2], "prefill": [0.3], "decode": [0.4]}
    spans = timing.spans(parts)
    assert (spans["first"][0], spans["end"][0]) == pytest.approx((0.6, 1.0))


def test_longer_answers_cost_so_much_a_token():
    system = row("a", [1.0] * 3, [2.0] * 3)
    assert per_token(system) == pytest.approx(0.2)
    assert seconds_at(system, [1, 11, 21]) == pytest.approx([1, 3, 5])


def test_the_crossing_by_hand():
    early, late = row("early", [1.0], [3.0]), row("late", [2.0], [1.0])  # 0.3 and 0.1 seconds a token
    assert crossing(early, late) == pytest.approx(1 + 1.0 / 0.2)
    assert seconds_at(early, crossing(early, late)) == pytest.approx(seconds_at(late, crossing(early, late)))
    assert crossing(row("b", [1.0], [1.0]), late) == math.inf, "as slow a token: the later one never catches up"
    assert crossing(late, row("c", [1.0], [0.5])) == 1, "first from the start"
