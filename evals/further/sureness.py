"""Label probabilities: calibration error, Brier score, and accuracy when only the surest answers are given.

A choice is one label an answer has: one for a category or stage, 14 for a grid. Imports `calibrating` and metrics.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evals.calibrating import Choices, choices, sureness
from evals.cells import Cell
from evals.further.measure import Measure
from evals.metrics.calibration import brier, ece
from evals.metrics.selective import COVERAGES, kept
from evals.resampling import Floats, intervals
from evals.score import majority
from evals.statistics import interval, number

BINS = 10
LEAST = 20
"""Choices below which calibration says nothing."""


def measures(cell: Cell) -> list[Measure]:
    """ECE, Brier score and selective accuracy of a cell with enough probabilities; else none."""
    found = choices(cell)
    if len(found) < LEAST:
        return []
    confidence, right = sureness(found, 1.0)
    groups = found.groups.tolist()
    squares = brier(np.exp(found.logs), found.gold)
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    columns = np.zeros((len(found), BINS + 2))  # confidence minus right by bin, Brier score, how many
    columns[np.arange(len(found)), place] = confidence - right
    columns[:, BINS], columns[:, BINS + 1] = squares, 1

    def figures(sums: Floats) -> Floats:
        n = sums[:, BINS + 1]
        return np.column_stack([np.abs(sums[:, :BINS]).sum(axis=1) / n, sums[:, BINS] / n])

    limits = intervals(columns, groups, figures)
    unparseable = float(1 - cell.parsed.mean())
    values = (ece(confidence, right, BINS), float(squares.mean()))
    usual = (None, shares_brier(found, cell))
    made = [
        Measure(*cell.key, name, "", value, *limit, len(found), None, base, unparseable)
        for name, value, limit, base in zip(("ece", "brier"), values, limits, usual, strict=True)
    ]
    constant = majority(cell)
    for coverage in COVERAGES:
        value, low, high, n = at_coverage(confidence, right, groups, coverage)
        part = f"{coverage:.0%} of answers".replace("%", " %")
        made.append(Measure(*cell.key, "selective_accuracy", part, value, low, high, n, None, constant, unparseable))
    return made


def at_coverage(
    confidence: Floats, right: Floats, groups: Sequence[str], coverage: float
) -> tuple[float, float, float, int]:
    """(selective accuracy, its interval, given answers). The answers that count are taken as chosen beforehand."""
    weights = kept(confidence, coverage)
    own = weights > 0
    names = [name for name, there in zip(groups, own.tolist(), strict=True) if there]
    n = round(float(weights.sum()))
    value = float((weights * right).sum() / weights.sum())
    if (weights[own] == 1).all() and number(names)[1] == len(names):
        return value, *interval(right[own], names), n
    columns = np.column_stack([weights * right, weights])[own]
    ((low, high),) = intervals(columns, names, lambda sums: sums[:, :1] / sums[:, 1:])
    return value, low, high, n


def shares_brier(found: Choices, cell: Cell) -> float:
    """The Brier score of always stating how common each label is: 1 minus the sum of squared shares, by finding."""
    findings = max(1, len(found) // max(1, len(cell.cases)))
    parts = np.array_split(found.gold, findings)
    sizes = [np.unique(part, return_counts=True)[1] / len(part) for part in parts]
    return float(np.mean([1 - (share**2).sum() for share in sizes]))
