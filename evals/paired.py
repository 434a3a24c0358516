"""Two answers to the same cases: how much better one is, and whether that may be chance. Imports `statistics`, scipy.

Where every score is 0 or 1 and every group has one case, differences get Newcombe's interval and McNemar's exact test;
else a percentile bootstrap over whole groups and a permutation test that swaps the two answers group by group. Several
tests of one question are corrected after Holm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from math import erfc
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.cells import Cell, shared
from evals.statistics import Z95, bootstrap, detectable, number, standard_error, wilson

LEVEL = 0.05
LARGE = 1000
"""Groups from which a sum over them is as good as normal: to the third digit what resampling gives, and quicker."""


@dataclass(frozen=True)
class Difference:
    """value: mean score of `b` minus `a` over n shared cases in `groups` groups, with its 95 % interval; better, worse:
    cases where b scored higher, lower; p: two-sided; holm: p corrected for the tests it was made with; detectable: the
    least true difference that so many cases would show in four of five repetitions, None where no case differs."""

    value: float
    low: float
    high: float
    n: int
    groups: int
    better: int
    worse: int
    test: str
    p: float
    holm: float | None = None
    detectable: float | None = None

    @property
    def significant(self) -> bool:
        """Whether the (corrected) p value is below 0.05."""
        return (self.p if self.holm is None else self.holm) < LEVEL

    def __str__(self) -> str:
        """ "+0.12 (+0.05 to +0.19)"; without an interval where no case changed and resampling would show none."""
        if self.low == self.high == self.value == 0:
            return "+0.00 (no case changed)"
        return f"{self.value:+.2f} ({self.low:+.2f} to {self.high:+.2f})".replace("-0.00", "+0.00")

    def json(self) -> dict[str, Any]:
        return asdict(self)


def difference(a: Cell, b: Cell) -> Difference | None:
    """b minus a on the cases they share; None where they share none."""
    one, other = shared(a, b)
    if not one.cases:
        return None
    return between(one.scores, other.scores, one.groups)


def between(a: NDArray[np.float64], b: NDArray[np.float64], groups: Sequence[str]) -> Difference:
    """b minus a, one score a case in the same order (at least one)."""
    gains = b - a
    better, worse = int((gains > 0).sum()), int((gains < 0).sum())
    count = number(groups)[1]
    binary = bool(np.isin(a, (0.0, 1.0)).all() and np.isin(b, (0.0, 1.0)).all()) and count == len(groups)
    low, high = newcombe(a, b) if binary else resampled(gains, groups, count)
    p = mcnemar(better, worse) if binary else permutation(gains, groups)
    test = "McNemar, exact" if binary else "paired permutation by group"
    least = detectable(gains, groups)
    return Difference(float(gains.mean()), low, high, len(gains), count, better, worse, test, p, detectable=least)


def resampled(gains: NDArray[np.float64], groups: Sequence[str], count: int) -> tuple[float, float]:
    """95 % interval of a mean gain, whole groups resampled; with LARGE groups or more from their standard error, which
    gives what the resamples would."""
    if count < LARGE:
        return bootstrap(gains, groups)
    reach = Z95 * standard_error(gains, groups)
    return float(gains.mean()) - reach, float(gains.mean()) + reach


def newcombe(a: NDArray[np.float64], b: NDArray[np.float64]) -> tuple[float, float]:
    """95 % interval of the difference of two paired proportions, b minus a: Newcombe's hybrid score interval with his
    corrected correlation (Newcombe 1998, method 10). It has a width also where no case differs."""
    n = len(a)
    both, only_b, only_a = int((a * b).sum()), int((b * (1 - a)).sum()), int((a * (1 - b)).sum())
    neither = n - both - only_a - only_b
    p, q = (both + only_b) / n, (both + only_a) / n
    (p_low, p_high), (q_low, q_high) = wilson(both + only_b, n), wilson(both + only_a, n)
    margins = (both + only_b) * (only_a + neither) * (both + only_a) * (only_b + neither)
    product = float(both * neither - only_b * only_a)
    product = max(product - n / 2, 0.0) if product > 0 else product
    phi = product / margins**0.5 if margins else 0.0
    below, above = ((p - p_low), (q_high - q)), ((p_high - p), (q - q_low))
    down, up = (max(0.0, x * x - 2 * phi * x * y + y * y) ** 0.5 for x, y in (below, above))
    return max(-1.0, p - q - down), min(1.0, p - q + up)


def mcnemar(better: int, worse: int) -> float:
    """Two-sided exact McNemar test on the discordant pairs (McNemar 1947, exact binomial)."""
    from scipy.stats import binomtest

    return 1.0 if better + worse == 0 else float(binomtest(better, better + worse, 0.5).pvalue)


def permutation(gains: NDArray[np.float64], groups: Sequence[str], draws: int = 10_000, seed: int = 0) -> float:
    """Two-sided sign-flip test of a zero mean, whole groups flipped together; (hits + 1) / (draws + 1). With LARGE
    groups or more that changed, the sum of flipped groups is taken as normal, which it then is to three digits."""
    totals = np.bincount(number(groups)[0], weights=gains)
    totals = totals[totals != 0]
    seen = abs(totals.sum())
    if not len(totals):
        return 1.0
    if len(totals) >= LARGE:
        return max(1 / (draws + 1), erfc(float(seen / np.sqrt(2 * (totals**2).sum()))))
    rng = np.random.default_rng(seed)
    hits, step = 0, max(1, 4_000_000 // len(totals))
    for start in range(0, draws, step):
        signs = rng.integers(0, 2, (min(step, draws - start), len(totals)), dtype=np.int8) * 2 - 1
        hits += int((np.abs(signs @ totals) >= seen - 1e-12).sum())
    return (hits + 1) / (draws + 1)


def corrected(found: Sequence[Difference]) -> list[Difference]:
    """The same differences, each with its p value corrected for all of them."""
    fixed = holm([one.p for one in found])
    return [replace(one, holm=p) for one, p in zip(found, fixed, strict=True)]


def holm(p: Sequence[float]) -> list[float]:
    """Holm's step-down correction, in the order given (Holm 1979)."""
    corrected, running = [0.0] * len(p), 0.0
    for rank, place in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
        running = max(running, min(1.0, (len(p) - rank) * p[place]))
        corrected[place] = running
    return corrected
