"""Free answers: the further scores stored with each answer, and what the majority answer would get. Imports `scoring`.

The baseline of the metrics that depend on the report is computed on at most BASELINE cases, since it takes as long as
scoring an answer does.
"""

from __future__ import annotations

import numpy as np

from evals.cells import Cell
from evals.further.measure import Measure
from evals.score import majority_text
from evals.scoring import FURTHER, ON_REPORTS, READ, Asked, free
from evals.statistics import interval

BASELINE = 1_000


def measures(cell: Cell, baseline: dict[str, float]) -> list[Measure]:
    """One a further metric. baseline: metric -> what the majority answer gets (see `baselines`)."""
    made = []
    for name, scores in cell.further.items():
        strict = float(np.where(cell.strictly, scores, 0.0).mean())
        made.append(
            Measure(*cell.key, name, "", float(scores.mean()), *interval(scores, cell.groups), len(scores), strict,
                    baseline[name], float(1 - cell.parsed.mean()))
        )  # fmt: skip
    return made


def baselines(cell: Cell) -> dict[str, float]:
    """What the most common gold answer would get in each further metric."""
    usual = majority_text(cell)
    reports = cell.reports if cell.task in ON_REPORTS else [""] * len(cell.gold_texts)
    cases = list(zip(cell.gold_texts, reports, strict=True))[:BASELINE]
    known = {(gold, report): free(Asked(cell.task, usual, gold, report, None)) for gold, report in set(cases)}
    means = np.mean([known[case][READ:] for case in cases], axis=0)
    return dict(zip(FURTHER[cell.task], means.tolist(), strict=True))
