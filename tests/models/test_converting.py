"""From a GGUF file to what transformers loads, on tiny random models written with gguf's own writer."""

import json

import gguf
import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType as Kind
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.convert_slow_tokenizer import bytes_to_unicode

from utils.models.converting import copy_folder, were_tied, widen_gguf, widen_gguf_to_float32

HIDDEN, INNER, HEADS, CONTEXT = 64, 96, 4, 512
TOKENS = [*bytes_to_unicode().values(), "he", "<|im_start|>", "<|im_end|>"]
TEMPLATE = "{% for message in messages %}{{ '<|im_start|>' + message['content'] + '<|im_end|>' }}{% endfor %}"
NUMBERS = np.random.default_rng(11)


def matrix(*shape):
    return NUMBERS.standard_normal(shape).astype(np.float32)


EMBEDDINGS = matrix(len(TOKENS), HIDDEN)


def write_gguf(path, architecture, **tensors):
    """A model of one layer; ``tensors``: (name with "__" for ".") -> (matrix, how to quantise it)."""
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(1)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS // 2)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(10_000)
    writer.add_vocab_size(len(TOKENS))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(TOKENS)
    writer.add_token_types([1] * (len(TOKENS) - 2) + [3, 3])
    writer.add_token_merges(["h e"])
    writer.add_bos_token_id(len(TOKENS) - 2)
    writer.add_eos_token_id(len(TOKENS) - 1)
    writer.add_chat_template(TEMPLATE)
    rows = {"q": HIDDEN, "k": HIDDEN // 2, "v": HIDDEN // 2}
    layer = {f"attn_{name}.weight": matrix(count, HIDDEN) for name, count in rows.items()}
    if architecture == "qwen2":
        layer |= {f"attn_{name}.bias": matrix(count) for name, count in rows.items()}
    layer |= {"attn_output.weight": matrix(HIDDEN, HIDDEN), "ffn_down.weight": matrix(HIDDEN, INNER)}
    layer |= {f"ffn_{name}.weight": matrix(INNER, HIDDEN) for name in ("gate", "up")}
    layer |= {f"{name}_norm.weight": matrix(HIDDEN) for name in ("attn", "ffn")}
    for name, values in layer.items():
        writer.add_tensor(f"blk.0.{name}", values)
    writer.add_tensor("output_norm.weight", matrix(HIDDEN))
    for name, (values, kind) in tensors.items():
        writer.add_tensor(name.replace("__", "."), gguf.quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def as_stored(values, kind):
    """What is left of a matrix when it was quantised."""
    return torch.from_numpy(gguf.dequantize(gguf.quantize(values, kind), kind))


CASES = {  # the output matrix in the file, and whose numbers embeddings and output have afterwards
    "no output matrix": (None, True),
    "a finer copy of the embeddings": ((EMBEDDINGS, Kind.Q8_0), True),
    "a matrix of its own": ((matrix(len(TOKENS), HIDDEN), Kind.Q8_0), False),
}


@pytest.fixture(params=["qwen2", "llama"])
def architecture(request):
    return request.param


@pytest.mark.parametrize(("output", "tied"), CASES.values(), ids=CASES)
def test_embeddings_are_tied_where_the_publisher_tied_them(tmp_path, architecture, output, tied):
    tensors = {"token_embd__weight": (EMBEDDINGS, Kind.Q5_0)} | ({"output__weight": output} if output else {})
    widen_gguf_to_float32(write_gguf(tmp_path / "m.gguf", architecture, **tensors), tmp_path)
    stored = load_file(tmp_path / "model.safetensors")
    model = AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32)
    embeddings, head = model.get_input_embeddings().weight, model.get_output_embeddings().weight
    assert json.loads((tmp_path / "config.json").read_text())["tie_word_embeddings"] == tied
    assert ("lm_head.weight" in stored) == (not tied)
    assert (head.data_ptr() == embeddings.data_ptr()) == tied
    finest = as_stored(*output) if output else as_stored(EMBEDDINGS, Kind.Q5_0)
    assert torch.allclose(head, finest, atol=1e-6)
    assert torch.allclose(embeddings, finest if tied else as_stored(EMBEDDINGS, Kind.Q5_0), atol=1e-6)


@pytest.mark.parametrize(
    ("widen", "dtype"), [(widen_gguf, torch.float16), (widen_gguf_to_float32, torch.float32)], ids=["16 bit", "32 bit"]
)
def test_what_is_stored_loads_without_gguf_and_knows_its_tokens_template_and_context(
    tmp_path, architecture, widen, dtype
):
    folder = tmp_path / "made"
    folder.mkdir()
    widen(write_gguf(tmp_path / "m.gguf", architecture, token_embd__weight=(EMBEDDINGS, Kind.Q8_0)), folder)
    assert {tensor.dtype for tensor in load_file(folder / "model.safetensors").values()} == {dtype}
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    assert model.config.max_position_embeddings == tokenizer.model_max_length == CONTEXT
    assert not hasattr(model.config, "quantization_config")
    assert tokenizer.convert_ids_to_tokens(tokenizer("hehat")["input_ids"]) == ["he", "h", "a", "t"]
    assert tokenizer.eos_token == "<|im_end|>"
    assert (
        tokenizer.apply_chat_template([{"role": "user", "content": "hi"}], tokenize=False) == "<|im_start|>hi<|im_end|>"
    )
    with torch.inference_mode():
        logits = model(**tokenizer("hehat", return_tensors="pt")).logits
    assert logits.shape == (1, 4, len(TOKENS))
    assert torch.isfinite(logits).all()


def test_the_bar_of_the_loader_is_not_shown(tmp_path, capfd):
    widen_gguf(write_gguf(tmp_path / "m.gguf", "qwen2", token_embd__weight=(EMBEDDINGS, Kind.Q8_0)), tmp_path)
    assert "%" not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("other", "expected"),
    [(EMBEDDINGS, True), (EMBEDDINGS + 0.5 * matrix(*EMBEDDINGS.shape), False), (EMBEDDINGS[:, ::-1], False)],
    ids=["a copy", "a relative", "its mirror"],
)
def test_only_copies_of_one_matrix_were_tied(tmp_path, other, expected):
    tensors = {
        "token_embd__weight": (EMBEDDINGS, Kind.Q4_0),
        "output__weight": (np.ascontiguousarray(other), Kind.Q8_0),
    }
    reader = gguf.GGUFReader(write_gguf(tmp_path / "m.gguf", "llama", **tensors))
    read = {tensor.name: tensor for tensor in reader.tensors}
    assert were_tied(read["token_embd.weight"], read["output.weight"]) == expected


def test_a_folder_is_taken_as_it_is(tmp_path):
    (tmp_path / "one" / "deep").mkdir(parents=True)
    (tmp_path / "one" / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "one" / "deep" / "config.json").write_text("{}")
    (tmp_path / "two").mkdir()
    copy_folder(tmp_path / "one" / "model.safetensors", tmp_path / "two")
    assert (tmp_path / "two" / "model.safetensors").read_bytes() == b"weights"
    assert (tmp_path / "two" / "deep" / "config.json").read_text() == "{}"
