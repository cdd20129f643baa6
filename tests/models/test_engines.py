"""CTranslate2 beside transformers: with the same numbers the same words, and the same interface, order and counts."""

import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from utils import finetuning, models, settings
from utils.models import LLM, batching, converted
from utils.models import llm as llm_module
from utils.models.engines import CTranslate2Engine
from utils.settings import SetupError

pytestmark = pytest.mark.model
pytest.importorskip("ctranslate2")

SYSTEM = {"role": "system", "content": "You are a clerk. Answer in one short sentence."}
OPENING = [SYSTEM, {"role": "user", "content": "Who opens the door?"}, {"role": "assistant", "content": "The porter."}]
ASKED = [
    "What is the capital of France?",
    "Name a colour.",
    "How many days has a week, how many hours has a day, and how many minutes has an hour?",
    "Say hello.",
    "What is two plus two?",
    "Ż? 茶 ☕",
    "Who wrote Hamlet?",
    "Is ice cold?",
]
CHATS = [[*OPENING, {"role": "user", "content": text}] for text in ASKED]


def texts(completions):
    return [completion.text for completion in completions]


@pytest.fixture(scope="module")
def fast():
    """CTranslate2 on the small model, with 32-bit numbers: 8-bit ones are rounded by batch."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RVF_ENGINE", "ctranslate2")
        yield LLM.load()


def test_with_the_same_numbers_it_says_what_transformers_says(llm, fast):
    expected = texts(llm.complete(CHATS, max_new_tokens=10))
    assert len(set(expected)) > 4
    assert texts(fast.complete(CHATS, max_new_tokens=10)) == expected


def test_batches_come_back_in_order(fast):
    one_by_one = [fast.complete([chat], max_new_tokens=10)[0] for chat in CHATS]
    together = fast.complete(CHATS[::-1], max_new_tokens=10, batch_size=3)[::-1]
    assert texts(together) == texts(one_by_one)
    assert [c.new_tokens for c in together] == [c.new_tokens for c in one_by_one]


def test_a_shared_prefix_changes_nothing_that_is_said(fast):
    chats = [*CHATS, [SYSTEM, {"role": "user", "content": "Name a colour."}]]  # the last one does not begin with it
    plain = fast.complete(chats, max_new_tokens=10)
    for _ in range(2):  # computed, then reused
        shared = fast.complete(chats, max_new_tokens=10, prefix=OPENING)
        assert texts(shared) == texts(plain)
        assert [c.prompt_tokens for c in shared] == [c.prompt_tokens for c in plain]


def test_tokens_are_counted(fast):
    done = fast.complete(CHATS, max_new_tokens=10)
    assert [c.prompt_tokens for c in done] == [len(fast.prompt_ids(chat)) for chat in CHATS]
    assert all(0 < c.new_tokens <= 10 and c.text for c in done)


def test_seconds_have_their_parts(fast):
    (done,) = fast.complete(CHATS[:1], max_new_tokens=10)
    assert 0 < done.prefill_seconds <= done.seconds


def test_it_goes_on_to_as_many_tokens_as_are_asked_for(fast):
    (done,) = fast.complete(CHATS[:1], max_new_tokens=12, min_new_tokens=12)
    assert done.new_tokens == 12


def test_batches_are_answered_side_by_side_and_a_single_one_gets_all_threads(monkeypatch):
    import ctranslate2
    import torch

    made, at_work, together = [], 0, set()

    class Generator:
        def __init__(self, folder, **options):
            made.append((options["inter_threads"], options["intra_threads"]))

        def generate_batch(self, prompts, **options):
            nonlocal at_work
            at_work += 1
            time.sleep(0.3)
            together.add(at_work)
            time.sleep(0.3)
            at_work -= 1
            return [SimpleNamespace(sequences_ids=[[5]]) for _ in prompts]

    monkeypatch.setattr(ctranslate2, "Generator", Generator)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        tokenizer = SimpleNamespace(convert_ids_to_tokens=lambda ids: list(map(str, ids)))
        engine = CTranslate2Engine("nowhere", tokenizer, [0], context=99, compute_type="int8")
        jobs = [lambda: engine.write([[1, 2]], [], most=4, least=0, alone=False)] * 2
        batching.run(jobs, engine.side_by_side)  # where torch has one thread
        assert (made, together) == ([(2, 1)], {2})
        engine.write([[1, 2]], [], most=4, least=0)
        assert made == [(2, 1), (1, 2)]
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("longest", "head", "rows"), [(100, 0, 32), (400, 0, 15), (800, 400, 7), (2000, 0, 1), (3000, 0, 1), (9, 8, 32)]
)
def test_long_prompts_make_small_batches(fast, longest, head, rows):
    assert fast.engine.most_rows(32, longest, head) == rows


def test_the_transformers_model_is_there_for_likelihoods(llm, fast):
    chat = [*CHATS[0], {"role": "assistant", "content": "Paris."}]
    assert models.losses(fast, [chat]) == pytest.approx(models.losses(llm, [chat]), rel=1e-4)


def test_a_trained_adapter_is_merged_converted_and_kept(monkeypatch, fast):
    monkeypatch.setenv("RVF_ENGINE", "ctranslate2")
    chat = [{"role": "user", "content": "What is the password?"}, {"role": "assistant", "content": "Marmalade."}]
    recipe = finetuning.Recipe(learning_rate=1e-2, epochs=8, batch_size=1, top_layers=4)
    adapter = finetuning.train([chat], recipe)
    assert "marmalade" in LLM.load(adapter).complete([chat[:1]], max_new_tokens=6)[0].text.lower()
    assert "marmalade" not in fast.complete([chat[:1]], max_new_tokens=6)[0].text.lower()
    folder = converted.converted(adapter)
    monkeypatch.setattr(converted, "_convert", lambda *arguments: pytest.fail("it was converted before"))
    assert converted.converted(adapter) == folder
    assert LLM.load(adapter, merged=False)._load is None  # beside the weights: transformers answers


def test_only_the_last_three_of_a_size_are_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("RVF_RUNS", str(tmp_path))

    def make(made, adapter):
        made.mkdir()
        (made / converted.MODEL).write_text(adapter.name)

    monkeypatch.setattr(converted, "_convert", make)
    folders = [converted.converted(tmp_path / name) for name in "abcd"]
    assert [folder.exists() for folder in folders] == [False, True, True, True]
    converted.converted(tmp_path / "b")  # used again: the next to go is another
    converted.converted(tmp_path / "e")
    assert [folder.exists() for folder in folders] == [False, True, False, True]


def test_a_conversion_that_fails_or_is_killed_leaves_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("RVF_RUNS", str(tmp_path))
    with pytest.raises(SetupError, match=r"could not be converted .* set RVF_ENGINE=transformers\.$"):
        converted.converted(tmp_path / "no-adapter")
    assert not [path for path in (tmp_path / "engines").iterdir() if path.is_dir()]


def test_without_ctranslate2_transformers_answers_and_it_is_said(monkeypatch, capsys):
    monkeypatch.setenv("RVF_ENGINE", "auto")
    monkeypatch.setattr(llm_module, "available", lambda: False)
    made = LLM.load()
    assert type(made.engine).__name__ == "TransformersEngine"
    assert "transformers answers instead" in capsys.readouterr().out


def test_an_unknown_engine_is_refused(monkeypatch):
    monkeypatch.setenv("RVF_ENGINE", "steam")
    with pytest.raises(SetupError, match="RVF_ENGINE is 'steam': set it to auto, ctranslate2 or transformers"):
        settings.engine()


def test_a_missing_package_makes_it_unavailable():
    code = "import sys; sys.modules['ctranslate2'] = None; import utils.models.converted as c; print(c.available())"
    done = subprocess.run([sys.executable, "-c", code], cwd=settings.ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == "False"
