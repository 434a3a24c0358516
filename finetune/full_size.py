"""Merge, export, quantise and run a model of a published size with random weights: does it all hold at full size?

`python -m finetune verify --full-size qwen2.5-3b --out FOLDER`. Needs 13 GB of disk there (17 GB for qwen3-4b), which
it frees again, and takes its time. Each step is a process of its own, so that its peak memory is its own. Sizes, memory
and speed follow from the shapes; nothing is said about answers. May import torch, llama_cpp (inside functions) and its
siblings.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import resource
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune.tokenizer import CONTROLS, END_OF_TEXT
from finetune.vocabulary import QWEN_SPLIT
from radlite_tui.errors import BadInput, RadliteError
from radlite_tui.segments import IM_END

RANK = 64
ALPHA = 128
SHARD = 3_900_000_000
"""Bytes of a weight file before the next is begun, as in the published checkpoints."""
MEMORY = 1.3
"""Merging may take this many times the bytes of the model."""
SIZE = 0.01
"""How far the quantised file may be from the published one's size, as a share."""
WORDS = 151_643
"""Tokens of the published vocabulary, without control tokens."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Shape:
    """A published model. size: bytes of its Q4_K_M file."""

    kind: str
    width: int
    feed_forward: int
    heads: int
    kv_heads: int
    head: int
    size: float
    layers: int = 36
    vocabulary: int = 151_936


SHAPES = {
    "qwen2.5-3b": Shape("qwen2", 2048, 11008, 16, 2, 128, 1.93e9),
    "qwen3-4b": Shape("qwen3", 2560, 9728, 32, 8, 128, 2.50e9),
}


def check(name: str, folder: Path, say: Say, threads: int = 2) -> int:
    """Do it all in `folder`, which is emptied afterwards. Returns the exit code: 0 when sizes and memory keep."""
    if name not in SHAPES:
        raise BadInput(f"--full-size knows {', '.join(SHAPES)}, not {name!r}.")
    if folder.exists() and any(folder.iterdir()):
        raise BadInput(f"{folder} is not empty, and it is deleted afterwards; give another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    base, tuned, merged = folder / "base", folder / "adapter", folder / "merged"
    whole, small = folder / "merged-f16.gguf", folder / "merged.gguf"
    try:
        _step(say, "random checkpoint", random_checkpoint, SHAPES[name], base)
        _step(say, "random adapter", random_adapter, base, tuned)
        stored = sum(path.stat().st_size for path in base.glob("*.safetensors"))
        say(f"{name}: base {stored / 1e9:.2f} GB in {len(list(base.glob('*.safetensors')))} files")
        peak = _step(say, "merge", _merge, base, tuned, merged)
        _step(say, "adapter to GGUF, Q8_0", _lora, base, tuned, folder / "adapter.gguf")
        shutil.rmtree(base)
        _step(say, "merged to GGUF, F16", _export, merged, whole)
        shutil.rmtree(merged)
        _step(say, "quantise to Q4_K_M", _quantize, whole, small, threads)
        size = small.stat().st_size
        say(f"F16 {whole.stat().st_size / 1e9:.3f} GB, Q4_K_M {size / 1e9:.3f} GB, "
            f"adapter {(folder / 'adapter.gguf').stat().st_size / 1e6:.0f} MB")  # fmt: skip
        whole.unlink()
        _step(say, "load and run 16 tokens", _decode, small, threads)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    share, off = peak / stored, size / SHAPES[name].size - 1
    say(f"merge: peak memory {share:.2f} times the model (bound {MEMORY}) {_verdict(share <= MEMORY)}")
    say(f"Q4_K_M: {off:+.2%} of {SHAPES[name].size / 1e9:.2f} GB (bound {SIZE:.0%}) {_verdict(abs(off) <= SIZE)}")
    return 0 if share <= MEMORY and abs(off) <= SIZE else 1


def _verdict(fine: bool) -> str:
    return "ok" if fine else "FAILED"


def _step(say: Say, what: str, work: Callable[..., Any], *given: Any) -> int:
    """Run `work` in a fresh process, say how long it took and how much memory. Returns its peak memory in bytes."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(theirs, work, given))
    begun = time.monotonic()
    process.start()
    theirs.close()
    try:
        peak, told = ours.recv()
    except EOFError:
        process.join()
        raise RadliteError(f"{what} ended with code {process.exitcode}; its memory may not have been enough.") from None
    process.join()
    seconds = time.monotonic() - begun
    say(f"{what}: {seconds:.0f} s, peak memory {peak / 1e9:.2f} GB{f', {told}' if told else ''}")
    return int(peak)


