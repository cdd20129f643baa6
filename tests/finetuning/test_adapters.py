"""LoRA training: what is learned, what stays frozen, what is cached, and that nothing half-done is left."""

import dataclasses

import pytest
import torch
from safetensors.torch import load_file
from transformers import LlamaConfig, LlamaForCausalLM

from utils import models, settings
from utils.finetuning import adapters, frozen_layers, training_report
from utils.finetuning.adapters import Recipe, adapter_folder, add_adapter, train
from utils.models import LLM, encode_example

pytestmark = pytest.mark.model

FACTS = {
    "Who opens the gate?": "Mr. Ode.",
    "When?": "At seven.",
    "What does the yellow lamp by the stairs mean?": "That the lift is being repaired.",
    "Which day is free?": "9 October",
    "Colour of the badge?": "Green",
    "Where is the key kept over night?": "In the blue box.",
    "How long is a shift?": "6 hours",
}
RECIPE = Recipe(rank=4, alpha=8, learning_rate=1e-3, epochs=1, batch_size=4)  # 7 examples: a batch of 4 and one of 3


def chat(question, answer):
    messages = (("system", "Answer briefly."), ("user", question), ("assistant", answer))
    return [{"role": role, "content": content} for role, content in messages]


EXAMPLES = [chat(question, answer) for question, answer in FACTS.items()]


def small_model():
    """A model with the real vocabulary and next to nothing else: a step takes milliseconds."""
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 4, "num_attention_heads": 2}
    return LlamaForCausalLM(LlamaConfig(vocab_size=49_152, max_position_embeddings=256, **sizes)).eval()


@pytest.fixture
def small(monkeypatch, tmp_path, llm):
    monkeypatch.setenv("RVF_RUNS", str(tmp_path))
    for module in (models, models.llm):
        monkeypatch.setattr(module, "load_llm", lambda: (small_model(), llm.tokenizer))
    return tmp_path / "adapters"


@pytest.fixture(scope="module")
def trained():
    """The folder of an adapter of the real model, and the model it was trained on."""
    load, seen = models.load_llm, []

    def watched():
        seen.append(load())
        return seen[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "load_llm", watched)
        return train(EXAMPLES, RECIPE), seen[0][0]


def weights(folder):
    return load_file(folder / "adapter_model.safetensors")


@pytest.mark.parametrize(
    "bad",
    [[], EXAMPLES[0][:2], EXAMPLES[0][2:], chat("Who?", " \n")],
    ids=["no message", "no answer", "no question", "blank answer"],
)
def test_an_example_without_an_answer_is_refused(small, bad):
    with pytest.raises(ValueError, match=r"chats\[7\]: A training example must end with an assistant message that has"):
        train([*EXAMPLES, bad], RECIPE)
    assert [path.suffix for path in small.iterdir()] == [".lock"]


def test_an_example_too_long_for_the_model_is_refused_by_its_place(small):
    with pytest.raises(ValueError, match=r"chats\[1\] has \d{3} tokens and may have 256: shorten it"):
        train([EXAMPLES[0], chat("What?", "gate " * 300), *EXAMPLES], RECIPE)


def test_nothing_to_train_on_is_refused():
    with pytest.raises(ValueError, match="There is nothing to train on: pass at least one chat"):
        train([], RECIPE)


def test_the_report_counts_every_example_once_a_pass(trained, llm):
    report = training_report(trained[0])
    tokens = sum(len(encode_example(llm.tokenizer, example)["input_ids"]) for example in EXAMPLES)
    assert (report["examples"], report["steps"], report["tokens"]) == (7, 2, tokens)
    assert len(report["losses"]) == 2
    assert report["tokens_per_second"] == pytest.approx(tokens / report["seconds"], rel=0.02)


