"""Where things are and what was chosen: folders, models, seed, device, threads. Imported before everything else.

Environment variables, all optional:

- ``RVF_CACHE``: folder for the models (default: the user cache folder of the system).
- ``RVF_RUNS``: folder for adapters and recorded claims (default: ``runs`` inside the cache).
  These two, and a folder that stands for a model below, are relative to the repository, wherever a kernel or a command
  was started.
- ``RVF_PACE``: ``full`` (default), or ``quick`` for a slice of the data, from which no verdict is recorded.
- ``RVF_LLM``: the generator, ``small``, ``medium`` (default) or ``large``, or any Hugging Face id or local folder.
- ``RVF_EMBEDDER``: a Hugging Face id or a local folder instead of the embedder of the series.
- ``RVF_DEVICE``: ``cpu``, ``cuda`` or ``mps`` (default: ``cuda`` when there is one, else ``cpu``).
- ``RVF_ENGINE``: what answers, ``auto`` (default: the faster one that runs here), ``ctranslate2`` or ``transformers``.
- ``RVF_THREADS``: threads for torch (default: what torch finds best).
- ``RVF_TRACE``: a file that the path of each file of data, and of the models, is written to when it's first read. The
  stamps of the stored notebooks are made from it.
"""

import ctypes
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import platformdirs
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
SEED = 11
SEEDS = (SEED, SEED + 1, SEED + 2)  # for what is trained more than once


class SetupError(RuntimeError):
    """Something outside the code is missing or wrong; the message says what, and what to do, in one sentence."""


def status(command: Callable[..., int | None], *arguments) -> int:
    """The exit status of a command; 1 for a SetupError, whose sentence stands on standard error."""
    try:
        return command(*arguments) or 0
    except SetupError as problem:
        print(problem, file=sys.stderr)
        return 1


def cache_dir() -> Path:
    """Folder that holds the models (made if absent)."""
    return _made(os.environ.get("RVF_CACHE") or _user_cache(), "RVF_CACHE")


def _user_cache() -> str:
    try:
        return platformdirs.user_cache_dir("rag-vs-finetuning", appauthor=False)
    except RuntimeError:  # there is no home folder, as in a container that runs under a number that is no user's
        return "~/.cache/rag-vs-finetuning"


def runs_dir() -> Path:
    """Folder that holds what was trained and recorded (made if absent)."""
    return writable(_made(os.environ.get("RVF_RUNS") or cache_dir() / "runs", "RVF_RUNS"), "set RVF_RUNS to a folder")


def writable(folder: Path, remedy: str = "copy the repository to a folder") -> Path:
    """The folder, unless it is read-only: SetupError, best raised before hours are spent on what can't be kept there.

    The cache may be: models are only read once they are there.
    """
    if not os.access(folder, os.W_OK):
        raise SetupError(f"The folder {folder} is read-only: {remedy} you can write to.")
    return folder


def _made(folder: Path | str, variable: str) -> Path:
    try:
        folder = from_root(folder)
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError) as problem:  # RuntimeError: "~" where the system knows no home folder
        reason = getattr(problem, "strerror", None) or "there is no such home folder"
        raise SetupError(
            f"The folder {folder} cannot be made ({reason}): set {variable} to a folder you can write to."
        ) from None
    return folder


def from_root(path: Path | str) -> Path:
    """A path as an environment variable gives it: "~" is the home folder, and a relative one lies in the repository.

    Raises RuntimeError for a home folder that the system does not know.
    """
    return ROOT / Path(path).expanduser()


def local_model(name: str) -> Path | None:
    """The folder that the name of a model stands for, or None if it is no folder."""
    try:
        folder = from_root(name)
    except RuntimeError:
        return None
    return folder if folder.is_dir() else None


PACES = ("full", "quick")


def pace() -> str:
    """How much the notebooks measure, from ``RVF_PACE``: "full", or "quick" for a slice. SetupError for another."""
    wanted = os.environ.get("RVF_PACE") or PACES[0]
    if wanted not in PACES:
        raise SetupError(f"RVF_PACE is {wanted!r}: set it to {' or '.join(PACES)}, or leave it out.")
    return wanted


def at_pace(full: Any, quick: Any) -> Any:
    """The value for the current pace, such as a number of questions."""
    return full if pace() == "full" else quick


def announce() -> None:
    """Print the pace in one line, at the top of every notebook."""
    print(
        at_pace(
            "Full pace: the numbers below are measured on all the data.",
            "Quick pace: a slice of the data, so no verdict is recorded.",
        )
    )


SIZES = ("small", "medium", "large")  # the ladder of generators, see ``models.ladder``
DEFAULT_SIZE = SIZES[1]


def llm_name() -> str:
    """The generator in use: one of ``SIZES``, or a Hugging Face id or a folder that ``RVF_LLM`` names."""
    return os.environ.get("RVF_LLM") or DEFAULT_SIZE


_used: str | None = None  # what ``use_model`` chose


def use_model(size: str) -> None:
    """Use this model of the ladder from now on, child processes included, unless the reader chose one in ``RVF_LLM``.

    It answers with transformers unless ``RVF_ENGINE`` says otherwise: a notebook that names its model this way loads
    studies that were made so, and its answers stand beside theirs. Raises ValueError for what isn't one of ``SIZES``.
    """
    global _used
    if size not in SIZES:
        raise ValueError(f"There is no model {size!r}: choose from {', '.join(SIZES)}.")
    if os.environ.get("RVF_LLM") in (None, "", _used):
        os.environ["RVF_LLM"] = _used = size
        os.environ.setdefault("RVF_ENGINE", "transformers")


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


ENGINES = ("auto", "ctranslate2", "transformers")


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


def give_memory_back() -> None:
    """Hand freed memory, which is kept while work goes on, back to the system, for work that needs it elsewhere."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    if hasattr(libc, "malloc_trim"):  # musl has none
        libc.malloc_trim(0)


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
    if all(map(local_model, named)):
        os.environ.setdefault("HF_HUB_OFFLINE", "1")


def _trace(target: str) -> None:
    """Write the paths of the data and the models that this process reads from now on to a file, each once.

    Python alone is seen. That will do: whoever loads weights in Rust or C reads the model's configuration first.
    """
    file = os.open(target, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    folders, seen = (DATA, (cache_dir() / "models").resolve()), set()

    def opened(event: str, arguments: tuple) -> None:
        if event != "open" or not isinstance(arguments[0], str | os.PathLike):
            return
        path, writes = Path(arguments[0]).resolve(), (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR)
        if not writes and path not in seen and any(path.is_relative_to(folder) for folder in folders):
            seen.add(path)
            os.write(file, f"{path}\n".encode())

    sys.addaudithook(opened)


def _print_anything() -> None:
    """A terminal that lacks a character, such as the euro, shows its number instead of ending the program."""
    if hasattr(sys.stdout, "reconfigure"):  # a kernel's output has no such method, and lacks nothing
        sys.stdout.reconfigure(errors="backslashreplace")  # as standard error has it


_quiet_and_offline()
_print_anything()
if os.environ.get("RVF_TRACE"):
    _trace(os.environ["RVF_TRACE"])
