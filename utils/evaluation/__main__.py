"""``python -m utils.evaluation`` publishes the verdicts of this run and prints the table for README.md."""

import sys

from utils import settings
from utils.evaluation import claims


def main() -> None:
    """Publish, then print the table; raises SetupError where that's impossible."""
    claims.publish()
    print(claims.readme_table())


if __name__ == "__main__":
    sys.exit(settings.status(main))
