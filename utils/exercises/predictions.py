"""The prediction at the start of a notebook, shown beside what was measured at its end."""

from collections.abc import Mapping
from numbers import Integral

import pandas as pd
from IPython.display import HTML

from utils import figures


def reveal(my_guess: Mapping[str, float | None], measured: Mapping[str, float]) -> HTML:
    """A table with a row for each prediction: your guess, what was measured, and by how much the guess is off.

    A guess of None is "no guess". A measured value within 0 and 1 is a share, and its row is shown in percent, unless
    it's an integer, which is a count. Raises ValueError if the two have different keys.
    """
    if set(my_guess) != set(measured):
        odd = ", ".join(sorted(set(my_guess) ^ set(measured)))
        raise ValueError(f"Your guesses and what was measured must have the same keys, unlike {odd}.")
    rows = {name: _row(my_guess[name], value) for name, value in measured.items()}
    return figures.table(
        pd.DataFrame.from_dict(rows, "index", columns=["your guess", "measured", "off by"]), index=True
    )


def _row(guess: float | None, value: float) -> list[str]:
    share = 0 <= value <= 1 and not isinstance(value, Integral)
    written = "{:.0%}".format if share else _number
    if guess is None:
        return ["no guess", written(value), ""]
    off = f"{100 * (guess - value):+.0f} points" if share else _number(guess - value, "+")
    return [written(guess), written(value), off]


def _number(value: float, sign: str = "") -> str:
    return f"{round(value, 2):{sign},}"
