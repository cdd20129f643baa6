"""The decision framework in a terminal: ``python -m utils.deciding``."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from utils import settings
from utils.deciding import interview
from utils.deciding.files import read
from utils.deciding.recommendation import recommend


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask four questions, or read a file, and print the recommendation; 0, or 2 if there was nothing to decide."""
    parser = argparse.ArgumentParser(prog="python -m utils.deciding", description="RAG, fine-tuning, or both?")
    parser.add_argument(
        "--file", type=Path, help="a YAML or JSON file with a mapping of answers, instead of the questions"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of Markdown")
    wanted = parser.parse_args(arguments)
    try:
        found = recommend(read(wanted.file) if wanted.file else interview.ask())
        print(json.dumps(found.to_dict(), indent=1) if wanted.json else found.markdown(), flush=True)
    except BrokenPipeError:  # whoever read our output has had enough, such as head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (EOFError, KeyboardInterrupt):
        print("\nStopped: nothing was decided.", file=sys.stderr)
        return 2
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(settings.status(main))
