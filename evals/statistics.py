"""Intervals for a mean of scores, and what difference so many cases can show. Pure numpy; imports nothing of ours.

Percentile bootstrap over groups (a case's patient), so that several questions about one report count as one draw; a
Wilson interval where every score is 0 or 1 and every group has one case, since the bootstrap of all-equal scores has
no width.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959963984540054
Z80 = 0.8416212335729143
RESAMPLES = 10_000
MANY = 5_000
"""Groups from which a fifth of the resamples do: the ends of the interval then differ by far less than they say."""
FEW_VALUES = 64
BLOCK = 4_000_000
"""Draws held in memory at a time."""

Floats = NDArray[np.float64]


def wilson(successes: int, n: int) -> tuple[float, float]:
    """95 % Wilson score interval of a proportion (Wilson 1927). n must be positive."""
    p, z2 = successes / n, Z95 * Z95
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 * float(np.sqrt(p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return 0.0 if successes == 0 else centre - half, 1.0 if successes == n else centre + half


def interval(
    scores: Sequence[float] | Floats, groups: Sequence[str], resamples: int = RESAMPLES, seed: int = 0
) -> tuple[float, float]:
    """95 % interval of the mean of scores, whole groups resampled. One entry a case, at least one."""
    own = np.asarray(scores, float)
    if np.isin(own, (0.0, 1.0)).all() and number(groups)[1] == len(own):
        return wilson(int(own.sum()), len(own))
    return bootstrap(own, groups, resamples, seed)


def bootstrap(
    scores: Sequence[float] | Floats, groups: Sequence[str], resamples: int = RESAMPLES, seed: int = 0
) -> tuple[float, float]:
    """95 % percentile interval of the mean of scores, whole groups resampled. One entry a case, at least one."""
    low, high = np.quantile(means(scores, groups, resamples, seed), [0.025, 0.975])
    return float(low), float(high)


def means(scores: Sequence[float] | Floats, groups: Sequence[str], resamples: int = RESAMPLES, seed: int = 0) -> Floats:
    """The mean of scores of every resample; a fifth of the resamples where there are MANY groups."""
    index, count = number(groups)
    totals = np.bincount(index, weights=np.asarray(scores, float))
    sizes = np.bincount(index).astype(float)
    rng = np.random.default_rng(seed)
    draws = resamples if count < MANY else max(1, resamples // 5)
    alike, times = np.unique(np.column_stack([totals, sizes]), axis=0, return_counts=True)
    if len(alike) <= FEW_VALUES:  # how often each value is drawn is all that matters
        drawn = rng.multinomial(count, times / count, size=draws) @ alike
        return np.asarray(drawn[:, 0] / drawn[:, 1])
    found = np.empty(draws)
    even = bool((sizes == sizes[0]).all())
    for start, size in blocks(draws, count):
        places = rng.integers(0, count, (size, count), dtype=np.int32)
        weights = size_of(sizes, even, places)
        found[start : start + size] = totals[places].sum(axis=1) / weights
    return found


def size_of(sizes: Floats, even: bool, places: NDArray[np.int32]) -> Floats | float:
    """How many cases each resample has."""
    return float(sizes[0] * len(sizes)) if even else np.asarray(sizes[places].sum(axis=1))


def blocks(draws: int, width: int) -> Iterator[tuple[int, int]]:
    """(start, size) of runs of draws whose `width` numbers each fit a block."""
    step = max(1, BLOCK // max(1, width))
    for start in range(0, draws, step):
        yield start, min(step, draws - start)


def number(groups: Sequence[str]) -> tuple[NDArray[np.intp], int]:
    """Each case's group as a number from 0, in alphabetical order, and how many groups there are."""
    return _number(tuple(groups))


@lru_cache(maxsize=64)
def _number(groups: tuple[str, ...]) -> tuple[NDArray[np.intp], int]:
    place = {name: i for i, name in enumerate(sorted(set(groups)))}
    return np.fromiter((place[name] for name in groups), np.intp, len(groups)), len(place)


def standard_error(scores: Sequence[float] | Floats, groups: Sequence[str]) -> float:
    """The standard error of the mean of scores, cases of a group being dependent (Miller 2024, appendix A, with the
    correction for few groups). 0.0 with one group."""
    own = np.asarray(scores, float)
    index, count = number(groups)
    if count < 2:
        return 0.0
    sums = np.bincount(index, weights=own - own.mean())
    return float(np.sqrt((sums**2).sum() * count / (count - 1))) / len(own)


def detectable(gains: Sequence[float] | Floats, groups: Sequence[str]) -> float | None:
    """The least true mean gain that a two-sided test at 5 % on so many cases, scattering like these, shows in four of
    five repetitions: (1.96 + 0.84) standard errors (Miller 2024, on power). None where nothing scatters."""
    error = standard_error(gains, groups)
    return (Z95 + Z80) * error if error > 0 else None


def halved(groups: Sequence[str]) -> NDArray[np.bool_]:
    """Which of two halves each case is in, whole groups in one, the same on every machine."""
    index, _ = number(groups)
    names = sorted(set(groups))
    odd = np.array([hashlib.sha256(name.encode()).digest()[0] & 1 for name in names], bool)
    return np.asarray(odd[index])
