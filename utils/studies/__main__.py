"""``python -m utils.studies NAME``."""

import sys

from utils.studies import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
