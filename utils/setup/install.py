"""Set up ``.venv`` with everything the series needs: ``python utils/setup/install.py``. Standard library alone.

Says in one sentence what is wrong with the machine, if something is, and leaves nothing that passes for finished.
"""

import os
import platform
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VENV = os.path.join(ROOT, ".venv")
NEEDED_GB = 6  # environment, models, and room to work
CPU_BUILDS = "https://download.pytorch.org/whl/cpu"  # on Linux the default build of torch brings gigabytes of CUDA


def problem():
    """What stops the set-up on this machine, in a sentence, or None."""
    if not supported(sys.version_info):
        found = platform.python_version()
        return "This is Python " + found + "; use 3.11, 3.12 or 3.13, for instance: make lab PYTHON=python3.12"
    if not os.access(VENV if os.path.isdir(VENV) else ROOT, os.W_OK):
        return ROOT + " is read-only: copy the repository to a folder you can write to, then run again there."
    if os.path.lexists(VENV) and not os.path.isdir(VENV):
        return VENV + " is no folder: move it out of the way, then run again."
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < NEEDED_GB and not os.path.isdir(VENV):
        return "The disk has %.1f GB free and the series needs %d: free some space, then run again." % (free, NEEDED_GB)
    return None


def supported(version):
    """Whether the series runs with this version of Python."""
    return (3, 11) <= tuple(version[:2]) <= (3, 13)


def version_in_venv():
    """The version of the environment's own Python, such as (3, 12), or None where there is none that runs."""
    ask = "import sys; print('%d %d' % sys.version_info[:2])"
    try:
        return tuple(
            int(part) for part in subprocess.check_output([python(), "-c", ask], stderr=subprocess.DEVNULL).split()
        )
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None


def pip(*arguments, **options):
    """Run pip of the environment; its exit code."""
    return subprocess.call([python(), "-m", "pip", "--disable-pip-version-check", *arguments], **options)


def python():
    """The environment's own Python."""
    return os.path.join(VENV, "Scripts" if os.name == "nt" else "bin", "python")


def torch_for_cpu(constraints):
    """On Linux without an NVIDIA card, try the small build of torch first; if it cannot be had, any build will do."""
    if sys.platform != "linux" or shutil.which("nvidia-smi") or has_torch():
        return
    with open(constraints, encoding="utf-8") as lines:
        wanted = next(line.strip() for line in lines if line.startswith("torch=="))
    quick = ["--index-url", CPU_BUILDS, "--no-deps", "--retries", "0", "--timeout", "20", "--quiet"]
    pip("install", wanted, *quick, stderr=subprocess.DEVNULL)


def has_torch():
    """Whether the environment has a torch already."""
    return subprocess.call([python(), "-m", "pip", "show", "--quiet", "torch"], stderr=subprocess.DEVNULL) == 0


def main():
    """Create the environment if absent, install, and return an exit code."""
    wrong = problem()
    if wrong:
        print(wrong, file=sys.stderr)
        return 1
    there = version_in_venv()
    if there and not supported(there):
        told = ".venv holds Python %d.%d; the series needs 3.11, 3.12 or 3.13: run `make clean`, then run again."
        print(told % there, file=sys.stderr)
        return 1
    if not there:  # a Python that was removed or replaced since leaves an environment that nothing can be done with
        print("Creating the environment in .venv ...", flush=True)
        if subprocess.call([sys.executable, "-m", "venv", "--clear", VENV]):
            print("The environment could not be made: install your system's python3-venv package.", file=sys.stderr)
            return 1
    requirements, constraints = (os.path.join(ROOT, name) for name in ("requirements.txt", "constraints.txt"))
    print("Installing the packages (some minutes, once) ...", flush=True)
    torch_for_cpu(constraints)
    if pip("install", "--quiet", "-r", requirements, "-c", constraints):
        print("pip could not install the packages (see above): check the network, then run again.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
