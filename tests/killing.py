"""A process that is killed at any point: just before its first operation on a file, before its second, and so on."""

import itertools
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

OPERATIONS = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "os.chmod", "os.utime")
KILLED = 9


def writes(event: str, arguments: tuple) -> bool:
    """Whether an audit event is an operation that changes files."""
    if event == "open":
        return bool((arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    return event in OPERATIONS


def killed_everywhere(act: Callable[[], object], below: Path) -> Iterator[int]:
    """Run ``act`` in a child that is killed before its 1st operation on a file below a folder, its 2nd, and so on.

    Gives the number after each kill, for the test to look at what is left; ends when an ``act`` got through. The child
    is a fork, so it dies as it would from SIGKILL: nothing is flushed, closed or cleared up.
    """
    if not hasattr(os, "fork"):
        pytest.skip("this system has no fork")
    for number in itertools.count(1):
        child = os.fork()
        if child == 0:
            _act_until(number, act, str(below))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status != KILLED:
            assert status == 0, "what was to be killed failed by itself"
            assert number > 1, "it never touched a file"
            return
        yield number


def _act_until(number: int, act: Callable[[], object], below: str) -> None:
    """In the child: count the operations and die before one of them, or end without any of pytest's own clearing up."""
    left = number

    def count(event: str, arguments: tuple) -> None:
        nonlocal left
        if writes(event, arguments) and str(arguments[0]).startswith(below):
            left -= 1
            if left == 0:
                os._exit(KILLED)

    sys.addaudithook(count)
    try:
        act()
        os._exit(0)
    except BaseException as problem:
        os.write(2, f"{type(problem).__name__}: {problem}\n".encode())
    os._exit(1)
