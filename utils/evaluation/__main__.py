"""``python -m utils.evaluation`` publishes the verdicts of this run and prints the table for README.md."""

from utils.evaluation import claims

if __name__ == "__main__":
    claims.publish()
    print(claims.readme_table())
