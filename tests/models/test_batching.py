"""Batches side by side: cut evenly, all run, threads given back, errors passed on."""

import threading

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from utils.models import batching


@given(st.integers(0, 300), st.integers(1, 64), st.integers(1, 16))
def test_cut_keeps_every_row_in_order_and_no_batch_is_too_large(rows, most, count):
    batches = batching.cut(range(rows), most, count)
    assert [row for batch in batches for row in batch] == list(range(rows))
    assert all(1 <= len(batch) <= most for batch in batches)


@pytest.mark.parametrize(
    ("rows", "most", "count", "sizes"),
    [
        (64, 32, 2, [32, 32]),
        (40, 32, 2, [20, 20]),
        (16, 32, 2, [8, 8]),
        (15, 32, 2, [15]),  # two batches would fall below the fewest rows
        (33, 32, 1, [17, 16]),
        (5, 1, 2, [1, 1, 1, 1, 1]),
        (0, 32, 2, []),
    ],
)
def test_cut_gives_every_worker_a_batch_where_the_rows_go_round(rows, most, count, sizes):
    assert [len(batch) for batch in batching.cut(range(rows), most, count)] == sizes


def test_jobs_run_at_the_same_time_on_one_thread_each_and_the_threads_come_back():
    before, meeting, threads = torch.get_num_threads(), threading.Barrier(2, timeout=30), []

    def job():
        meeting.wait()  # breaks unless both are running
        threads.append(torch.get_num_threads())

    batching.run([job, job], 2)
    assert threads == [1, 1]
    assert torch.get_num_threads() == before


def test_alone_a_job_keeps_all_threads():
    seen = []
    batching.run([lambda: seen.append(torch.get_num_threads())], 1)
    assert seen == [torch.get_num_threads()]


def test_an_error_in_a_job_reaches_the_caller_and_the_threads_come_back():
    before = torch.get_num_threads()

    def job():
        raise ValueError("no room")

    with pytest.raises(ValueError, match="no room"):
        batching.run([job, job], 2)
    assert torch.get_num_threads() == before
