"""Base and adapter as one Hugging Face folder: deltas in float32, one tensor in memory at a time.

May import torch and safetensors (inside functions) and its siblings. The folder has the base's tokenizer, so it can be
exported or served as it is.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from finetune.adapter import Adapter, Merged
from finetune.checkpoint import DTYPES, TOKENIZER_FILES, Checkpoint
from finetune.progress import Progress
from radlite_tui.errors import BadInput


def merge(
    base: Path, adapter: Path, out: Path, dtype: str | None = None, say: Callable[[str], None] = lambda _: None
) -> Path:
    """Write base plus adapter to `out`. dtype: stored as F32, F16 or BF16, or as the base is. Raises BadInput.

    The folder gets its config.json last: without one it is unfinished.
    """
    if dtype is not None and dtype not in DTYPES:
        raise BadInput(f"Unknown type {dtype!r}; known are {', '.join(DTYPES)}.")
    checkpoint = Checkpoint.open(base)
    tuned = Adapter.open(adapter)
    tuned.fit(checkpoint)
    if out.exists() and out.resolve() in (base.resolve(), adapter.resolve()):
        raise BadInput(f"{out} is the base or the adapter itself; give another folder.")
    out.mkdir(parents=True, exist_ok=True)
    (out / "config.json").unlink(missing_ok=True)
    _write(Merged(checkpoint, tuned), out, dtype, say)
    for name in TOKENIZER_FILES:
        if (base / name).is_file():
            shutil.copyfile(base / name, out / name)
    config = dict(checkpoint.config)
    if dtype is not None:
        config = {key: value for key, value in config.items() if key != "torch_dtype"} | {"dtype": DTYPES[dtype]}
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    return out


def _write(merged: Merged, out: Path, dtype: str | None, say: Callable[[str], None]) -> None:
    """The weight files, named and cut as the base's; each is written as it is computed."""
    import torch

    stored = {name: dtype or kind for name, kind in merged.base.dtypes.items()}
    shards = {shard: Shard(out / shard.name) for shard in merged.base.shards}
    for name, shape in merged.shapes.items():
        shards[merged.base.files[name]].add(name, shape, stored[name])
    progress = Progress("merge", say)
    current: Shard | None = None
    for number, (name, tensor) in enumerate(merged.each(), start=1):
        shard = shards[merged.base.files[name]]
        if current is not shard:
            if current is not None:
                current.close()
            current = shard
            current.begin()
        result = tensor.to(getattr(torch, DTYPES[stored[name]]))
        if not torch.isfinite(result).all():
            raise BadInput(f"{name} holds a value that {stored[name]} cannot hold; store as BF16 or F32.")
        current.put(result)
        progress.at(number, len(stored), None)
    if current is not None:
        current.close()
    if merged.base.shards[0].name != "model.safetensors":
        names = {name: merged.base.files[name].name for name in stored}
        total = sum(shard.bytes for shard in shards.values())
        index = {"metadata": {"total_size": total}, "weight_map": names}
        (out / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")


class Shard:
    """A safetensors file that is written tensor by tensor. The format: header length, JSON header, then the bytes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bytes = 0
        self._header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
        self._file: Any = None

    def add(self, name: str, shape: tuple[int, ...], dtype: str) -> None:
        """Announce a tensor; they are put in the same order."""
        count = math.prod(shape) * (4 if dtype == "F32" else 2)
        self._header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [self.bytes, self.bytes + count]}
        self.bytes += count

    def begin(self) -> None:
        """Write the header."""
        text = json.dumps(self._header, separators=(",", ":")).encode("utf-8")
        text += b" " * (-len(text) % 8)
        self._file = self.path.with_name(self.path.name + ".part").open("wb")
        self._file.write(len(text).to_bytes(8, "little") + text)

    def put(self, tensor: Any) -> None:
        """Write the next tensor."""
        import torch

        self._file.write(memoryview(tensor.contiguous().view(-1).view(torch.uint8).numpy()))

    def close(self) -> None:
        """Give the file its name."""
        self._file.close()
        self._file = None
        self.path.with_name(self.path.name + ".part").replace(self.path)
