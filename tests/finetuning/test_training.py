"""What was trained is in the cache whole and undamaged, or it's trained again."""

import os
import time

import pytest

from utils.finetuning import training
from utils.models import TRAINING_REPORT
from utils.settings import SetupError

FILES = {"adapter_model.safetensors": b"weights" * 9, "adapter_config.json": b"{}", TRAINING_REPORT: b'{"losses": [1]}'}


def train(folder):
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content)


def content_of(folder):
    return {name: (folder / name).read_bytes() for name in FILES}


DAMAGES = {
    "cut off": lambda content: content[:-1],
    "a bit flipped": lambda content: bytes([content[0] ^ 1]) + content[1:],
    "empty": lambda content: b"",
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_adapter_is_trained_again(tmp_path, name, damage):
    folder = training.train_once(tmp_path / "adapter", train)
    (folder / name).write_bytes(damage(FILES[name]))
    later = time.time() + 1  # a file system's clock may be coarse
    os.utime(folder / name, (later, later))
    training.train_once(folder, train)
    assert content_of(folder) == FILES


def test_what_an_older_version_trained_is_not_trained_again(tmp_path):
    train(tmp_path / "adapter")
    training.train_once(tmp_path / "adapter", lambda made: pytest.fail("it takes minutes"))


def test_a_training_that_fills_the_disk_is_told_and_leaves_nothing(tmp_path):
    def full(folder):
        train(folder)
        raise OSError(28, "No space left on device")

    with pytest.raises(SetupError, match=r"is full: free some space or set RVF_RUNS to a folder on another disk\.$"):
        training.train_once(tmp_path / "adapter", full)
    assert [path.suffix for path in tmp_path.iterdir()] in ([], [".lock"])
