"""The frozen lower layers: what they hand up is what the whole model computes."""

import pytest
import torch

from utils.finetuning import frozen_layers
from utils.models import encode_example

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
