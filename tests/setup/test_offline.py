"""The guard: a run that must do without the network fails where the network is asked for, whoever copes without it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from utils.setup import notebooks

HERE = """
import asyncio, contextlib, socket
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname()).close()
    socket.create_connection(("localhost", server.getsockname()[1])).close()
left, right = socket.socketpair()
socket.getaddrinfo(None, 80, flags=socket.AI_PASSIVE)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
    datagram.sendto(b"x", ("127.0.0.1", 9))
    with contextlib.suppress(OSError):  # no way there: as good
        datagram.connect(("192.0.2.1", 9))
asyncio.run(asyncio.sleep(0))
"""
ELSEWHERE = {  # 192.0.2.1 and 2001:db8:: are nobody's, by RFC 5737 and RFC 3849
    "an address": "socket.create_connection(('192.0.2.1', 80), 1)",
    "an address, version 6": "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 80))",
    "a name": "socket.getaddrinfo('pypi.org', 443)",
    "an older look-up": "socket.gethostbyname('pypi.org')",
    "a datagram": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 9))",
    "a page": "urllib.request.urlopen('http://192.0.2.1/', timeout=1)",
    "by asyncio": "asyncio.run(asyncio.open_connection('192.0.2.1', 80))",
    "in a thread": "ThreadPoolExecutor().submit(socket.create_connection, ('192.0.2.1', 80), 1).result()",
}
IMPORTS = "import asyncio, socket, urllib.request\nfrom concurrent.futures import ThreadPoolExecutor\n"
COPES = "try:\n    {}\nexcept Exception:\n    pass\n"


def guarded(code):
    env = os.environ | {"PYTHONPATH": str(notebooks.OFFLINE), "http_proxy": ""}
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)


def test_this_machine_may_be_asked():
    done = guarded(HERE)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("code", ELSEWHERE.values(), ids=ELSEWHERE)
def test_no_other_machine_may_be_asked_even_by_those_who_cope_without(code):
    done = guarded(IMPORTS + COPES.format(code))
    assert done.returncode == 1
    assert "This run must do without the network, but " in done.stderr.splitlines()[-1]
    assert "make models" in done.stderr


def test_the_processes_of_a_guarded_process_are_guarded():
    inner = IMPORTS + ELSEWHERE["an address"]
    done = guarded(f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {inner!r}], check=True)")
    assert done.returncode == 1
    assert "NetworkUsed" in done.stderr


def test_the_notebooks_that_make_test_runs_are_guarded():
    recipe = (notebooks.ROOT / "Makefile").read_text(encoding="utf-8")
    (line,) = (line for line in recipe.splitlines() if "--nbval" in line)
    assert f'PYTHONPATH="$(CURDIR)/{notebooks.OFFLINE.relative_to(notebooks.ROOT).as_posix()}"' in line
    assert Path(notebooks.OFFLINE, "sitecustomize.py").is_file()
