"""Engines in the cache: whole and undamaged, or converted again. The conversion itself is tested with the engines."""

import os
import subprocess
import time
from types import SimpleNamespace

import pytest

from utils.models import converted
from utils.settings import SetupError

FILES = {converted.MODEL: bytes(range(200)), "config.json": b"{}", "shared_vocabulary.json": b"[]"}


def convert(made, adapter):
    made.mkdir()
    for name, content in FILES.items():
        (made / name).write_bytes(content)


@pytest.fixture
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("RVF_CACHE", str(tmp_path))
    monkeypatch.setenv("RVF_RUNS", str(tmp_path / "runs"))
    return tmp_path


@pytest.mark.parametrize("adapter", [None, "some-adapter"])
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("size", [-1, 0, None], ids=["cut off", "empty", "a bit flipped"])
def test_a_damaged_engine_is_converted_again(cache, monkeypatch, adapter, name, size):
    monkeypatch.setattr(converted, "_convert", convert)
    folder = converted.converted(adapter)
    damaged = FILES[name][:size] if size is not None else bytes([FILES[name][0] ^ 4]) + FILES[name][1:]
    (folder / name).write_bytes(damaged)
    later = time.time() + 1  # a file system's clock may be coarse
    os.utime(folder / name, (later, later))
    assert converted.converted(adapter) == folder
    assert {name: (folder / name).read_bytes() for name in FILES} == FILES


@pytest.mark.parametrize(("adapter", "variable"), [(None, "RVF_CACHE"), ("some-adapter", "RVF_RUNS")])
def test_a_disk_that_fills_while_converting_is_told(cache, monkeypatch, adapter, variable):
    stderr = "Traceback ...\nRuntimeError: could not write: No space left on device\n"
    failed = SimpleNamespace(run=lambda *arguments, **options: subprocess.CompletedProcess([], 1, "", stderr))
    monkeypatch.setattr(converted, "subprocess", failed)
    with pytest.raises(SetupError, match=rf"is full: free some space or set {variable} to a folder on another disk\.$"):
        converted.converted(adapter)
