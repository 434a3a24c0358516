"""RADS answers by how wrong they are for the patient, with intervals. Imports metrics and `tasks.rads`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from evals.cells import Cell
from evals.metrics.management import crosses_threshold
from evals.statistics import interval
from radlite_tui.tasks.outputs import RadsOutput
from radlite_tui.tasks.rads import SEVERITIES, severity


@dataclass(frozen=True)
class Share:
    """A proportion and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class SeverityRow:
    """The RADS answers of one model and mode: kind of error -> share of the n answers; crosses: the share that
    crosses a management threshold, of overcalls and undercalls together."""

    model: str
    mode: str
    n: int
    shares: Mapping[str, Share]
    crosses: Share

    def json(self) -> dict[str, Any]:
        return asdict(self)


def rows(cells: Iterable[Cell]) -> list[SeverityRow]:
    """One row a model and mode of the RADS task."""
    found = []
    for cell in cells:
        if cell.task != "rads_assignment":
            continue
        kinds, crossed = [], []
        for gold, answer in zip(cell.golds, cell.answers, strict=True):
            assert isinstance(gold, RadsOutput)
            label = getattr(answer, "label", None)
            kinds.append(severity(label, gold.label))
            crossed.append(float(crosses_threshold(label, gold.label)))
        shares: dict[str, Share] = {
            kind: _share([float(own == kind) for own in kinds], cell.groups) for kind in SEVERITIES
        }
        found.append(SeverityRow(cell.model, cell.mode, len(kinds), shares, _share(crossed, cell.groups)))
    return found


def _share(hits: list[float], groups: tuple[str, ...]) -> Share:
    low, high = interval(hits, groups)
    return Share(sum(hits) / len(hits), low, high)
