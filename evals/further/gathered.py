"""Every further measure of a results folder. Imports the modules that compute them."""

from __future__ import annotations

from collections.abc import Mapping

from evals.cells import Cell, Key
from evals.further import free, grids, labels, sureness
from evals.further.measure import Measure
from evals.scoring import FURTHER


def measures(cells: Mapping[Key, Cell]) -> list[Measure]:
    """Those of each cell, in the cells' order."""
    found: list[Measure] = []
    baselines: dict[tuple[str, tuple[str, ...]], dict[str, float]] = {}
    for cell in cells.values():
        if cell.task in FURTHER:
            known = baselines.setdefault((cell.task, cell.cases), {})
            if not known:
                known.update(free.baselines(cell))
            found += free.measures(cell, known)
        elif cell.task == "abnormality_detection":
            found += grids.measures(cell)
        else:
            found += labels.measures(cell)
        if cell.task not in FURTHER:
            found += sureness.measures(cell)
    return found
