"""Raw outputs are kept system by system, and a system that fails leaves what was there."""

import pytest
from killing import killed_everywhere

from utils import settings
from utils.evaluation import outputs


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "DATA", tmp_path)


def test_what_is_kept_is_not_made_again():
    first = outputs.keep("s", "small", "a", lambda: [{"id": "1", "text": "Zoë"}], "command")
    again = outputs.keep("s", "small", "a", lambda: pytest.fail("made again"), "command")
    assert first == again == outputs.load("s", "small")["a"]


def test_systems_and_sizes_stay_apart_in_the_order_made():
    for system, size in (("b", "small"), ("a", "small"), ("b", "large")):
        outputs.keep("s", size, system, lambda s=system, z=size: [{"text": s + z}], "command")
    assert list(outputs.load("s", "small")) == ["b", "a"]
    assert outputs.load("s", "large") == {"b": [{"text": "blarge"}]}
    assert outputs.load("s", "medium") == {}


def test_a_system_that_fails_leaves_the_others():
    outputs.keep("s", "small", "a", lambda: [{"text": "x"}], "command")

    def killed():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        outputs.keep("s", "small", "b", killed, "command")
    assert outputs.load("s", "small") == {"a": [{"text": "x"}]}
    assert not list(outputs.path("s", "small").parent.glob("*.part"))


def test_a_study_killed_at_any_point_keeps_the_systems_that_were_complete(tmp_path):
    outputs.keep("s", "small", "a", lambda: [{"text": "x"}], "command")
    target = outputs.path("s", "small")
    before = target.read_bytes()
    for _ in killed_everywhere(lambda: outputs.keep("s", "small", "b", lambda: [{"text": "y"}], "command"), tmp_path):
        kept = outputs.load("s", "small")
        assert kept in ({"a": [{"text": "x"}]}, {"a": [{"text": "x"}], "b": [{"text": "y"}]})
        target.write_bytes(before)
    assert set(outputs.load("s", "small")) == {"a", "b"}


def test_what_another_process_keeps_meanwhile_is_not_lost():
    def while_another_finishes():
        outputs.keep("s", "small", "b", lambda: [{"text": "theirs"}], "command")
        return [{"text": "mine"}]

    assert outputs.keep("s", "small", "a", while_another_finishes, "command") == [{"text": "mine"}]
    assert outputs.load("s", "small") == {"b": [{"text": "theirs"}], "a": [{"text": "mine"}]}


def test_the_circumstances_stand_beside_the_outputs():
    outputs.keep("s", "small", "a", lambda: [], "python -m utils.studies s --size small")
    header = outputs.made("s", "small")["a"]
    assert header["n"] == 0
    assert {"date", "hardware", "versions", "command"} <= set(header)


def test_details_are_asked_for_when_the_outputs_are_there_and_only_then():
    done = []
    outputs.keep("s", "small", "a", lambda: done.append("made") or [], "command", lambda: {"steps": len(done)})
    outputs.keep("s", "small", "a", lambda: [], "command", lambda: pytest.fail("asked again"))
    assert outputs.made("s", "small")["a"]["steps"] == 1
