"""A Hugging Face checkpoint folder, read tensor by tensor and never built as a model.

May import torch and safetensors (inside functions) and `radlite_tui.errors`. A folder that is not whole is one sentence
before anything is written. Tensors are given in the order of llama.cpp's converter: shard by shard, by name within one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from radlite_tui.errors import BadInput

TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "chat_template.jinja",
    "generation_config.json",
)
"""What belongs to a checkpoint beside its configuration and weights."""

DTYPES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}
"""safetensors' name -> torch's, of what weights may be stored as."""


class Source(Protocol):
    """Whatever gives the tensors of a model one at a time: a checkpoint, or one with an adapter added."""

    @property
    def config(self) -> Mapping[str, Any]: ...

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]: ...

    def each(self) -> Iterator[tuple[str, Any]]: ...


@dataclass(frozen=True)
class Checkpoint:
    """config: of config.json. shards: the weight files. shapes: of all tensors, in order. files: tensor -> its shard.

    dtypes: tensor -> F32, F16 or BF16.
    """

    folder: Path
    config: Mapping[str, Any]
    shards: tuple[Path, ...]
    shapes: Mapping[str, tuple[int, ...]]
    files: Mapping[str, Path]
    dtypes: Mapping[str, str]

    @staticmethod
    def open(folder: Path) -> Checkpoint:
        """Read names and shapes. Raises BadInput for a folder that is no whole checkpoint."""
        if not folder.is_dir():
            raise BadInput(f"There is no checkpoint folder {folder}; give one with config.json and model.safetensors.")
        config = read_json(folder / "config.json", "it is no Hugging Face checkpoint")
        shards, listed = _shards(folder)
        shapes: dict[str, tuple[int, ...]] = {}
        files: dict[str, Path] = {}
        dtypes: dict[str, str] = {}
        for shard in shards:
            with opened(shard) as file:
                for name in sorted(file.keys()):
                    stored = file.get_slice(name)
                    shapes[name], files[name], dtypes[name] = tuple(stored.get_shape()), shard, stored.get_dtype()
                    if dtypes[name] not in DTYPES:
                        raise BadInput(
                            f"{shard}: {name} is stored as {dtypes[name]}; only unquantised checkpoints "
                            f"({', '.join(DTYPES)}) are read."
                        )
        if listed is not None and (wrong := sorted(listed ^ shapes.keys())):
            raise BadInput(
                f"{folder}: model.safetensors.index.json and the weight files disagree about {wrong[0]}; copy all "
                "files of the checkpoint again."
            )
        return Checkpoint(folder, config, shards, shapes, files, dtypes)

    @property
    def size(self) -> int:
        """Bytes of the weight files."""
        return sum(shard.stat().st_size for shard in self.shards)

    def each(self) -> Iterator[tuple[str, Any]]:
        """Name and torch tensor, as stored, one shard open at a time."""
        for shard in self.shards:
            with opened(shard) as file:
                for name in sorted(file.keys()):
                    yield name, file.get_tensor(name)


def opened(path: Path) -> Any:
    """A safetensors file, open. Raises BadInput when it is cut off or no such file."""
    from safetensors import SafetensorError, safe_open

    try:
        return safe_open(str(path), framework="pt")
    except (SafetensorError, OSError) as error:
        raise BadInput(f"{path} cannot be read as safetensors ({error}); copy it again.") from None


def _shards(folder: Path) -> tuple[tuple[Path, ...], set[str] | None]:
    """The weight files in order, and the tensor names the index lists where there is one."""
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        single = folder / "model.safetensors"
        if not single.is_file():
            raise BadInput(f"{folder} has no model.safetensors; other weight files (.bin, .gguf) are not read.")
        return (single,), None
    listed = read_json(index, "").get("weight_map")
    if not isinstance(listed, dict) or not listed:
        raise BadInput(f"{index} has no weight_map; copy it again.")
    shards = tuple(folder / name for name in sorted(set(listed.values())))
    for shard in shards:
        if not shard.is_file():
            raise BadInput(f"{shard} is missing, but model.safetensors.index.json lists it; copy it too.")
    return shards, set(listed)


def read_json(path: Path, otherwise: str) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(f"{path.parent} has no {path.name}; {otherwise or 'copy it too'}.") from None
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read as JSON ({error}); copy it again.") from None
    if not isinstance(value, dict):
        raise BadInput(f"{path} is not a JSON object; copy it again.")
    return value
