"""Qwen2 and Qwen3 decoders, and LoRA adapters on them, as GGUF files. Names and shapes only, no arithmetic but casts.

May import numpy, `gguf` (inside functions) and its siblings; takes plain arrays, never a torch module. What this
writer cannot represent faithfully (DoRA, saved modules, per-module alphas) is refused instead of written wrong.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from finetune.tokenizer import CONTROLS, END_OF_TEXT, Tokenizer
from radlite_tui.errors import BadInput
from radlite_tui.segments import IM_END

Arrays = Mapping[str, NDArray[Any]]
Quantization = Literal["F32", "F16", "Q8_0"]

_WHOLE = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
}
_MODULES = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_LAYER = re.compile(r"model\.layers\.(\d+)\.(.+)\.(weight|bias)$")
_LORA = re.compile(r"(?:base_model\.model\.)?(model\.layers\.\d+\..+)\.lora_([AB])\.(?:default\.)?weight$")


@dataclass(frozen=True)
class Decoder:
    """What GGUF must know of a decoder, read from its transformers configuration."""

    architecture: str
    layers: int
    context: int
    width: int
    feed_forward: int
    heads: int
    kv_heads: int
    head: int
    epsilon: float
    rope_base: float
    vocabulary: int
    tied: bool

    @staticmethod
    def of(config: Mapping[str, Any]) -> Decoder:
        """From the mapping of a config.json. Raises BadInput for any other architecture."""
        kind = config.get("model_type")
        if kind not in ("qwen2", "qwen3"):
            raise BadInput(f"Only qwen2 and qwen3 models can be exported, not {kind!r}.")
        heads, width = int(config["num_attention_heads"]), int(config["hidden_size"])
        rope = config.get("rope_parameters") or config
        return Decoder(
            architecture=kind,
            layers=int(config["num_hidden_layers"]),
            context=int(config["max_position_embeddings"]),
            width=width,
            feed_forward=int(config["intermediate_size"]),
            heads=heads,
            kv_heads=int(config["num_key_value_heads"]),
            head=int(config.get("head_dim") or width // heads),
            epsilon=float(config["rms_norm_eps"]),
            rope_base=float(rope["rope_theta"]),
            vocabulary=int(config["vocab_size"]),
            tied=bool(config["tie_word_embeddings"]),
        )


def tensor_name(name: str) -> str:
    """GGUF's name of a transformers tensor. Raises BadInput for one it has no place for."""
    if name in _WHOLE:
        return _WHOLE[name]
    found = _LAYER.match(name)
    if found is None or found[2] not in _MODULES:
        raise BadInput(f"The tensor {name} has no place in a Qwen GGUF file.")
    return f"blk.{found[1]}.{_MODULES[found[2]]}.{found[3]}"


def write_model(
    path: Path, weights: Arrays, decoder: Decoder, tokenizer: Tokenizer, name: str, kind: Quantization = "F16"
) -> None:
    """Write a whole model. Norms and biases stay F32, as llama.cpp wants them."""
    import gguf

    if kind == "Q8_0":
        raise BadInput("Whole models are written as F16 or F32 and quantised by llama.cpp.")
    writer = gguf.GGUFWriter(str(path), decoder.architecture)
    writer.add_type("model")
    writer.add_name(name)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16 if kind == "F16" else gguf.LlamaFileType.ALL_F32)
    writer.add_block_count(decoder.layers)
    writer.add_context_length(decoder.context)
    writer.add_embedding_length(decoder.width)
    writer.add_feed_forward_length(decoder.feed_forward)
    writer.add_head_count(decoder.heads)
    writer.add_head_count_kv(decoder.kv_heads)
    writer.add_key_length(decoder.head)
    writer.add_value_length(decoder.head)
    writer.add_layer_norm_rms_eps(decoder.epsilon)
    writer.add_rope_freq_base(decoder.rope_base)
    writer.add_vocab_size(decoder.vocabulary)
    _add_tokenizer(writer, tokenizer, decoder.vocabulary)
    for source, array in weights.items():
        target = tensor_name(source)
        if target == "output.weight" and decoder.tied:
            continue
        wide = array.ndim == 1 or kind == "F32"
        writer.add_tensor(target, array.astype(np.float32 if wide else np.float16))
    _finish(writer)


def write_adapter(
    path: Path, weights: Arrays, settings: Mapping[str, Any], architecture: str, name: str, kind: Quantization = "Q8_0"
) -> None:
    """Write a LoRA adapter. settings: PEFT's adapter_config; rsLoRA is folded into alpha, as llama.cpp has alpha/rank.

    Raises BadInput for DoRA, saved modules and per-module ranks or alphas.
    """
    import gguf

    rank, alpha = int(settings["r"]), float(settings["lora_alpha"])
    if settings.get("use_dora"):
        raise BadInput(
            "A DoRA adapter cannot be exported: GGUF adapters have no place for its magnitudes; train with plain LoRA."
        )
    if settings.get("modules_to_save"):
        raise BadInput("An adapter with modules_to_save cannot be exported: GGUF adapters hold low-rank pairs only.")
    if settings.get("rank_pattern") or settings.get("alpha_pattern"):
        raise BadInput(
            "An adapter with rank_pattern or alpha_pattern cannot be exported: GGUF adapters have one alpha."
        )
    if kind == "Q8_0" and rank % 32:
        raise BadInput(f"An adapter of rank {rank} cannot be stored as Q8_0; the rank must be a multiple of 32.")
    if settings.get("use_rslora"):
        alpha *= math.sqrt(rank)
    writer = gguf.GGUFWriter(str(path), architecture)
    writer.add_type("adapter")
    writer.add_name(name)
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for source, array in weights.items():
        found = _LORA.match(source)
        if found is None:
            raise BadInput(f"The adapter tensor {source} is not a low-rank pair and cannot be exported.")
        target = f"{tensor_name(found[1] + '.weight')}.lora_{found[2].lower()}"
        _add_matrix(writer, target, array.astype(np.float32), kind)
    _finish(writer)


def _add_matrix(writer: Any, name: str, array: NDArray[np.float32], kind: Quantization) -> None:
    import gguf

    if kind == "Q8_0":
        stored = gguf.quants.quantize(array, gguf.GGMLQuantizationType.Q8_0)
        writer.add_tensor(name, stored, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    else:
        writer.add_tensor(name, array.astype(np.float16 if kind == "F16" else np.float32))


def _add_tokenizer(writer: Any, tokenizer: Tokenizer, vocabulary: int) -> None:
    """The vocabulary, padded with unused tokens to the model's size. <|im_end|> ends an answer, <|endoftext|> pads."""
    import gguf

    tokens = tokenizer.tokens()
    types = [gguf.TokenType.CONTROL if token in CONTROLS else gguf.TokenType.NORMAL for token in tokens]
    if len(tokens) > vocabulary:
        raise BadInput(f"The tokenizer has {len(tokens)} tokens but the model only {vocabulary}.")
    for number in range(len(tokens), vocabulary):
        tokens.append(f"[PAD{number}]")
        types.append(gguf.TokenType.UNUSED)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(tokenizer.merges())
    writer.add_eos_token_id(tokenizer.control(IM_END))
    writer.add_eot_token_id(tokenizer.control(IM_END))
    writer.add_pad_token_id(tokenizer.control(END_OF_TEXT))
    writer.add_add_bos_token(False)


def _finish(writer: Any) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
