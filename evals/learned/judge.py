"""What a model-based metric gives: sums over pairs of texts, and the figures that follow from them.

A judge is loaded once and sees every pair of an answer and its gold text once. Imports `resampling` only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evals.resampling import Figures, Floats

Texts = Sequence[str]


class Missing(Exception):
    """Why a metric is left out, as the end of a sentence."""


def require(path: Path) -> None:
    """Raises Missing naming the file or folder that is not there."""
    if not path.exists():
        raise Missing(f"its weights are not in {path.parent}, which has no {path.name}")


@dataclass(frozen=True)
class Judge:
    """names: (metric, part) of each figure. columns: answers and their gold texts -> what is summed, a row a pair; an
    answer that does not parse is "" and must get the worst. figures: of the sums."""

    names: tuple[tuple[str, str], ...]
    columns: Callable[[Texts, Texts], Floats]
    figures: Figures


def mean_of(metric: str, scores: Callable[[list[str], list[str]], Sequence[float]]) -> Judge:
    """The judge whose figure is the mean of a score in which more is better and 0 is worst; empty texts get 0 and are
    not shown to the model."""

    def columns(said: Texts, gold: Texts) -> Floats:
        there = [i for i, (ours, theirs) in enumerate(zip(said, gold, strict=True)) if ours.strip() and theirs.strip()]
        found = np.column_stack([np.zeros(len(said)), np.ones(len(said))])
        if there:
            found[there, 0] = scores([said[i] for i in there], [gold[i] for i in there])
        return found

    return Judge(((metric, ""),), columns, lambda sums: np.asarray(sums[:, :1] / sums[:, 1:]))
