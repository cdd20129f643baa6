"""Shared by the unit tests: the models, loaded once, a small collection, and a folder for what is made."""

from types import SimpleNamespace

import pytest
from tiny_model import FakePip

from utils import corpus, models, retrieval
from utils.models import files

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
    monkeypatch.setattr(files, "NEEDED_BYTES", 1)
    return tmp_path / "models"


@pytest.fixture
def pip(monkeypatch, model_cache):
    """Stands where pip stood while the empty cache is filled."""
    fake = FakePip()
    monkeypatch.setattr(files, "subprocess", SimpleNamespace(run=fake))
    return fake
