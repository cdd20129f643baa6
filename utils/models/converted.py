"""Models in CTranslate2's form, with 8-bit integers: converted once, in a process of their own, and cached.

The process gives the memory back. Of what was trained, the last three of a size are kept: each takes as much disk as
its model.
"""

import errno
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from utils import settings
from utils.models.folders import intact, make_once
from utils.models.loading import chosen_generator, identity, load_llm, location, with_adapter
from utils.settings import SetupError

KEPT = 3  # converted adapters of a size
MODEL = "model.bin"  # the file that makes a folder whole


def available() -> bool:
    """Whether CTranslate2 is installed and can run the chosen generator here."""
    if settings.device() != "cpu":
        return False
    try:
        from ctranslate2.converters import transformers as known
        from transformers import AutoConfig
    except ImportError:
        return False
    config = AutoConfig.from_pretrained(location(chosen_generator()))
    return type(config).__name__ in known._MODEL_LOADERS  # there is no public list of the architectures


def compute_type() -> str:
    """The numbers that CTranslate2 computes the chosen generator with."""
    model = chosen_generator()
    return "int8" if isinstance(model, str) else model.compute_type


def converted(adapter: Path | str | None = None) -> Path:
    """Folder of the chosen generator, or of it with an adapter merged, for CTranslate2; converted if it isn't there.

    Safe with several processes at once and when killed. Raises SetupError with a sentence if the conversion fails.
    """
    base = identity(chosen_generator())
    key = f"{base} {compute_type()} {_trained(adapter)}"
    name = f"{base.partition('@')[0].rpartition('/')[2]}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"
    home = (settings.runs_dir() if adapter else settings.cache_dir()) / "engines"
    folder = home / name
    variable = "RVF_RUNS" if adapter else "RVF_CACHE"
    make_once(folder, lambda: _whole(folder), lambda made: _convert(made, adapter), variable)
    if adapter:
        os.utime(folder)  # the last used are kept
        _forget_older(home, name)
    return folder


def _whole(folder: Path) -> bool:
    return (folder / MODEL).is_file() and intact(folder)


def _trained(adapter: Path | str | None) -> str:
    """What an adapter is, by its content: its folder is named after the hash of all that went into it."""
    return Path(adapter).resolve().name if adapter else ""


def _convert(made: Path, adapter: Path | str | None) -> None:
    command = [sys.executable, "-m", "utils.models.converted", str(made)]
    command += [str(Path(adapter).resolve())] if adapter else []
    done = subprocess.run(command, cwd=settings.ROOT, capture_output=True, text=True, check=False)
    if "No space left" in done.stderr:
        raise OSError(errno.ENOSPC, "No space left on device")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise SetupError(f"The model could not be converted for CTranslate2 ({last}): set RVF_ENGINE=transformers.")


def _forget_older(home: Path, name: str) -> None:
    size = name.rpartition("-")[0]
    folders = [path for path in home.glob(f"{size}-*") if path.is_dir() and ".part-" not in path.name]
    for old in sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def main(target: str, adapter: str | None = None) -> None:
    """Convert the chosen generator into the folder ``target``; with an adapter, merged into a copy first."""
    import torch
    from ctranslate2.converters import TransformersConverter

    quantization = None if compute_type() == "float32" else compute_type()
    if adapter is None:
        TransformersConverter(location(chosen_generator())).convert(target, quantization=quantization)
        return
    model, tokenizer = load_llm()
    with tempfile.TemporaryDirectory(dir=Path(target).parent, prefix="merged-") as scratch:
        with_adapter(model, adapter).to(torch.float16).save_pretrained(scratch)
        tokenizer.save_pretrained(scratch)
        TransformersConverter(scratch).convert(target, quantization=quantization)


if __name__ == "__main__":
    main(*sys.argv[1:])
