"""Tokenizers of single bytes with the chat templates of several families, and a model that trains in a moment."""

from dataclasses import dataclass, field

from tokenizers import AddedToken, Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE
from transformers import PreTrainedTokenizerFast
from transformers.convert_slow_tokenizer import bytes_to_unicode


@dataclass(frozen=True)
class Family:
    """A family of models: its template, its special tokens and its end of a text; ``words``: added tokens that are not
    special. ``asked`` and ``learned``: how it writes "Who?" after "Be brief.", and "Mr. Ode." where it's trained on."""

    name: str
    template: str
    special: tuple[str, ...] = ()
    eos: str | None = None
    words: tuple[str, ...] = ()
    asked: str = ""
    learned: str = field(default="", repr=False)

    def tokenizer(self) -> PreTrainedTokenizerFast:
        vocabulary = {letter: number for number, letter in enumerate(bytes_to_unicode().values())}
        core = Tokenizer(BPE(vocab=vocabulary, merges=[]))
        core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        core.decoder = decoders.ByteLevel()
        core.add_special_tokens(list(self.special))
        core.add_tokens([AddedToken(word, special=False) for word in self.words])
        return PreTrainedTokenizerFast(
            tokenizer_object=core, eos_token=self.eos, chat_template=self.template or None, name_or_path=self.name
        )


EACH = "{% for m in messages %}"
DONE = "{% endfor %}"
CHATML = Family(
    "chatml",
    EACH + "<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n" + DONE + "{% if add_generation_prompt %}"
    "<|im_start|>assistant\n{% endif %}",
    ("<|im_start|>", "<|im_end|>", "<|endoftext|>"),
    "<|endoftext|>",
    asked="<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWho?<|im_end|>\n<|im_start|>assistant\n",
    learned="Mr. Ode.<|im_end|>",
)
TRIMMED = Family(
    "trimmed",
    "<|text|>" + EACH + "<|head|>{{ m.role }}<|body|>\n\n{{ m.content | trim }}<|eot|>" + DONE
    + "{% if add_generation_prompt %}<|head|>assistant<|body|>\n\n{% endif %}",
    ("<|text|>", "<|head|>", "<|body|>", "<|eot|>", "<|end|>"),
    "<|end|>",
    asked="<|text|><|head|>system<|body|>\n\nBe brief.<|eot|><|head|>user<|body|>\n\nWho?<|eot|>"
    "<|head|>assistant<|body|>\n\n",
    learned="Mr. Ode.<|eot|>",
)  # fmt: skip
NO_SYSTEM = Family(
    "no-system",
    "<bos>" + EACH + "{% if m.role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "<turn>{{ 'model' if m.role == 'assistant' else m.role }}\n{{ m.content | trim }}<end>\n" + DONE
    + "{% if add_generation_prompt %}<turn>model\n{% endif %}",
    ("<bos>", "<turn>", "<end>", "<eos>"),
    "<eos>",
    asked="<bos><turn>user\nBe brief.\n\nWho?<end>\n<turn>model\n",
    learned="Mr. Ode.<end>",
)  # fmt: skip
SILENT_SYSTEM = Family(
    "silent-system",
    EACH + "{% if m.role == 'user' %}<u>{{ m.content }}{% endif %}"
    "{% if m.role == 'assistant' %}<a>{{ m.content }}</s>{% endif %}"
    + DONE + "{% if add_generation_prompt %}<a>{% endif %}",
    ("<u>", "<a>", "</s>"),
    "</s>",
    asked="<u>Be brief.\n\nWho?<a>",
    learned="Mr. Ode.</s>",
)  # fmt: skip
BRACKETS = Family(
    "brackets",
    "<s>" + EACH + "{% if m.role == 'assistant' %} {{ m.content }} </s>{% else %}[INST] {{ m.content }} [/INST]"
    "{% endif %}" + DONE,
    ("<s>", "</s>"),
    "</s>",
    asked="<s>[INST] Be brief. [/INST][INST] Who? [/INST]",
    learned=" Mr. Ode. </s>",
)
NO_END = Family(
    "no-end",
    EACH + "{{ m.role }}: {{ m.content }}\n" + DONE + "{% if add_generation_prompt %}assistant:{% endif %}",
    ("<|end|>",),
    "<|end|>",
    asked="system: Be brief.\nuser: Who?\nassistant:",
    learned=" Mr. Ode.<|end|>",
)
SPELLED_OUT = Family(
    "spelled-out",
    CHATML.template,
    ("</s>",),
    "</s>",
    asked=CHATML.asked,
    learned="Mr. Ode.</s>",  # what its template ends a turn with is only characters to it
)
FAMILIES = (CHATML, TRIMMED, NO_SYSTEM, SILENT_SYSTEM, BRACKETS, NO_END, SPELLED_OUT)


def tiny_model(tokenizer, context: int = 128):
    """A Llama of one layer and 32 numbers a token."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = LlamaConfig(vocab_size=len(tokenizer), max_position_embeddings=context, **sizes)
    return LlamaForCausalLM(config).eval()