def _child(pipe: Any, work: Callable[..., Any], given: tuple[Any, ...]) -> None:
    told = work(*given)
    pipe.send((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, told))
    pipe.close()


def configuration(shape: Shape) -> dict[str, Any]:
    """config.json of a shape."""
    return {
        "architectures": [f"{shape.kind.capitalize()}ForCausalLM"],
        "model_type": shape.kind,
        "hidden_size": shape.width,
        "intermediate_size": shape.feed_forward,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "head_dim": shape.head,
        "max_position_embeddings": 32768,
        "vocab_size": shape.vocabulary,
        "rms_norm_eps": 1e-6,
        "rope_theta": 1_000_000.0,
        "tie_word_embeddings": True,
        "hidden_act": "silu",
        "dtype": "bfloat16",
    }


def matrices(shape: Shape) -> dict[str, tuple[int, int]]:
    """Module -> rows and columns of the projections of a layer."""
    queries, keys = shape.heads * shape.head, shape.kv_heads * shape.head
    return {
        "self_attn.q_proj": (queries, shape.width),
        "self_attn.k_proj": (keys, shape.width),
        "self_attn.v_proj": (keys, shape.width),
        "self_attn.o_proj": (shape.width, queries),
        "mlp.gate_proj": (shape.feed_forward, shape.width),
        "mlp.up_proj": (shape.feed_forward, shape.width),
        "mlp.down_proj": (shape.width, shape.feed_forward),
    }


