"""Accuracy when the least sure answers are left to the reader: selective accuracy against coverage. Pure numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
COVERAGES = (0.5, 0.7, 0.8, 0.9, 0.95, 1.0)


def selective(confidence: Floats, right: Floats, coverage: float) -> float:
    """Mean score of the surest `coverage` of the answers, one at least (El-Yaniv 2010). Equally sure answers at the cut
    count with their mean, so that their order does not matter."""
    n = max(1, round(coverage * len(confidence)))
    order = np.argsort(-confidence, kind="stable")
    sorted_by = confidence[order]
    cut = sorted_by[n - 1]
    above, tied = sorted_by > cut, sorted_by == cut
    sure = right[order]
    return float((sure[above].sum() + (n - above.sum()) * sure[tied].mean()) / n)


def curve(confidence: Floats, right: Floats) -> list[tuple[float, float]]:
    """(coverage, selective accuracy) at the coverages a reader may choose from."""
    return [(share, selective(confidence, right, share)) for share in COVERAGES]
