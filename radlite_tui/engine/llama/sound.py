"""Is a GGUF file a sound model, and does an adapter fit it? Judges what `gguf` has read; imports `gguf` and `faults`.

Every architecture is checked for what all have in common: a tokeniser that agrees with itself and with the embedding.
Of Qwen2 and Qwen3, which RadLite is made for, every size and every tensor is known and checked too; whether any other
architecture's tensors are right is left to llama.cpp, which refuses most of what is not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from radlite_tui.engine.llama.faults import Fault
from radlite_tui.engine.llama.gguf import (
    F32_TENSOR,
    NOT_FOR_WEIGHTS,
    TOKENS,
    Head,
    Kind,
    Tensor,
    damaged,
    shown,
    without_ones,
)

ARCHITECTURES = ("qwen2", "qwen3")
"""Whose every tensor is known here."""

_TOKEN_IDS = ("bos", "eos", "eot", "eom", "unknown", "seperator", "padding", "mask")  # "seperator" is the format's own
_EMBEDDING = "token_embd.weight"
_MOST_LAYERS = 512
_ROPE_SCALINGS = ("none", "linear", "yarn", "longrope")
Shape = tuple[int, ...]


def check_model(head: Head) -> None:
    """Raises Fault("model") when the file is no model or what it says does not hold together."""
    if head.text("general.type") == "adapter":
        raise Fault("model", f"The model file {head.path} is an adapter; give the model it was made for.")
    architecture = head.text("general.architecture")
    if not architecture:
        raise damaged(head.path, "it does not say its architecture (general.architecture)")
    if not head.tensors:
        raise Fault("model", f"The model file {head.path} holds no weights; use a complete one.")
    tokens = _check_tokeniser(head)
    embedding = head.tensors.get(_EMBEDDING)
    if embedding is not None and _sized(embedding.shape, 1) != tokens:
        raise damaged(head.path, f"it has {tokens:,} tokens, but embeddings for {_sized(embedding.shape, 1):,}")
    if architecture in ARCHITECTURES:
        _check_qwen(head, architecture, tokens)


def check_adapter(adapter: Head, base: Head) -> None:
    """Raises Fault("model") when the file is no LoRA adapter, is damaged, or was made for another model than `base`."""
    path = adapter.path
    if adapter.text("general.type") != "adapter" or adapter.text("adapter.type") != "lora":
        raise Fault("model", f"The adapter {path} is not a LoRA adapter; give one made for {Path(base.path).name}.")
    if adapter.text("general.architecture") != base.text("general.architecture"):
        theirs = shown(adapter.text("general.architecture") or "an unknown architecture")
        raise _unfit(adapter, base, f"it is for {theirs}, not {shown(base.text('general.architecture') or '')}")
    _real(adapter, "adapter.lora.alpha", 1.0)
    pairs: dict[str, dict[str, Tensor]] = {}
    for tensor in adapter.tensors.values():
        target, _, part = tensor.name.rpartition(".")
        if part in ("lora_a", "lora_b"):
            pairs.setdefault(target, {})[part] = tensor
        elif not tensor.name.endswith("_norm.weight"):
            raise damaged(path, f"its tensor {shown(tensor.name)} is no part of a LoRA adapter")
    if not pairs:
        raise damaged(path, "it changes no tensor")
    for target, pair in pairs.items():
        _check_pair(adapter, base, target, pair)


def _check_pair(adapter: Head, base: Head, target: str, pair: dict[str, Tensor]) -> None:
    if len(pair) < 2:
        raise damaged(adapter.path, f"of the two tensors for {shown(target)} one is missing")
    of_base = base.tensors.get(target)
    if of_base is None:
        raise _unfit(adapter, base, f"that model has no tensor {shown(target)}")
    a, b = pair["lora_a"], pair["lora_b"]
    shapes = [(_sized(tensor.shape, 0), _sized(tensor.shape, 1)) for tensor in (of_base, a, b)]
    (columns, rows), (a_row, a_rows), (b_row, b_rows) = shapes
    fits = (columns, rows) == ((b_rows, a_rows) if target == _EMBEDDING else (a_row, b_rows))
    rank = (a_row, b_row) if target == _EMBEDDING else (a_rows, b_row)
    if not fits or max(len(t.shape) for t in (a, b)) > 2:
        raise _unfit(adapter, base, f"its tensors for {shown(target)} have other sizes")
    if rank[0] != rank[1]:
        raise damaged(adapter.path, f"the two tensors for {shown(target)} have the ranks {rank[0]:,} and {rank[1]:,}")
    if {a.kind, b.kind} & NOT_FOR_WEIGHTS:
        raise damaged(adapter.path, f"the tensors for {shown(target)} have a type that cannot be computed with")


def _unfit(adapter: Head, base: Head, why: str) -> Fault:
    name = Path(base.path).name
    return Fault("model", f"The adapter {adapter.path} was made for another model than {name}: {why}.")


def _check_tokeniser(head: Head) -> int:
    """Returns how many tokens there are."""
    path, fields = head.path, head.fields
    model = head.text("tokenizer.ggml.model")
    listed = fields.get(TOKENS)
    if model in (None, "none", "no_vocab"):
        raise damaged(path, "it has no tokeniser (tokenizer.ggml.model)")
    if listed is None or listed.kind is not Kind.TEXT or not listed.count:
        raise damaged(path, f"it has no list of tokens ({TOKENS})")
    if listed.repeated:
        raise damaged(path, f"the token {shown(listed.repeated)} occurs twice in {TOKENS}")
    allowed = {"token_type": (Kind.I32,), "scores": (Kind.F32, Kind.I32)}
    for key, kinds in allowed.items():
        field = fields.get(f"tokenizer.ggml.{key}")
        if field is not None and (field.kind not in kinds or field.count != listed.count):
            raise damaged(path, f"tokenizer.ggml.{key} does not have one number for each of {listed.count:,} tokens")
    if model == "gpt2":
        merges = fields.get("tokenizer.ggml.merges")
        if merges is None or merges.kind is not Kind.TEXT or merges.count is None:
            raise damaged(path, "it has no list of merges (tokenizer.ggml.merges)")
    for name in _TOKEN_IDS:
        key = f"tokenizer.ggml.{name}_token_id"
        field = fields.get(key)
        if field is None:
            continue
        if field.kind is not Kind.U32 or not isinstance(field.value, int) or field.value >= listed.count:
            raise damaged(path, f"{key} is {field.value}, which is none of its {listed.count:,} tokens")
    return listed.count


def _check_qwen(head: Head, architecture: str, tokens: int) -> None:
    """Every size and tensor of a dense Qwen2 or Qwen3 model."""
    if _number(head, "split.count", 1, (Kind.U16,)) > 1:
        return  # the other tensors lie in the other parts
    _check_floats(head, architecture)
    layers = _number(head, f"{architecture}.block_count")
    if layers > _MOST_LAYERS:
        raise damaged(head.path, f"{architecture}.block_count is {layers:,}, but {_MOST_LAYERS} is the most")
    _number(head, f"{architecture}.context_length")
    for key in ("expert_count", "expert_used_count", "nextn_predict_layers"):
        if _number(head, f"{architecture}.{key}", 0):
            raise damaged(head.path, f"{architecture}.{key} does not belong in a {architecture} model")
    if any(
        (field := head.fields.get(f"{architecture}.{key}")) is not None and field.is_array
        for key in ("feed_forward_length", "attention.head_count", "attention.head_count_kv")
    ):
        return  # sizes of its own for each layer
    for name, shape, optional in _tensors(head, architecture, layers, tokens):
        tensor = head.tensors.get(name)
        if tensor is None and optional:
            continue
        if tensor is None:
            raise damaged(head.path, f"the tensor {name} is missing")
        if tensor.shape != without_ones(shape):
            is_, must = (" x ".join(f"{size:,}" for size in sizes) for sizes in (tensor.shape, shape))
            raise damaged(head.path, f"the tensor {name} has the size {is_}, but {must} is needed")
        if tensor.kind in NOT_FOR_WEIGHTS or (len(shape) == 1 and tensor.kind != F32_TENSOR):
            raise damaged(head.path, f"the tensor {name} has a type that cannot be computed with")


def _tensors(head: Head, architecture: str, layers: int, tokens: int) -> Iterator[tuple[str, Shape, bool]]:
    """(name, shape, whether it may be absent) of every tensor. Raises Fault when the sizes contradict each other."""
    width, inner = (_number(head, f"{architecture}.{key}") for key in ("embedding_length", "feed_forward_length"))
    heads = _number(head, f"{architecture}.attention.head_count")
    kv_heads = _number(head, f"{architecture}.attention.head_count_kv", heads)
    size = _number(head, f"{architecture}.attention.key_length", width // heads)
    others = [_number(head, f"{architecture}.{k}", size) for k in ("attention.value_length", "rope.dimension_count")]
    if not kv_heads or heads % kv_heads or size % 2 or not size or others != [size, size]:
        raise damaged(head.path, "its attention heads have sizes that do not go together")
    if architecture == "qwen2" and heads * size != width:
        raise damaged(head.path, f"{heads:,} heads of {size:,} do not make its width of {width:,}")
    queries, keys = heads * size, kv_heads * size
    yield _EMBEDDING, (width, tokens), False
    yield "output_norm.weight", (width,), False
    yield "output.weight", (width, tokens), True
    for i in range(layers):
        block = f"blk.{i}."
        fused = f"{block}attn_qkv.weight" in head.tensors
        yield f"{block}attn_qkv.weight", (width, queries + 2 * keys), True
        yield f"{block}attn_qkv.bias", (queries + 2 * keys,), True
        for letter, rows in (("q", queries), ("k", keys), ("v", keys)):
            yield f"{block}attn_{letter}.weight", (width, rows), fused
            yield f"{block}attn_{letter}.bias", (rows,), True
        if architecture == "qwen3":
            yield f"{block}attn_q_norm.weight", (size,), False
            yield f"{block}attn_k_norm.weight", (size,), False
        yield f"{block}attn_norm.weight", (width,), False
        yield f"{block}attn_output.weight", (queries, width), False
        yield f"{block}ffn_norm.weight", (width,), False
        yield f"{block}ffn_gate.weight", (width, inner), False
        yield f"{block}ffn_up.weight", (width, inner), False
        yield f"{block}ffn_down.weight", (inner, width), False


def _check_floats(head: Head, architecture: str) -> None:
    """The numbers llama.cpp computes with but never looks at, or stops over."""
    if not 0 <= _real(head, f"{architecture}.attention.layer_norm_rms_epsilon") < 1:
        raise damaged(head.path, f"{architecture}.attention.layer_norm_rms_epsilon is not a small number")
    if _real(head, f"{architecture}.rope.freq_base", 1.0) <= 0:
        raise damaged(head.path, f"{architecture}.rope.freq_base is not above 0")
    scaling = head.fields.get(f"{architecture}.rope.scaling.type")
    if scaling is not None and scaling.value not in _ROPE_SCALINGS:
        raise damaged(head.path, f"{architecture}.rope.scaling.type is {shown(str(scaling.value))}, which is unknown")


def _number(head: Head, key: str, default: int | None = None, kinds: tuple[Kind, ...] = (Kind.U32,)) -> int:
    """A whole number from the metadata; one that must be there (no default) must also be above 0."""
    field = head.fields.get(key)
    if field is None and default is not None:
        return default
    if field is None:
        raise damaged(head.path, f"the metadata value {key} is missing")
    if field.kind not in kinds or not isinstance(field.value, int) or (default is None and field.value < 1):
        raise damaged(head.path, f"the metadata value {key} is no whole number above 0")
    return field.value


def _real(head: Head, key: str, default: float | None = None) -> float:
    """A finite number from the metadata."""
    field = head.fields.get(key)
    if field is None and default is not None:
        return default
    if field is None:
        raise damaged(head.path, f"the metadata value {key} is missing")
    if field.kind is not Kind.F32 or not isinstance(field.value, float) or not math.isfinite(field.value):
        raise damaged(head.path, f"the metadata value {key} is not a number")
    return field.value


def _sized(shape: Shape, dimension: int) -> int:
    return shape[dimension] if dimension < len(shape) else 1
