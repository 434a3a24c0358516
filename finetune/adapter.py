"""A PEFT adapter folder as low-rank pairs, each with the factor that PEFT puts before it.

May import torch and safetensors (inside functions) and its siblings. What cannot be added to a base as plain pairs
(DoRA, saved modules, an initialisation that changes the base) is refused in a sentence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune.checkpoint import Checkpoint, Source, opened, read_json
from radlite_tui.errors import BadInput

_PAIR = re.compile(r"(?:base_model\.model\.)?(.+)\.lora_([AB])\.(?:default\.)?weight$")

PLAIN_STARTS = (True, False, None, "gaussian", "orthogonal", "eva")
"""`init_lora_weights` that leave the base as it is; PiSSA and its like take the start out of the base's weights."""

REFUSED = {
    "use_dora": "DoRA scales each column of the merged weight; train with plain LoRA or rsLoRA",
    "modules_to_save": "it holds whole trained modules beside the pairs; train without modules_to_save",
    "fan_in_fan_out": "its base stores weights transposed, which no Qwen model does",
    "trainable_token_indices": "it holds trained embeddings; train without trainable_token_indices",
    "target_parameters": "it trains parameters that are no module of their own; name modules in target_modules",
    "layer_replication": "it repeats layers of the base",
    "lora_bias": "its pairs have biases; train without lora_bias",
    "use_qalora": "it works on groups of a quantised base",
    "use_bdlora": "its pairs are blocks; train with plain LoRA",
    "alora_invocation_tokens": "it acts only after certain tokens, which neither a merged model nor RadLite does",
}
"""Setting -> why an adapter that has it is refused."""


@dataclass(frozen=True)
class Pair:
    """B [out, r] and A [r, in] as stored (torch tensors), and the factor of B @ A."""

    a: Any
    b: Any
    scale: float

    @property
    def rank(self) -> int:
        return int(self.a.shape[0])

    def delta(self) -> Any:
        """The float32 matrix to add to the base's weight."""
        return (self.b.float() @ self.a.float()) * self.scale


@dataclass(frozen=True)
class Adapter:
    """settings: of adapter_config.json. pairs: module (model.layers.0.mlp.up_proj) -> its pair, in file order."""

    folder: Path
    settings: Mapping[str, Any]
    pairs: Mapping[str, Pair]

    @staticmethod
    def open(folder: Path) -> Adapter:
        """Read an adapter. Raises BadInput for what is refused, missing or not a pair."""
        if not folder.is_dir():
            raise BadInput(f"There is no adapter folder {folder}; give one with adapter_config.json.")
        settings = read_json(folder / "adapter_config.json", "it is no PEFT adapter")
        check(settings, folder)
        path = folder / "adapter_model.safetensors"
        if not path.is_file():
            raise BadInput(f"{folder} has no adapter_model.safetensors; save the adapter with safetensors.")
        halves: dict[str, dict[str, Any]] = {}
        with opened(path) as file:
            for name in file.offset_keys():
                module, half = part(name, folder)
                halves.setdefault(module, {})[half] = file.get_tensor(name)
        return Adapter(folder, settings, dict(_pairs(halves, settings, folder)))

    @property
    def rank(self) -> int:
        return int(self.settings["r"])

    @property
    def alpha(self) -> float:
        """The alpha that makes alpha/r the factor of a module without a pattern: rsLoRA's root is folded in."""
        alpha = float(self.settings["lora_alpha"])
        return alpha * math.sqrt(self.rank) if self.settings.get("use_rslora") else alpha

    def fit(self, base: Source) -> None:
        """Raises BadInput unless every pair has its matrix in the base."""
        for module, pair in self.pairs.items():
            shape = base.shapes.get(f"{module}.weight")
            if shape is None:
                tied = module == "lm_head" and base.config.get("tie_word_embeddings")
                why = "is tied to the embedding" if tied else "is not in the base"
                raise BadInput(f"{self.folder}: the adapter changes {module}, which {why}; it cannot be added.")
            if shape != (given := (int(pair.b.shape[0]), int(pair.a.shape[1]))):
                raise BadInput(
                    f"{self.folder}: the adapter is for another base: its {module} is {given[0]} x {given[1]}, the "
                    f"base's {shape[0]} x {shape[1]}."
                )


@dataclass(frozen=True)
class Merged:
    """A checkpoint with an adapter added: changed matrices as float32, everything else as stored."""

    base: Checkpoint
    adapter: Adapter

    @property
    def config(self) -> Mapping[str, Any]:
        return self.base.config

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        return self.base.shapes

    def each(self) -> Iterator[tuple[str, Any]]:
        """Name and torch tensor."""
        for name, tensor in self.base.each():
            pair = self.adapter.pairs.get(name.removesuffix(".weight"))
            yield name, tensor if pair is None else pair.delta().add_(tensor.float())


def check(settings: Mapping[str, Any], folder: Path) -> None:
    """Raises BadInput for settings that plain pairs cannot express."""
    if (kind := settings.get("peft_type", "LORA")) != "LORA":
        raise BadInput(f"{folder}: only LoRA adapters are merged and exported, not {kind}.")
    for key, why in REFUSED.items():
        if settings.get(key):
            name = "DoRA (use_dora)" if key == "use_dora" else key
            raise BadInput(f"{folder}: an adapter with {name} cannot be merged or exported: {why}.")
    if settings.get("bias", "none") != "none":
        raise BadInput(f"{folder}: an adapter with trained biases cannot be merged or exported; train with bias none.")
    if (start := settings.get("init_lora_weights", True)) not in PLAIN_STARTS:
        raise BadInput(
            f"{folder}: an adapter begun with init_lora_weights = {start!r} changes the base itself; save it with "
            "PEFT's path_initial_model_for_weight_conversion, which turns it into a plain one."
        )
    for key in ("r", "lora_alpha"):
        if not isinstance(settings.get(key), (int, float)):
            raise BadInput(f"{folder}/adapter_config.json lacks {key}; copy it again.")


def part(name: str, folder: Path) -> tuple[str, str]:
    """The module and the half, A or B, of an adapter's tensor. Raises BadInput for any other tensor."""
    found = _PAIR.match(name)
    if found is None:
        what = "trains the embedding" if "lora_embedding" in name else "is not a low-rank pair"
        raise BadInput(f"{folder}: the adapter's tensor {name} {what} and cannot be merged or exported.")
    return found[1], found[2]


def _pairs(
    halves: Mapping[str, Mapping[str, Any]], settings: Mapping[str, Any], folder: Path
) -> Iterator[tuple[str, Pair]]:
    for module, half in halves.items():
        if half.keys() != {"A", "B"}:
            raise BadInput(f"{folder}: {module} has no lora_{'B' if 'A' in half else 'A'}; copy the adapter again.")
        a, b = half["A"], half["B"]
        rank = int(_of(module, settings.get("rank_pattern"), settings["r"]))
        if a.shape[0] != rank or b.shape[1] != rank:
            raise BadInput(
                f"{folder}: {module} is of rank {a.shape[0]}, but adapter_config.json says {rank}; they do not belong "
                "together."
            )
        alpha = float(_of(module, settings.get("alpha_pattern"), settings["lora_alpha"]))
        yield module, Pair(a, b, alpha / (math.sqrt(rank) if settings.get("use_rslora") else rank))


def _of(module: str, patterns: Mapping[str, Any] | None, otherwise: Any) -> Any:
    """The value of the first pattern that matches the end of the module's name, as PEFT chooses it."""
    for pattern, value in (patterns or {}).items():
        if re.match(rf"(.*\.)?({pattern})$", module):
            return value
    return otherwise
