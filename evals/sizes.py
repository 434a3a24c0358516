"""A model's size on disk beside its mean score and its seconds an answer. Imports the model store's manifests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evals.cells import Cell
from evals.statistics import bootstrap
from radlite_tui.models.manifest import Manifest
from radlite_tui.models.store import files_used, modes
from radlite_tui.tasks.base import Mode

Estimate = tuple[float, float, float]
"""Value, low and high."""


@dataclass(frozen=True)
class Sized:
    """score: mean of the tasks' mean scores; seconds: an answer's mean time in the run. n: answers, over `tasks`
    tasks."""

    model: str
    mode: str
    quantization: str
    bytes: int
    score: Estimate
    seconds: Estimate
    tasks: int
    n: int

    def json(self) -> dict[str, Any]:
        return asdict(self)


def sized(cells: Sequence[Cell], manifests: Mapping[str, Manifest]) -> list[Sized]:
    """One a model and mode whose manifest is at hand, the least bytes first."""
    groups: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        manifest = manifests.get(cell.model)
        if manifest is not None and _answered(cell, manifest):
            groups.setdefault((cell.model, cell.mode), []).append(cell)
    found = [_sized(own, manifests[model]) for (model, _), own in groups.items()]
    return sorted(found, key=lambda one: one.bytes)


def _answered(cell: Cell, manifest: Manifest) -> bool:
    """Whether the files at hand are those that gave the cell's answers, as far as that is known."""
    mode = Mode(cell.mode)
    return mode in modes(manifest) and cell.files[0] in ("", files_used(manifest, mode)[0].sha256)


def _sized(own: Sequence[Cell], manifest: Manifest) -> Sized:
    first = own[0]
    files = files_used(manifest, Mode(first.mode))
    seconds = np.concatenate([cell.seconds for cell in own])
    groups = [group for cell in own for group in cell.groups]
    return Sized(
        model=first.model,
        mode=first.mode,
        quantization=first.quantization or files[0].quantization,
        bytes=sum(file.size for file in files),
        score=macro(own),
        seconds=(float(seconds.mean()), *bootstrap(list(seconds), groups)),
        tasks=len(own),
        n=len(seconds),
    )


def macro(own: Sequence[Cell], resamples: int = 2000) -> Estimate:
    """Mean of the tasks' mean scores with its 95 % interval, each task's groups resampled apart."""
    rng = np.random.default_rng(0)
    total = np.zeros(resamples)
    for cell in own:
        _, index = np.unique(np.asarray(cell.groups), return_inverse=True)
        sums, sizes = np.bincount(index, weights=cell.scores), np.bincount(index).astype(float)
        draws = rng.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=resamples)
        total += (draws @ sums) / (draws @ sizes)
    low, high = np.quantile(total / len(own), [0.025, 0.975])
    return float(np.mean([cell.scores.mean() for cell in own])), float(low), float(high)
