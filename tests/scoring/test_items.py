"""Key items in a text: those that it should state, and those that it invents."""

import pytest

from utils.scoring import score_items

NOTE = "mussel HTN, D17 2/7, owl"
GOLD = "The CuffMate 200 shows high blood pressure; swapped for a new one in 2 days, call from the Care Line."
WANTED = ["CuffMate 200", "swapped for a new one", "2 days", "call from the Care Line"]
VOCABULARY = [*WANTED, "high blood pressure", "3 days", "lives alone"]


@pytest.mark.parametrize(
    ("text", "all_items", "f1"),
    [
        (GOLD, 1, 1),
        ("call from the care line; 2 days. Swapped for a new one: CUFFMATE 200!", 1, 1),
        (GOLD.replace("2 days", "some days"), 0, 2 * 3 / (3 + 4)),
        (GOLD.replace("2 days", "3 days"), 0, 2 * 3 / (4 + 4)),
        (f"{GOLD} Lives alone.", 1, 2 * 4 / (5 + 4)),
        ("Lives alone.", 0, 0),
        (NOTE, 0, 0),
        ("", 0, 0),
    ],
    ids=["perfect", "in other words", "one missing", "one wrong", "one invented", "all wrong", "copied", "empty"],
)
def test_a_text_is_scored_by_the_items_that_it_holds_and_those_it_invents(text, all_items, f1):
    assert score_items(text, WANTED, GOLD, VOCABULARY) == {"all items": all_items, "item F1": pytest.approx(f1)}


def test_what_the_gold_text_says_beside_its_items_is_not_invented():
    assert score_items(GOLD, WANTED, GOLD, VOCABULARY)["item F1"] == 1
    silent = GOLD.replace("shows high blood pressure; ", "")
    assert score_items(GOLD, WANTED, silent, VOCABULARY)["item F1"] == pytest.approx(2 * 4 / (5 + 4))
