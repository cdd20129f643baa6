"""What must hold at full pace alone."""

import numpy as np
import pytest

from utils import evaluation


@pytest.mark.parametrize("false", [False, 0, np.False_, []], ids=repr)
def test_what_must_hold_is_told_at_full_pace_and_not_at_quick_pace(monkeypatch, false):
    monkeypatch.setenv("RVF_PACE", "full")
    evaluation.expect(1 < 2, "one is less than two")
    with pytest.raises(AssertionError, match=r"^memory must forget$"):
        evaluation.expect(false, "memory must forget")
    monkeypatch.setenv("RVF_PACE", "quick")
    evaluation.expect(false, "memory must forget")
