"""Intervals of figures that are no mean of scores: F1, kappa, calibration errors. Pure numpy; imports `statistics`.

Such a figure follows from sums over cases (true positives of a class, pairs of two labels). Whole groups are resampled,
as for a mean; what is computed of a resample is its sums, and all figures of one call come from the same resamples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from evals.statistics import FEW_VALUES, MANY, RESAMPLES, blocks, number

Floats = NDArray[np.float64]
Figures = Callable[[Floats], Floats]
"""Sums (resamples x columns) -> figures (resamples x figures); not a number where a resample has none."""


def intervals(
    columns: Floats, groups: Sequence[str], figures: Figures, resamples: int = RESAMPLES, seed: int = 0
) -> list[tuple[float, float]]:
    """95 % percentile interval of each figure. columns: cases x what is summed, one case at least.

    Some of these figures are larger or smaller in resamples than in what they are drawn from (a calibration error grows
    with every doubled case); an interval is widened to hold the figure it is for. A tenth of the resamples where there
    are MANY groups.
    """
    index, count = number(groups)
    totals = np.zeros((count, columns.shape[1]))
    np.add.at(totals, index, columns)
    draws = resamples if count < MANY else max(1, resamples // 10)
    found = np.concatenate([figures(sums) for sums in drawn(totals, draws, seed)])
    lows, highs = np.nanquantile(found, [0.025, 0.975], axis=0)
    (own,) = figures(totals.sum(axis=0)[None])
    return [(float(min(low, v)), float(max(high, v))) for low, high, v in zip(lows, highs, own, strict=True)]


def drawn(totals: Floats, draws: int, seed: int) -> Iterator[Floats]:
    """Sums of resampled rows of totals, as many rows as it has, in blocks of resamples."""
    rng = np.random.default_rng(seed)
    count = len(totals)
    alike, times = np.unique(totals, axis=0, return_counts=True)
    for _, size in blocks(draws, max(count, totals.shape[1])):
        if len(alike) <= max(FEW_VALUES, count // 4):  # how often each kind is drawn is all that matters
            weights = rng.multinomial(count, times / count, size=size).astype(float)
            yield weights @ alike
        else:
            places = rng.integers(0, count, (size, count)) + count * np.arange(size)[:, None]
            weights = np.bincount(places.ravel(), minlength=size * count).reshape(size, count).astype(float)
            yield weights @ totals
