"""Where things are and what was chosen: folders, models, seed, device, threads. Imported before everything else.

Environment variables, all optional:

- ``RVF_CACHE``: folder for the models (default: the user cache folder of the system).
- ``RVF_RUNS``: folder for adapters and recorded claims (default: ``runs`` inside the cache).
- ``RVF_LLM``: the generator, ``small`` (default), ``medium`` or ``large``, or any Hugging Face id or local folder.
- ``RVF_EMBEDDER``: a Hugging Face id or a local folder instead of the embedder of the series.
- ``RVF_DEVICE``: ``cpu``, ``cuda`` or ``mps`` (default: ``cuda`` when there is one, else ``cpu``).
- ``RVF_ENGINE``: what answers, ``transformers`` (default), ``ctranslate2`` or ``auto``, which takes the faster one.
- ``RVF_THREADS``: threads for torch (default: what torch finds best).
"""

import ctypes
import os
import sys
import warnings
from pathlib import Path

import platformdirs
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
SEED = 11
SEEDS = (SEED, SEED + 1, SEED + 2)  # for what is trained more than once


class SetupError(RuntimeError):
    """Something outside the code is missing or wrong; the message says what, and what to do, in one sentence."""


def cache_dir() -> Path:
    """Folder that holds the models (made if absent)."""
    default = platformdirs.user_cache_dir("rag-vs-finetuning", appauthor=False)
    return _made(Path(os.environ.get("RVF_CACHE") or default).expanduser(), "RVF_CACHE")


def runs_dir() -> Path:
    """Folder that holds what was trained and recorded (made if absent)."""
    return _made(Path(os.environ.get("RVF_RUNS") or cache_dir() / "runs").expanduser(), "RVF_RUNS")


def _made(folder: Path, variable: str) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise SetupError(
            f"The folder {folder} cannot be made ({problem.strerror}): set {variable} to a folder you can write to."
        ) from None
    return folder


SIZES = ("small", "medium", "large")  # the ladder of generators, see ``models.ladder``


def llm_name() -> str:
    """The generator asked for in ``RVF_LLM``: one of ``SIZES``, a Hugging Face id or a folder."""
    return os.environ.get("RVF_LLM") or SIZES[0]


def embedder_name() -> str | None:
    """The embedder asked for in ``RVF_EMBEDDER``, or None for that of the series."""
    return os.environ.get("RVF_EMBEDDER") or None


def device() -> str:
    """The device to compute on: ``RVF_DEVICE``, else ``cuda`` when torch finds one, else ``cpu``."""
    import torch

    wanted = os.environ.get("RVF_DEVICE")
    if not wanted:
        return "cuda" if torch.cuda.is_available() else "cpu"
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there.get(wanted.split(":")[0], False):
        raise SetupError(f"RVF_DEVICE is {wanted!r}, which this machine does not have: set it to cpu or leave it out.")
    return wanted


ENGINES = ("transformers", "ctranslate2", "auto")


def engine() -> str:
    """The engine asked for in ``RVF_ENGINE``, one of ``ENGINES``."""
    wanted = os.environ.get("RVF_ENGINE") or ENGINES[0]
    if wanted not in ENGINES:
        raise SetupError(f"RVF_ENGINE is {wanted!r}: set it to {', '.join(ENGINES[:-1])} or {ENGINES[-1]}.")
    return wanted


def threads() -> int:
    """Threads to compute with on a CPU: what torch uses, which is ``RVF_THREADS`` where that is set."""
    import torch

    prepare_torch()
    return torch.get_num_threads()


def prepare_torch() -> None:
    """Set the number of threads from ``RVF_THREADS`` (torch's own choice when it is not set), and keep memory."""
    import torch

    _keep_memory()
    threads = os.environ.get("RVF_THREADS")
    if not threads:
        return
    if not threads.isdecimal() or int(threads) < 1:
        raise SetupError(f"RVF_THREADS is {threads!r}, which is no number of threads: set it to 1 or more.")
    torch.set_num_threads(int(threads))


def _keep_memory() -> None:
    """Tell glibc to keep freed memory instead of handing it back to the system and fetching it anew at every step.

    Where fresh pages are slow, as on many virtual machines, a training step is several times faster for it.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "mallopt"):  # musl has none
            m_mmap_max, m_trim_threshold = -4, -1  # numbers from glibc's malloc.h
            libc.mallopt(m_mmap_max, 0)
            libc.mallopt(m_trim_threshold, -1)


def progress(total: int, label: str, unit: str = "it", **options) -> tqdm:
    """A text progress bar with the time left, written to standard output so that notebooks store no stderr."""
    return tqdm(total=total, desc=label, unit=unit, file=sys.stdout, ascii=" #", ncols=88, mininterval=1.0, **options)


def _hub_allowed() -> bool:
    offline = os.environ.get("HF_HUB_OFFLINE") or os.environ.get("TRANSFORMERS_OFFLINE") or ""
    return offline.upper() not in {"1", "ON", "YES", "TRUE"}  # as huggingface_hub reads it


HUB_ALLOWED = _hub_allowed()  # to get the models of the series: what the reader chose, before it is set below


def _quiet_and_offline() -> None:
    """Must run before huggingface_hub is imported, which reads these once."""
    for name in ("HF_HUB_DISABLE_PROGRESS_BARS", "HF_HUB_DISABLE_TELEMETRY", "TRANSFORMERS_NO_ADVISORY_WARNINGS"):
        os.environ.setdefault(name, "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing", category=FutureWarning)  # peft's, not ours
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    named = [name for name in (llm_name(), embedder_name()) if name and name not in SIZES]
    wanted = [name for name in named if not Path(name).expanduser().is_dir()]
    if not wanted:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")


_quiet_and_offline()
