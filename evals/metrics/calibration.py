"""How well stated probabilities match how often answers are right: ECE, Brier score and reliability. Pure numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Bin:
    """Answers of like confidence: their mean probability, the share that is right, and how many they are."""

    confidence: float
    right: float
    n: int


def reliability(confidence: Floats, right: Floats, bins: int = 10) -> list[Bin]:
    """Answers by confidence in bins of equal width; empty ones are left out."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    n = np.bincount(place, minlength=bins)
    sums, hits = np.bincount(place, confidence, bins), np.bincount(place, right, bins)
    return [Bin(float(sums[i] / n[i]), float(hits[i] / n[i]), int(n[i])) for i in np.flatnonzero(n)]


def ece(confidence: Floats, right: Floats, bins: int = 10) -> float:
    """Expected calibration error: the bins' distances of confidence and accuracy, weighed by size (Naeini 2015)."""
    found = reliability(confidence, right, bins)
    return sum(b.n * abs(b.confidence - b.right) for b in found) / len(confidence)


def brier(chances: Floats, gold: NDArray[np.int64]) -> Floats:
    """The Brier score of each answer: squared distances of all labels' probabilities to 1 for the gold label and 0 for
    the rest, in [0, 2] (Brier 1950). chances: answers x labels; gold: the column of the gold label, -1 where it was
    left out of the labels."""
    chosen = np.where(gold >= 0, chances[np.arange(len(gold)), gold], 0.0)
    return np.asarray((chances**2).sum(axis=1) - 2 * chosen + 1)
