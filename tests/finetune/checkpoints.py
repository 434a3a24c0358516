"""Small Qwen2 and Qwen3 checkpoints and adapters, the same on every machine, as Hugging Face folders.

Made from numpy's generator and written tokenizers, not by transformers, so that their bytes follow from a seed alone.
Between them they have what real folders have: shards, bf16 and f16 and f32, tied and untied heads, a vocabulary that is
smaller than the embedding, tokens that are added but not special, a chat template, sampling defaults, a model card.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from finetune.tokenizer import SPLIT
from finetune.vocabulary import QWEN_SPLIT

WIDTH, FEED_FORWARD, LAYERS, HEADS, KV_HEADS, VOCABULARY = 256, 512, 2, 4, 2, 300
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
MERGES = ("Ġ t", "h e", "i n", "Ġ a", "Ġt he", "e r", "o n", "n o", "Ġ no", "Ġ e", "f f", "Ġe ff", "u s", "i on")
PROJECTIONS = (
    *(f"self_attn.{part}_proj" for part in "qkvo"),
    *(f"mlp.{part}_proj" for part in ("gate", "up", "down")),
)


def qwen2(folder: Path) -> Path:
    """float32 in one file, tied, Qwen's own split, chat template in tokenizer_config.json."""
    config = _config("qwen2", tie_word_embeddings=True, rope_theta=1_000_000.0, rms_norm_eps=1e-6)
    _tokenizer(folder, QWEN_SPLIT, byte_level_end=True, template=CHATML, add_bos_token=False)
    _save(folder, config, _weights(config, 1), "float32", shards=1)
    return folder


def qwen3(folder: Path) -> Path:
    """bfloat16 in two shards, untied, heads wider than width / heads, our own split, template file, model card."""
    config = _config("qwen3", tie_word_embeddings=False, head_dim=96, rms_norm_eps=1e-6, bos_token_id=270)
    config["rope_parameters"] = {"rope_type": "default", "rope_theta": 5_000_000}
    _tokenizer(folder, SPLIT, byte_level_end=False)
    (folder / "chat_template.jinja").write_text(CHATML, encoding="utf-8")
    defaults = {"temperature": 0.6, "top_k": 20, "top_p": 0.95, "repetition_penalty": 1.05}
    (folder / "generation_config.json").write_text(json.dumps(defaults), encoding="utf-8")
    (folder / "README.md").write_text("---\nlicense: apache-2.0\ntags:\n- radiology\nlanguage: en\n---\n# Tiny\n")
    _save(folder, config, _weights(config, 2), "bfloat16", shards=2)
    return folder


def adapter(folder: Path, base: Path, seed: int = 3, rank: int = 32, dtype: str = "float32", **settings: Any) -> Path:
    """A LoRA adapter on all seven projections of both layers, every matrix filled. settings: of adapter_config.json."""
    import torch
    from safetensors.torch import save_file

    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    rng = np.random.default_rng(seed)
    known = {"peft_type": "LORA", "r": rank, "lora_alpha": 2 * rank, "bias": "none", "task_type": "CAUSAL_LM"}
    known["target_modules"] = [name.rpartition(".")[2] for name in PROJECTIONS]
    ranks = settings.get("rank_pattern", {})
    tensors = {}
    for name, shape in shapes(config).items():
        if (module := name.removesuffix(".weight")).partition(".")[0] == "model" and module.endswith("_proj"):
            own = next((r for pattern, r in ranks.items() if module.endswith(pattern)), rank)
            for half, size in (("A", (own, shape[1])), ("B", (shape[0], own))):
                values = torch.from_numpy(0.02 * rng.standard_normal(size, np.float32)).to(getattr(torch, dtype))
                tensors[f"base_model.model.{module}.lora_{half}.weight"] = values
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, str(folder / "adapter_model.safetensors"), metadata={"format": "pt"})
    (folder / "adapter_config.json").write_text(json.dumps(known | settings), encoding="utf-8")
    return folder


