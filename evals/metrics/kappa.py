"""Agreement on an ordered scale: quadratic weighted kappa and the share that is off by one step at most. Pure numpy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def quadratic_kappa(predicted: Sequence[int], gold: Sequence[int], steps: int) -> float:
    """Cohen's kappa with quadratic weights (Cohen 1968); places on the scale are 0 .. steps - 1, one pair at least.

    1 - (weighted disagreement seen) / (that expected by chance). 1.0 where both say one and the same step throughout,
    since nothing disagrees, though chance then explains all of it.
    """
    seen = np.zeros((steps, steps))
    np.add.at(seen, (np.asarray(gold), np.asarray(predicted)), 1)
    place = np.arange(steps)
    weights = (place[:, None] - place[None, :]) ** 2
    chance = np.outer(seen.sum(axis=1), seen.sum(axis=0)) / len(gold)
    disagreement, expected = float((weights * seen).sum()), float((weights * chance).sum())
    return 1.0 if disagreement == 0 else 1 - disagreement / expected


def off_by_one(predicted: Sequence[int | None], gold: Sequence[int]) -> float:
    """The share of predictions at most one step away; None (not on the scale) is away."""
    return sum(p is not None and abs(p - g) <= 1 for p, g in zip(predicted, gold, strict=True)) / len(gold)
