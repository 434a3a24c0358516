"""Intervals for a mean of scores. Pure numpy; imports nothing of ours.

Percentile bootstrap over groups (a case's patient), so that several questions about one report count as one draw; a
Wilson interval where every score is 0 or 1 and every group has one case, since the bootstrap of all-equal scores has
no width.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Z95 = 1.959963984540054


def wilson(successes: int, n: int) -> tuple[float, float]:
    """95 % Wilson score interval of a proportion (Wilson 1927). n must be positive."""
    p, z2 = successes / n, Z95 * Z95
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 * float(np.sqrt(p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def interval(
    scores: Sequence[float], groups: Sequence[str], resamples: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """95 % interval of the mean of scores, whole groups resampled. One entry a case, at least one."""
    binary = all(s in (0.0, 1.0) for s in scores)
    if binary and len(set(groups)) == len(groups):
        return wilson(int(sum(scores)), len(scores))
    return bootstrap(scores, groups, resamples, seed)


def bootstrap(
    scores: Sequence[float], groups: Sequence[str], resamples: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """95 % percentile interval of the mean of scores, whole groups resampled. One entry a case, at least one."""
    names, index = np.unique(np.asarray(groups), return_inverse=True)
    totals = np.bincount(index, weights=np.asarray(scores, float))
    sizes = np.bincount(index).astype(float)
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=resamples)
    means = (draws @ totals) / (draws @ sizes)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