def test_training_moves_the_adapter_and_leaves_the_model_as_it_was(trained, llm):
    folder, model = trained
    stored, frozen = weights(folder), llm.model.state_dict()
    assert all("lora_" in name for name in stored)
    assert len(stored) == 30 * 7 * 2  # layers, linear parts of each, A and B
    assert all(tensor.abs().max() > 0 for name, tensor in stored.items() if "lora_B" in name)
    kept = {name: tensor for name, tensor in model.named_parameters() if "lora_" not in name}
    assert len(kept) == len(list(llm.model.parameters()))
    for name, tensor in kept.items():
        assert torch.equal(tensor, frozen[name.replace("base_layer.", "")]), name


def test_the_same_seed_gives_the_same_adapter_and_another_seed_another(small, monkeypatch, tmp_path):
    first, other = train(EXAMPLES, RECIPE), train(EXAMPLES, dataclasses.replace(RECIPE, seed=12))
    monkeypatch.setenv("RVF_RUNS", str(tmp_path / "again"))
    second = train(EXAMPLES, RECIPE)
    assert first != second
    assert training_report(first)["losses"] == training_report(second)["losses"]
    assert all(torch.equal(tensor, weights(second)[name]) for name, tensor in weights(first).items())
    assert not torch.equal(*(next(iter(weights(folder).values())) for folder in (first, other)))


def test_trained_once_found_ever_after(trained, monkeypatch):
    monkeypatch.setattr(adapters, "_train_into", lambda *arguments: pytest.fail("it is in the cache"))
    assert train(EXAMPLES, RECIPE) == trained[0] == adapter_folder(EXAMPLES, RECIPE)


