"""Batches side by side on the cores of a processor: a second core helps a small matrix little, a second batch much."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from utils import settings

FEWEST = 8  # rows worth a batch of their own; the weights are read from memory once a batch and word


def workers() -> int:
    """How many batches to answer at the same time: as many as torch has threads on a CPU, one on an accelerator."""
    import torch

    return torch.get_num_threads() if settings.device() == "cpu" else 1


def cut(rows: Sequence[int], most: int, count: int) -> list[list[int]]:
    """Rows in batches of like size: at most ``most`` rows each, and enough batches for ``count`` workers if the rows
    go round."""
    batches = max(-(-len(rows) // most), min(count, len(rows) // FEWEST), 1)
    size = -(-len(rows) // batches)
    return [list(rows[start : start + size]) for start in range(0, len(rows), size)] if rows else []


def run(jobs: Sequence[Callable[[], None]], count: int) -> None:
    """Run jobs in their order, ``count`` at a time, each on one thread of torch; one at a time, on all of them."""
    import torch

    if count < 2:
        for job in jobs:
            job()
        return
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the matrix library keeps one number for all threads
    try:
        with ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            list(pool.map(lambda job: job(), jobs))
    finally:
        torch.set_num_threads(threads)
