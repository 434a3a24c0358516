"""Accuracy when the least sure answers are left to the reader: selective accuracy against coverage. Pure numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
COVERAGES = (0.5, 0.8, 0.9, 1.0)
"""Shares of the answers that a reader may choose to have given."""


def kept(confidence: Floats, coverage: float) -> Floats:
    """How much each answer counts when the surest `coverage` of them, one at least, are given: 1 above the cut, 0 below
    it. Equally sure answers at the cut share what is left, so that their order does not matter."""
    n = max(1, round(coverage * len(confidence)))
    cut = np.partition(confidence, len(confidence) - n)[len(confidence) - n]
    above, tied = confidence > cut, confidence == cut
    return np.asarray(np.where(above, 1.0, 0.0) + tied * ((n - above.sum()) / tied.sum()))


def selective(confidence: Floats, right: Floats, coverage: float) -> float:
    """Mean score of the surest `coverage` of the answers (El-Yaniv and Wiener 2010)."""
    weights = kept(confidence, coverage)
    return float((weights * right).sum() / weights.sum())
