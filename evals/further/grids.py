"""Grids of labels (CheXpert's): accuracy and F1 of each label, macro- and micro-F1 over all 14 and over the five.

Imports cells and metrics. F1 is of "positive" against the rest, as `evals.metrics.per_label` has it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from evals.cells import Cell
from evals.further.measure import Measure
from evals.metrics.f1 import macro_f1, micro_f1
from evals.metrics.per_label import FIVE, POSITIVE, positives
from evals.resampling import Floats, intervals
from evals.statistics import interval
from radlite_tui.tasks.outputs import AbnormalityOutput

Grid = Mapping[str, str]


def measures(cell: Cell) -> list[Measure]:
    """All of a cell whose answers are grids; those of one label have its name as their part. A label that
    gold never calls positive has no F1."""
    gold = [one.labels for one in cell.golds if isinstance(one, AbnormalityOutput)]
    found = [one.labels if isinstance(one, AbnormalityOutput) else None for one in cell.answers]
    strict = [own if good else None for own, good in zip(found, cell.strictly.tolist(), strict=True)]
    labels = tuple(gold[0])
    usual = {label: Counter(own[label] for own in gold).most_common(1)[0][0] for label in labels}
    said = (found, strict, [usual] * len(gold))
    unparseable = float(1 - cell.parsed.mean())
    limits = f1_intervals(cell, found, gold, labels)
    made = []
    for name, part, own in sets(labels):
        counts = [positives(grids, gold, own) for grids in said]
        scored = macro_f1 if name == "macro_f1" else micro_f1
        value, strictly, majority = (scored(one) if any(c.support for c in one.values()) else 0.0 for one in counts)
        made.append(
            Measure(*cell.key, name, part, value, *limits[name, part], len(gold), strictly, majority, unparseable)
        )
    for label in labels:
        counts = [positives(grids, gold, [label]) for grids in said]
        value, strictly, majority = (one[label].f1 for one in counts)
        limit, support = limits["f1", label], counts[0][label].support
        made.append(accuracy(cell, label, gold, said, unparseable))
        if support:
            made.append(Measure(*cell.key, "f1", label, value, *limit, support, strictly, majority, unparseable))
    return made


def sets(labels: Sequence[str]) -> list[tuple[str, str, Sequence[str]]]:
    """(metric, part, labels) of the F1 over several labels."""
    five = tuple(label for label in FIVE if label in labels)
    both = ((f"{len(labels)} labels", labels), (f"{len(five)} labels", five))
    return [(name, part, own) for part, own in both for name in ("macro_f1", "micro_f1")]


def accuracy(
    cell: Cell, label: str, gold: Sequence[Grid], said: Sequence[Sequence[Grid | None]], unparseable: float
) -> Measure:
    """How often one label got its status."""
    hits = [
        [float(own is not None and own.get(label) == truth[label]) for own, truth in zip(grids, gold, strict=True)]
        for grids in said
    ]
    value, strict, majority = (sum(own) / len(own) for own in hits)
    limits = interval(hits[0], cell.groups)
    return Measure(*cell.key, "label_accuracy", label, value, *limits, len(gold), strict, majority, unparseable)


def f1_intervals(
    cell: Cell, found: Sequence[Grid | None], gold: Sequence[Grid], labels: Sequence[str]
) -> dict[tuple[str, str], tuple[float, float]]:
    """(metric, part) -> the interval of every F1, all of the same resamples."""
    there, given = marks(gold, labels), marks(found, labels)
    columns = np.hstack([there * given, there + given, there])
    keys = [*((name, part) for name, part, _ in sets(labels)), *(("f1", label) for label in labels)]
    found_limits = intervals(columns, cell.groups, lambda sums: f1_figures(sums, labels))
    return dict(zip(keys, found_limits, strict=True))


def f1_figures(sums: Floats, labels: Sequence[str]) -> Floats:
    """The F1 of `sets`, then of each label. sums: for each label how often it is positive in both, then how often in
    one and in the other, then how often in gold; a macro-F1 is over the labels gold has in that resample."""
    k = len(labels)
    both, total, support = sums[:, :k], sums[:, k : 2 * k], sums[:, 2 * k :]
    each = np.divide(2 * both, total, out=np.zeros_like(both), where=total > 0)
    made = []
    for name, _, own in sets(labels):
        places = [labels.index(label) for label in own]
        if name == "macro_f1":
            has = support[:, places] > 0
            made.append((each[:, places] * has).sum(axis=1) / np.maximum(has.sum(axis=1), 1))
        else:
            made.append(2 * both[:, places].sum(axis=1) / np.maximum(total[:, places].sum(axis=1), 1))
    ever = support.any(axis=0)
    return np.column_stack([*made, np.where((support > 0) | ~ever, each, np.nan)])


def marks(grids: Sequence[Grid | None], labels: Sequence[str]) -> NDArray[np.float64]:
    """1 where a label is positive, grids x labels."""
    return np.array([[float(own is not None and own.get(label) == POSITIVE) for label in labels] for own in grids])