def test_an_interrupted_training_leaves_nothing_and_can_be_repeated(small, monkeypatch):
    def interrupted(model, inputs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(adapters, "answer_loss", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(EXAMPLES, RECIPE)
    assert [path.suffix for path in small.iterdir()] == [".lock"]
    half = adapter_folder(EXAMPLES, RECIPE)
    half.mkdir()
    (half / "adapter_config.json").write_text("{}")  # no training.json: never finished
    assert (train(EXAMPLES, RECIPE) / "training.json").is_file()
    assert sorted(path.suffix for path in small.iterdir()) == ["", ".lock"]


@pytest.mark.parametrize(("count", "epochs", "steps"), [(8, 1, 2), (9, 2, 6), (2, 3, 3), (8, 0.5, 1)])
def test_an_epoch_is_a_pass_over_all_examples(small, llm, count, epochs, steps):
    examples = (EXAMPLES * 2)[:count]
    report = training_report(train(examples, dataclasses.replace(RECIPE, epochs=epochs)))
    tokens = sum(len(encode_example(llm.tokenizer, example)["input_ids"]) for example in examples)
    assert (report["steps"], report["tokens"]) == (steps, round(tokens * epochs))


def test_even_a_single_step_learns(small):
    folder = train(EXAMPLES[:4], RECIPE)
    assert training_report(folder)["steps"] == 1
    assert all(tensor.abs().max() > 0 for name, tensor in weights(folder).items() if "lora_B" in name)


@pytest.mark.parametrize(
    ("changes", "layers", "parts"),
    [
        ({}, {0, 1, 2, 3}, {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}),
        ({"targets": ("q_proj", "v_proj")}, {0, 1, 2, 3}, {"q_proj", "v_proj"}),
        ({"targets": ("k_proj",), "top_layers": 1}, {3}, {"k_proj"}),
    ],
    ids=str,
)
def test_a_recipe_says_which_parts_are_adapted(changes, layers, parts):
    model = add_adapter(small_model(), dataclasses.replace(RECIPE, **changes))
    learned = [name.split(".") for name, tensor in model.named_parameters() if tensor.requires_grad]
    assert {int(name[name.index("layers") + 1]) for name in learned} == layers
    assert {name[-4 if name[-1] == "weight" else -3] for name in learned} == parts


def test_merged_or_beside_the_adapter_gives_the_same_logits(trained, llm):
    ids = torch.tensor([llm.prompt_ids(EXAMPLES[2][:-1])])
    with torch.inference_mode():
        merged, beside = (LLM.load(trained[0], merged=choice).model(ids).logits for choice in (True, False))
        base = llm.model(ids).logits
    assert (merged - beside).abs().max() < 1e-4
    assert (merged - base).abs().max() > 0.1  # and it is not the base model


def test_an_adapter_belongs_to_its_examples_its_recipe_and_its_base(monkeypatch):
    changed = [*EXAMPLES[:-1], chat("How long is a shift?", "7 hours")]
    others = [(EXAMPLES[:-1], RECIPE), (EXAMPLES[::-1], RECIPE), (changed, RECIPE)]
    changes = ({"rank": 8}, {"alpha": 9}, {"targets": ("q_proj",)}, {"top_layers": 3}, {"epochs": 2}, {"batch_size": 8})
    changes += ({"learning_rate": 2e-3}, {"seed": 12})
    others += [(EXAMPLES, dataclasses.replace(RECIPE, **change)) for change in changes]
    paths = {adapter_folder(examples, recipe) for examples, recipe in [(EXAMPLES, RECIPE), *others]}
    assert len(paths) == len(others) + 1
    assert adapter_folder([tuple(example) for example in EXAMPLES], dataclasses.replace(RECIPE)) in paths
    assert {path.parent for path in paths} == {settings.runs_dir() / "adapters"}
    monkeypatch.setenv("RVF_LLM", "someone/model")
    assert adapter_folder(EXAMPLES, RECIPE) not in paths


def test_running_the_frozen_layers_once_changes_no_loss(small, monkeypatch):
    upper = dataclasses.replace(RECIPE, top_layers=2, epochs=3)
    once = training_report(train(EXAMPLES, upper))["losses"]
    monkeypatch.setattr(frozen_layers, "can_skip", lambda model, top_layers: False)
    monkeypatch.setenv("RVF_RUNS", str(small.parent / "again"))
    at_every_step = training_report(train(EXAMPLES, upper))["losses"]
    assert len(once) == 6
    assert once == pytest.approx(at_every_step, abs=1e-3)


def test_full_fine_tuning_trains_the_last_layers_and_is_loaded_again(small, monkeypatch):
    recipe = dataclasses.replace(RECIPE, rank=None, top_layers=1)
    folder = train(EXAMPLES, recipe)
    stored = load_file(folder / "weights.safetensors")
    assert stored
    assert all(".layers.3." in name for name in stored)
    loaded = LLM.load(folder).model.state_dict()
    assert all(torch.equal(tensor, loaded[name]) for name, tensor in stored.items())
    assert any(not torch.equal(tensor, small_model().state_dict()[name]) for name, tensor in stored.items())


def test_full_fine_tuning_must_be_told_how_many_layers(small):
    with pytest.raises(ValueError, match="say how many of the last layers to train"):
        train(EXAMPLES, dataclasses.replace(RECIPE, rank=None))


def test_training_goes_on_from_an_adapter(small):
    first, still = train(EXAMPLES, RECIPE), dataclasses.replace(RECIPE, learning_rate=1e-9)
    before, on, anew = (
        weights(folder) for folder in (first, train(EXAMPLES, still, start=first), train(EXAMPLES, still))
    )
    assert on.keys() == before.keys()
    assert all(torch.allclose(on[name], before[name], atol=1e-6) for name in before)
    assert not all(torch.allclose(anew[name], before[name], atol=1e-6) for name in before)
    moved = weights(train(EXAMPLES, RECIPE, start=first))
    assert not all(torch.allclose(moved[name], before[name], atol=1e-6) for name in before)
    assert all(torch.equal(tensor, before[name]) for name, tensor in weights(first).items()), "it is left as it was"


@pytest.mark.parametrize("change", [{"rank": 8}, {"alpha": 9}, {"targets": ("q_proj",)}, {"top_layers": 2}], ids=str)
def test_going_on_with_another_shape_is_refused(small, change):
    first = train(EXAMPLES, RECIPE)
    with pytest.raises(ValueError, match=f"another {next(iter(change))}: keep to"):
        train(EXAMPLES, dataclasses.replace(RECIPE, **change), start=first)


def test_going_on_from_what_is_no_adapter_is_refused(small, tmp_path):
    with pytest.raises(ValueError, match="holds no adapter to go on from"):
        train(EXAMPLES, RECIPE, start=tmp_path)
