"""Two ways of doing the same thing, timed in turns, and the table that says how long each took."""

import time


def race(obvious, ours, rounds: int) -> tuple[float, float]:
    """The best seconds of both ways."""
    best = [float("inf"), float("inf")]
    for _ in range(rounds):
        for place, way in enumerate((obvious, ours)):
            start = time.perf_counter()
            way()
            best[place] = min(best[place], time.perf_counter() - start)
    return best[0], best[1]


def report(title: str, rows: list[tuple[str, float, float, str]]) -> None:
    print(f"\n\n{title}\n{'':28}{'obvious':>10}{'ours':>10}{'ratio':>8}   same results")
    for name, obvious, ours, same in rows:
        print(f"{name:28}{obvious:8.2f} s{ours:8.2f} s{obvious / ours:8.1f}   {same}")
