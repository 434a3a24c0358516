"""Many token sequences of different lengths in one file. May import numpy; knows nothing of what the tokens mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radlite_tui.errors import BadInput


@dataclass(frozen=True)
class Ragged:
    """tokens: all sequences end to end, in 16 bits each where they fit. offsets: where each starts, and the end.

    marks: named numbers a sequence.
    """

    tokens: NDArray[Any]
    offsets: NDArray[np.int64]
    marks: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)

    @staticmethod
    def of(sequences: Iterable[list[int]], **marks: list[int]) -> Ragged:
        """Pack the sequences."""
        arrays = [np.asarray(ids, dtype=np.uint32) for ids in sequences]
        offsets = np.cumsum([0] + [len(a) for a in arrays], dtype=np.int64)
        tokens = np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.uint32)
        if tokens.max(initial=0) < 1 << 16:
            tokens = tokens.astype(np.uint16)
        return Ragged(tokens, offsets, {name: np.asarray(values, dtype=np.int64) for name, values in marks.items()})

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> NDArray[Any]:
        return self.tokens[self.offsets[index] : self.offsets[index + 1]]

    def lengths(self) -> NDArray[np.int64]:
        """Tokens in each sequence."""
        return np.diff(self.offsets)

    def save(self, path: Path) -> None:
        """Write it as a NumPy archive."""
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, Any] = {f"mark_{name}": values for name, values in self.marks.items()}
        part = path.with_name(f"part-{path.name}")
        np.savez_compressed(part, tokens=self.tokens, offsets=self.offsets, **arrays)
        part.replace(path)

    @staticmethod
    def load(path: Path) -> Ragged:
        """Read what `save` wrote. Raises BadInput when the file is not there."""
        if not path.is_file():
            raise BadInput(f"There is no {path}; run `python -m finetune data` first.")
        with np.load(path) as archive:
            marks = {name[5:]: archive[name] for name in archive.files if name.startswith("mark_")}
            return Ragged(archive["tokens"], archive["offsets"], marks)
