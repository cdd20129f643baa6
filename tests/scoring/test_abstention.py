"""Whether a text abstains from answering."""

import pytest

from utils.scoring import ABSTENTION, abstains


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ABSTENTION, True),
        ("I don’t know", True),
        ("The passages do not say who it is.", True),
        ("The text does not contain the answer.", True),
        ("It cannot answer that.", True),
        ("UNKNOWN", True),
        ("27 days", False),
        ("Ask Dr. Knowles, who will say.", False),
        ("", False),
    ],
)
def test_abstention(text, expected):
    assert abstains(text) is expected
