"""Intervals of figures that are no mean of scores: F1, kappa, calibration errors. Pure numpy; imports `statistics`.

Such a figure follows from sums over cases (true positives of a class, pairs of two labels). Whole groups are resampled,
as for a mean; what is computed of a resample is its sums, and all figures of one call come from the same resamples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from evals.statistics import FEW_VALUES, RESAMPLES, Z95, blocks, number

Floats = NDArray[np.float64]
Figures = Callable[[Floats], Floats]
"""Sums (resamples x columns) -> figures (resamples x figures); not a number where a resample has none."""
LARGE = 1000
"""Groups from which a figure is as good as linear in its sums: what resampling gives, and quicker."""


def intervals(
    columns: Floats,
    groups: Sequence[str],
    figures: Figures,
    bounds: tuple[float, float] = (0.0, 1.0),
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> list[tuple[float, float]]:
    """95 % interval of each figure: percentiles of resamples, from LARGE groups on the standard error of the linear
    figure (Efron 1982, the infinitesimal jackknife). columns: cases x what is summed, one case at least; bounds: the
    least and the most that a figure can be.

    Some of these figures are larger or smaller in resamples than in what they are drawn from (a calibration error grows
    with every doubled case); an interval is widened to hold the figure it is for.
    """
    index, count = number(groups)
    totals = np.zeros((count, columns.shape[1]))
    np.add.at(totals, index, columns)
    (own,) = figures(totals.sum(axis=0)[None])
    if count >= LARGE:
        reach = Z95 * errors(totals, figures)
        lows, highs = np.maximum(own - reach, bounds[0]), np.minimum(own + reach, bounds[1])
    else:
        found = np.concatenate([figures(sums) for sums in drawn(totals, resamples, seed)])
        lows, highs = np.nanquantile(found, [0.025, 0.975], axis=0)
    return [(float(min(low, v)), float(max(high, v))) for low, high, v in zip(lows, highs, own, strict=True)]


def errors(totals: Floats, figures: Figures) -> Floats:
    """The standard error of each figure from its slope in every column, groups being the draws."""
    sums, count = totals.sum(axis=0), len(totals)
    step = np.diag(np.maximum(np.abs(sums), 1.0) * 1e-6)
    slopes = (figures(sums + step) - figures(sums - step)) / (2 * np.diag(step)[:, None])
    moved = (totals - sums / count) @ np.nan_to_num(slopes)
    return np.asarray(np.sqrt((moved**2).sum(axis=0) * count / (count - 1)))


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
