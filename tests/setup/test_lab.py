"""JupyterLab as ``make lab`` starts it, in a headless Chromium: the first notebook is shown and its kernel runs.

The browser is driven over its DevTools protocol, through the WebSocket client that JupyterLab itself needs, so that
neither a driver program nor a further package has to be installed. Everything works on a copy of the repository.
"""

import base64
import contextlib
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
import websocket

from utils import settings
from utils.settings import ROOT

NAME = "00_start_here.ipynb"
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # nothing outside this machine is asked for
    "--remote-debugging-port=0",
)


def browser() -> str | None:
    """The command of an installed Chromium, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def until(question, what: str, seconds: float = 120):
    """The first true answer to ``question``; TimeoutError, which says what was waited for, after some seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError, ValueError):
            if answer := question():
                return answer
        time.sleep(0.2)
    raise TimeoutError(f"{what}: not within {seconds:g} s")


@contextlib.contextmanager
def running(command, **options):
    """A program that is ended, with its children asked to end, when the block is left."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def jupyterlab(repository: Path, home: Path):
    """The address of a JupyterLab started with the recipe of ``make lab``, and with none of the user's own settings."""
    recipe = next(line for line in (ROOT / "Makefile").read_text("utf-8").splitlines() if "/jupyter lab" in line)
    options = shlex.split(recipe.replace("$(CURDIR)", str(repository)).replace("$(AS_ROOT)", ""))[2:]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = ["--no-browser", "--allow-root", "--IdentityProvider.token=", f"--ServerApp.port={port}"]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "IPYTHON"))}
    env |= {f"JUPYTER_{kind}_DIR": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    env |= {"HOME": str(home), "IPYTHONDIR": str(home / "ipython")}
    home.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "jupyterlab", *options, *own, "--ServerApp.port_retries=0"]
    with (home / "server.log").open("w") as log, running(command, cwd=repository, env=env, stdout=log, stderr=log):
        address = f"http://127.0.0.1:{port}"
        until(lambda: fetch(f"{address}/api/status"), f"JupyterLab, see {log.name}")
        yield address


def fetch(address: str):
    with urllib.request.urlopen(address, timeout=5) as answer:
        return json.load(answer)


class Page:
    """The one page of a browser: ``evaluate`` an expression, ``press`` a key, ``click``, take a ``screenshot``."""

    def __init__(self, socket: websocket.WebSocket):
        self.socket, self.sent = socket, 0

    def command(self, method: str, **parameters) -> dict:
        """The result of a command of the DevTools protocol; events that arrive meanwhile are passed over."""
        self.sent += 1
        self.socket.send(json.dumps({"id": self.sent, "method": method, "params": parameters}))
        while (answer := json.loads(self.socket.recv())).get("id") != self.sent:
            pass
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def evaluate(self, expression: str):
        """The value of a JavaScript expression."""
        answer = self.command("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, expression: str, what: str, seconds: float = 120):
        return until(lambda: self.evaluate(expression), what, seconds)

    def click(self, element: str) -> None:
        """Click into the middle of the element that a JavaScript expression gives."""
        self.evaluate(f"{element}.scrollIntoView({{block: 'center'}})")
        x, y, width, height = self.evaluate(f"(b => [b.x, b.y, b.width, b.height])({element}.getBoundingClientRect())")
        for kind in ("mousePressed", "mouseReleased"):
            place = {"x": x + width / 2, "y": y + height / 2}
            self.command("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)

    def press(self, key: str, code: int, control: bool = False) -> None:
        for kind in ("rawKeyDown", "keyUp"):
            names = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": 2 if control else 0}
            self.command("Input.dispatchKeyEvent", type=kind, **names)

    def screenshot(self, path: Path, **options) -> None:
        path.write_bytes(base64.b64decode(self.command("Page.captureScreenshot", **options)["data"]))


@contextlib.contextmanager
def opened(address: str, profile: Path, size: tuple[int, int] = (1280, 900)):
    """A page of a fresh headless browser that shows ``address``."""
    command = [browser(), *FLAGS, f"--user-data-dir={profile}", f"--window-size={size[0]},{size[1]}", address]
    with running(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        port = until(lambda: (profile / "DevToolsActivePort").read_text().split()[0], "Chromium")
        pages = until(lambda: [p for p in fetch(f"http://127.0.0.1:{port}/json/list") if p["type"] == "page"], "a page")
        socket = websocket.create_connection(pages[0]["webSocketDebuggerUrl"], timeout=60, suppress_origin=True)
        with contextlib.closing(socket):
            yield Page(socket)


IDLE = "/\\| Idle/.test(document.querySelector('#jp-main-statusbar')?.innerText)"
TROUBLE = "[...document.querySelectorAll('.jp-Dialog, .Toastify__toast--error')].map(e => e.innerText)"
PICTURES = (
    "[...document.querySelectorAll('.jp-RenderedImage img')].filter(i => i.complete && i.naturalWidth > 1).length"
)
SETUP = "document.querySelectorAll('.jp-NotebookPanel .jp-CodeCell')[0]"


@pytest.mark.browser
@pytest.mark.skipif(browser() is None, reason="no Chromium is installed: apt-get install chromium")
def test_first_notebook_opens_and_its_kernel_runs(tmp_path, capsys):
    settings.announce()
    pace = capsys.readouterr().out.strip()
    for folder in ("notebooks", "utils", "data"):
        shutil.copytree(ROOT / folder, tmp_path / "copy" / folder)
    cells = nbformat.read(ROOT / "notebooks" / NAME, as_version=4).cells
    stored = sum("image/png" in out.get("data", {}) for cell in cells for out in cell.get("outputs", []))
    title = cells[0].source.splitlines()[0].removeprefix("# ")
    with jupyterlab(tmp_path / "copy", tmp_path / "home") as lab, opened(lab, tmp_path / "profile") as page:
        try:
            page.wait(f"(document.querySelector('h1')?.innerText ?? '').startsWith({json.dumps(title)})", "the title")
            page.wait(f"{IDLE} || {TROUBLE}.length", "a kernel that is ready")
            assert page.evaluate(TROUBLE) == []
            shown = page.wait(f"{PICTURES} >= {stored} && {PICTURES}", "the stored figures") if stored else 0
            assert shown == stored > 0, f"{NAME} stores {stored} figures, {shown} are shown: make notebooks"
            for count in (1, 2):  # the set-up cell is harmless to run again
                page.click(f"{SETUP}.querySelector('.cm-content')")
                page.press("Enter", 13, control=True)
                prompt = f"{SETUP}.querySelector('.jp-InputPrompt').innerText"
                page.wait(f"{prompt}.startsWith('[{count}]') && {IDLE}", f"count {count} beside the set-up cell")
            assert page.evaluate(f"{SETUP}.querySelector('.jp-OutputArea').innerText.trim()") == pace
            assert page.evaluate(TROUBLE) == []
        finally:
            page.screenshot(tmp_path / "lab.png")
