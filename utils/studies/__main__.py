"""``python -m utils.studies NAME``."""

import sys

from utils import settings
from utils.studies import main

if __name__ == "__main__":
    sys.exit(settings.status(main, sys.argv[1:]))