def shapes(config: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """Tensor name -> shape of a configuration."""
    head = config.get("head_dim", config["hidden_size"] // config["num_attention_heads"])
    width, inner = config["hidden_size"], config["intermediate_size"]
    queries, keys = head * config["num_attention_heads"], head * config["num_key_value_heads"]
    found: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (config["vocab_size"], width)}
    if not config["tie_word_embeddings"]:
        found["lm_head.weight"] = (config["vocab_size"], width)
    found["model.norm.weight"] = (width,)
    for number in range(config["num_hidden_layers"]):
        layer = f"model.layers.{number}."
        found |= {f"{layer}{norm}_layernorm.weight": (width,) for norm in ("input", "post_attention")}
        for part, size in (("q", queries), ("k", keys), ("v", keys)):
            found[f"{layer}self_attn.{part}_proj.weight"] = (size, width)
            if config["model_type"] == "qwen2":
                found[f"{layer}self_attn.{part}_proj.bias"] = (size,)
            elif part != "v":
                found[f"{layer}self_attn.{part}_norm.weight"] = (head,)
        found[f"{layer}self_attn.o_proj.weight"] = (width, queries)
        found |= {f"{layer}mlp.{part}_proj.weight": (inner, width) for part in ("gate", "up")}
        found[f"{layer}mlp.down_proj.weight"] = (width, inner)
    return found


def _config(kind: str, **settings: Any) -> dict[str, Any]:
    return {
        "architectures": [f"{kind.capitalize()}ForCausalLM"],
        "model_type": kind,
        "hidden_size": WIDTH,
        "intermediate_size": FEED_FORWARD,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS,
        "max_position_embeddings": 2048,
        "vocab_size": VOCABULARY,
        "hidden_act": "silu",
    } | settings


def _weights(config: dict[str, Any], seed: int) -> dict[str, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(seed)
    return {
        name: (1.0 if name.endswith("norm.weight") else 0.0) + 0.05 * rng.standard_normal(shape, np.float32)
        for name, shape in shapes(config).items()
    }


def _save(folder: Path, config: dict[str, Any], weights: dict[str, Any], dtype: str, shards: int) -> None:
    import torch
    from safetensors.torch import save_file

    (folder / "config.json").write_text(json.dumps(config | {"dtype": dtype}), encoding="utf-8")
    tensors = {name: torch.from_numpy(array).to(getattr(torch, dtype)) for name, array in weights.items()}
    if shards == 1:
        save_file(tensors, str(folder / "model.safetensors"), metadata={"format": "pt"})
        return
    names = sorted(tensors)
    cut = len(names) // shards + 1
    places = {}
    for number in range(shards):
        file = f"model-{number + 1:05d}-of-{shards:05d}.safetensors"
        mine = names[number * cut : (number + 1) * cut]
        places |= dict.fromkeys(mine, file)
        save_file({name: tensors[name] for name in mine}, str(folder / file), metadata={"format": "pt"})
    index = {"metadata": {}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")


def _tokenizer(folder: Path, split: str, *, byte_level_end: bool, template: str | None = None, **more: Any) -> None:
    from tokenizers.pre_tokenizers import ByteLevel

    letters = sorted(ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate([*letters, *(m.replace(" ", "") for m in MERGES)])}
    added = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>"]
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    bytes_only = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    described = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": len(vocabulary) + i, "content": token, **plain, "special": not token.endswith("think>")}
            for i, token in enumerate(added)
        ],
        "normalizer": {"type": "NFC"} if byte_level_end else None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": split}, "behavior": "Isolated", "invert": False},
                bytes_only,
            ],
        },
        "post_processor": bytes_only if byte_level_end else None,
        "decoder": bytes_only,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": vocabulary,
            "merges": list(MERGES) if byte_level_end else [merge.split() for merge in MERGES],
        },
    }
    settings = {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "tokenizer_class": "PreTrainedTokenizerFast"}
    settings |= more | ({"chat_template": template} if template else {})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(json.dumps(described), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
