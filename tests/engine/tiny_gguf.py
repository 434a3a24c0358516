"""Writes tiny GGUF models with random weights and an own byte-level vocabulary, for tests of the engine alone.

They say nothing sensible, but they are real files for real llama.cpp: Qwen2 and Qwen3, and LoRA adapters for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

gguf = pytest.importorskip("gguf")

CONTROLS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
WORDS = (
    " positive", " negative", " uncertain", " not", "_mentioned", "RADS", "BI", "TI", "Report", "effusion", " effusion",
    "user", "assistant", "system", "The", " the", " is", " and", "entailment", "contradiction", "neutral", " of", "ed",
)  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """Sizes of a model."""

    width: int = 64
    layers: int = 2
    heads: int = 4
    kv_heads: int = 2
    inner: int = 128
    context: int = 2048


def byte_letters() -> list[str]:
    """GPT-2's printable stand-in for each of the 256 bytes."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters, extra = {}, 0
    for byte in range(256):
        letters[byte] = chr(byte) if byte in printable else chr(256 + extra)
        extra += byte not in printable
    return [letters[byte] for byte in range(256)]


def vocabulary() -> tuple[list[str], list[str]]:
    """Tokens (bytes, then merged pieces, then control tokens) and merges, most frequent first."""
    letters = byte_letters()
    tokens, merges = list(letters), []
    for word in WORDS:
        pieces = [letters[byte] for byte in word.encode()]
        left = pieces[0]
        for right in pieces[1:]:
            if f"{left} {right}" not in merges:
                merges.append(f"{left} {right}")
            left += right
            if left not in tokens:
                tokens.append(left)
    return [*tokens, *CONTROLS], merges


def write_model(path: Path, arch: str, shape: Shape = Shape(), seed: int = 0) -> Path:
    """A random model of architecture "qwen2" or "qwen3"."""
    tokens, merges = vocabulary()
    writer = gguf.GGUFWriter(str(path), arch)
    head = shape.width // shape.heads
    writer.add_block_count(shape.layers)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_feed_forward_length(shape.inner)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(10000.0)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    normal, control = gguf.TokenType.NORMAL, gguf.TokenType.CONTROL
    writer.add_token_types([control if token in CONTROLS else normal for token in tokens])
    writer.add_token_merges(merges)
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    writer.add_pad_token_id(tokens.index("<|endoftext|>"))
    writer.add_add_bos_token(False)
    random = np.random.default_rng(seed)
    for name, size in tensor_sizes(arch, shape, len(tokens)).items():
        if len(size) == 1:
            tensor = np.zeros(size) if name.endswith("bias") else np.ones(size)
        else:
            tensor = random.normal(0, 1.0 if name.startswith("token_embd") else size[1] ** -0.5, size)
            tensor *= 3.0 if name == "output.weight" else 1.0
        writer.add_tensor(name, tensor.astype(np.float32))
    _close(writer)
    return path


def tensor_sizes(arch: str, shape: Shape, tokens: int) -> dict[str, tuple[int, ...]]:
    """Name -> shape, rows first."""
    kv = shape.width // shape.heads * shape.kv_heads
    sizes: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (tokens, shape.width),
        "output_norm.weight": (shape.width,),
        "output.weight": (tokens, shape.width),
    }
    for i in range(shape.layers):
        block = f"blk.{i}."
        sizes |= {f"{block}attn_norm.weight": (shape.width,), f"{block}ffn_norm.weight": (shape.width,)}
        sizes |= {f"{block}{name}.weight": size for name, size in linear_sizes(shape).items()}
        if arch == "qwen2":
            sizes |= {f"{block}attn_{n}.bias": (size,) for n, size in (("q", shape.width), ("k", kv), ("v", kv))}
        else:
            sizes |= {f"{block}attn_{n}_norm.weight": (shape.width // shape.heads,) for n in ("q", "k")}
    return sizes


def linear_sizes(shape: Shape) -> dict[str, tuple[int, int]]:
    kv = shape.width // shape.heads * shape.kv_heads
    return {
        "attn_q": (shape.width, shape.width),
        "attn_k": (kv, shape.width),
        "attn_v": (kv, shape.width),
        "attn_output": (shape.width, shape.width),
        "ffn_gate": (shape.inner, shape.width),
        "ffn_up": (shape.inner, shape.width),
        "ffn_down": (shape.width, shape.inner),
    }


def write_adapter(path: Path, arch: str, shape: Shape = Shape(), seed: int = 1) -> Path:
    """A random LoRA adapter of rank 4, strong enough to change every answer."""
    writer = gguf.GGUFWriter(str(path), arch)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 4.0)
    random = np.random.default_rng(seed)
    for i in range(shape.layers):
        for name, (rows, columns) in linear_sizes(shape).items():
            tensor = f"blk.{i}.{name}.weight"
            writer.add_tensor(f"{tensor}.lora_a", random.normal(0, columns**-0.5, (4, columns)).astype(np.float32))
            writer.add_tensor(f"{tensor}.lora_b", random.normal(0, 0.5, (rows, 4)).astype(np.float32))
    _close(writer)
    return path


def _close(writer: Any) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
