"""RADS answers by how wrong they are for the patient, with intervals. Imports `statistics` and `tasks.rads`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from evals.cells import Cell
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
    """The RADS answers of one model and mode: kind of error -> share of the n answers."""

    model: str
    mode: str
    n: int
    shares: Mapping[str, Share]

    def json(self) -> dict[str, Any]:
        return asdict(self)


def rows(cells: Iterable[Cell]) -> list[SeverityRow]:
    """One row a model and mode of the RADS task."""
    found = []
    for cell in cells:
        if cell.task != "rads_assignment":
            continue
        kinds = []
        for gold, answer in zip(cell.golds, cell.answers, strict=True):
            assert isinstance(gold, RadsOutput)
            kinds.append(severity(getattr(answer, "label", None), gold.label))
        shares: dict[str, Share] = {
            kind: _share([float(own == kind) for own in kinds], cell.groups) for kind in SEVERITIES
        }
        found.append(SeverityRow(cell.model, cell.mode, len(kinds), shares))
    return found


def _share(hits: list[float], groups: tuple[str, ...]) -> Share:
    low, high = interval(hits, groups)
    return Share(sum(hits) / len(hits), low, high)
