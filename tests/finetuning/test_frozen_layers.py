"""The frozen lower layers: what they hand up is what the whole model computes."""

import pytest
import torch
import transformers

from utils.finetuning import frozen_layers
from utils.models import answer_loss, collate, encode_example

EXAMPLES = [
    [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    for question, answer in (
        ("Who opens the gate?", "Mr. Ode."),
        ("When?", "At seven."),
        ("What does the yellow lamp by the stairs mean?", "That the lift is being repaired."),
    )
]


@pytest.mark.model
def test_what_the_lower_layers_hand_up_is_what_the_whole_model_computes(llm):
    rows = [encode_example(llm.tokenizer, example) for example in EXAMPLES]
    states = frozen_layers.lower_states(llm.model, rows, top_layers=10, batch_size=2)
    for row, state in zip(rows, states, strict=True):
        with torch.inference_mode():
            whole = llm.model(torch.tensor([row["input_ids"]]), output_hidden_states=True).hidden_states[20][0]
        assert state.shape == whole.shape
        assert (state - whole).abs().max() < 1e-3
    assert len(llm.model.get_decoder().layers) == 30


@pytest.mark.parametrize(
    ("family", "config"),
    [
        (transformers.LlamaForCausalLM, transformers.LlamaConfig),
        (transformers.Qwen2ForCausalLM, transformers.Qwen2Config),
    ],
)
def test_a_model_that_reads_what_the_lower_layers_handed_up_has_the_same_loss(family, config):
    torch.manual_seed(1)
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_attention_heads": 4, "num_key_value_heads": 2}
    model = family(config(vocab_size=60, num_hidden_layers=4, **sizes)).eval()
    texts = (list(range(3, 20)), list(range(30, 36)), [7, 7, 50])
    rows = [{"input_ids": ids, "labels": [-100, *ids[1:]]} for ids in texts]
    before = answer_loss(model, collate(0, rows)).item()
    assert frozen_layers.can_skip(model, 3)
    states = frozen_layers.lower_states(model, rows, top_layers=3, batch_size=2)
    frozen_layers.skip_lower(model, top_layers=3)
    read = [row | {"states": state} for row, state in zip(rows, states, strict=True)]
    assert answer_loss(model, collate(0, read)).item() == pytest.approx(before, abs=1e-4)
    shorter = [row | {"states": state * 2} for row, state in zip(rows, states, strict=True)]
    assert abs(answer_loss(model, collate(0, shorter)).item() - before) > 1e-3, "the states are what it reads"
