"""Make a Colab runtime ready, as a script: ``python utils/setup/colab.py``. Needs nothing that is not there already.

Installs what requirements.txt names and Colab lacks, and leaves what is there, torch and numpy above all, as it is.
"""

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements.txt"
NEVER = {"torch", "numpy"}  # another build than the runtime's breaks what was compiled against it


def missing(lines: list[str]) -> list[str]:
    """The requirements among ``lines`` of which no version at all is installed, without torch and numpy."""
    wanted = [line.split("#")[0].strip() for line in lines]
    names = {line: re.split(r"[<>=!~\[; ]", line)[0].lower() for line in wanted if line}
    return [line for line, name in names.items() if name not in NEVER and not _installed(name)]


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def old_torchao() -> bool:
    """Whether a torchao is there that peft refuses to work beside (it asks for 0.16); the series does not use it."""
    return _installed("torchao") and tuple(map(int, metadata.version("torchao").split(".")[:2])) < (0, 16)


def main() -> None:
    """Install what is missing and remove a torchao that is too old."""
    pip = [sys.executable, "-m", "pip"]
    lines = missing(REQUIREMENTS.read_text(encoding="utf-8").splitlines())
    if lines:
        print("Installing", ", ".join(lines), flush=True)
        subprocess.run([*pip, "install", "--quiet", *lines], check=True)
    if old_torchao():
        subprocess.run([*pip, "uninstall", "--quiet", "--yes", "torchao"], check=True)


if __name__ == "__main__":
    main()