def tensors(shape: Shape) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Every tensor of the checkpoint and its shape."""
    yield "model.embed_tokens.weight", (shape.vocabulary, shape.width)
    yield "model.norm.weight", (shape.width,)
    for number in range(shape.layers):
        layer = f"model.layers.{number}."
        yield f"{layer}input_layernorm.weight", (shape.width,)
        yield f"{layer}post_attention_layernorm.weight", (shape.width,)
        for module, size in matrices(shape).items():
            yield f"{layer}{module}.weight", size
        for part, heads in (("q", shape.heads), ("k", shape.kv_heads), ("v", shape.kv_heads)):
            if shape.kind == "qwen2":
                yield f"{layer}self_attn.{part}_proj.bias", (heads * shape.head,)
            elif part != "v":
                yield f"{layer}self_attn.{part}_norm.weight", (shape.head,)


def random_checkpoint(shape: Shape, folder: Path) -> None:
    """A bf16 checkpoint in shards, with a tokenizer of the published size. One stretch of noise serves all tensors."""
    import torch

    from finetune.merge import Shard

    folder.mkdir()
    groups: list[list[tuple[str, tuple[int, ...]]]] = [[]]
    filled = 0
    for name, size in tensors(shape):
        count = 2 * math.prod(size)
        if filled and filled + count > SHARD:
            groups.append([])
            filled = 0
        groups[-1].append((name, size))
        filled += count
    noise = torch.randn(1 << 24, generator=torch.Generator().manual_seed(1)).mul_(0.02).to(torch.bfloat16)
    places = {}
    for number, group in enumerate(groups, start=1):
        file = f"model-{number:05d}-of-{len(groups):05d}.safetensors"
        shard = Shard(folder / file)
        for name, size in group:
            shard.add(name, size, "BF16")
        shard.begin()
        for name, size in group:
            count = math.prod(size)
            values = noise.repeat(-(-count // noise.numel()))[:count].view(size)
            shard.put(torch.ones_like(values) if name.endswith("norm.weight") else values)
            places[name] = file
        shard.close()
    index = {"metadata": {}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    (folder / "config.json").write_text(json.dumps(configuration(shape)), encoding="utf-8")
    _tokenizer(folder)


def _tokenizer(folder: Path) -> None:
    """A byte-level vocabulary of the published size; its words are strings of bytes, made up one after the other."""
    from tokenizers.pre_tokenizers import ByteLevel

    words = sorted(ByteLevel.alphabet())
    letters, merges = list(words), []
    for first in range(WORDS):
        for letter in letters:
            if len(words) == WORDS:
                break
            merges.append([words[first], letter])
            words.append(words[first] + letter)
    added = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    split = {"type": "Split", "pattern": {"Regex": QWEN_SPLIT}, "behavior": "Isolated", "invert": False}
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    described = {
        "version": "1.0",
        "added_tokens": [{"id": WORDS + i, "content": token, **added} for i, token in enumerate(CONTROLS)],
        "normalizer": {"type": "NFC"},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, level]},
        "post_processor": level,
        "decoder": level,
        "model": {"type": "BPE", "vocab": {word: i for i, word in enumerate(words)}, "merges": merges},
    }
    (folder / "tokenizer.json").write_text(json.dumps(described), encoding="utf-8")
    settings = {"eos_token": IM_END, "pad_token": END_OF_TEXT}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")


def random_adapter(base: Path, folder: Path) -> None:
    import torch
    from safetensors.torch import save_file

    from finetune.checkpoint import Checkpoint

    generator = torch.Generator().manual_seed(2)
    pairs = {}
    for name, shape in Checkpoint.open(base).shapes.items():
        if name.endswith("_proj.weight"):
            module = f"base_model.model.{name.removesuffix('.weight')}"
            pairs[f"{module}.lora_A.weight"] = 0.02 * torch.randn(RANK, shape[1], generator=generator)
            pairs[f"{module}.lora_B.weight"] = 0.02 * torch.randn(shape[0], RANK, generator=generator)
    folder.mkdir()
    save_file(pairs, str(folder / "adapter_model.safetensors"), metadata={"format": "pt"})
    settings = {"peft_type": "LORA", "r": RANK, "lora_alpha": ALPHA}
    (folder / "adapter_config.json").write_text(json.dumps(settings), encoding="utf-8")


def _merge(base: Path, tuned: Path, out: Path) -> None:
    from finetune.merge import merge

    merge(base, tuned, out)


def _lora(base: Path, tuned: Path, out: Path) -> None:
    from finetune.adapter import Adapter
    from finetune.checkpoint import Checkpoint
    from finetune.gguf_export import write_adapter

    write_adapter(out, Adapter.open(tuned), Checkpoint.open(base), "random")


def _export(merged: Path, out: Path) -> None:
    from finetune.checkpoint import Checkpoint
    from finetune.gguf_export import write_model

    write_model(out, Checkpoint.open(merged), merged, "random")


def _quantize(whole: Path, small: Path, threads: int) -> None:
    from finetune.quantize import quantize

    quantize(whole, small, "Q4_K_M", threads)


def _decode(model: Path, threads: int) -> str:
    """Load, read 8 tokens, write 8, the likeliest each."""
    import llama_cpp
    import numpy as np

    llama = llama_cpp.Llama(str(model), n_ctx=512, n_threads=threads, n_threads_batch=threads, verbose=False)
    given = list(range(1000, 1008))
    llama.eval(given)
    for _ in range(8):
        last = np.array(llama.scores[llama.n_tokens - 1], dtype=np.float32)
        if not np.isfinite(last).all():
            raise RadliteError(f"{model} gives logits that are no numbers.")
        llama.eval([int(last.argmax())])
    return f"{llama.n_tokens} tokens through {llama.n_vocab():,} logits"
