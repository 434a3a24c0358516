"""The ensemble of the models' label probabilities beside the route and the oracle. Imports `cells` and `paired`.

The route is the better model of a task, chosen on the half of the cases it is not judged on, so that it gets no credit
for luck; the oracle takes the better answer case by case, which nobody can do and nothing can beat. The ensemble is the
app's: the mean of the models' own probabilities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.cells import Cell, Key
from evals.chances import Chances
from evals.paired import Difference, between, corrected
from evals.statistics import halved
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.outputs import AbnormalityOutput, Output


@dataclass(frozen=True)
class Contest:
    """One task and mode on the n cases that all models answered: mean scores of each model, of the route, of the oracle
    and, for closed answers, of the ensemble; gain: ensemble minus route (None without probabilities); oracle_gain:
    oracle minus the single best model."""

    task: str
    mode: str
    metric: str
    n: int
    singles: Mapping[str, float]
    best: str
    route: float
    oracle: float
    ensemble: float | None
    gain: Difference | None
    oracle_gain: Difference

    @property
    def winner(self) -> str:
        """ensemble, route, or neither where the interval of their difference holds 0."""
        if self.gain is None:
            return "route"
        if self.gain.low > 0:
            return "ensemble"
        return "route" if self.gain.high < 0 else "neither"

    def json(self) -> dict[str, Any]:
        return {**asdict(self), "winner": self.winner}


def contests(cells: Mapping[Key, Cell]) -> list[Contest]:
    """One a task and tuned mode that two models or more answered; p values corrected over those with an ensemble."""
    groups: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells.values():
        if Mode(cell.mode).tuned:
            groups.setdefault((cell.task, cell.mode), []).append(cell)
    found = [contest(own) for own in groups.values() if len(own) > 1]
    return holmed([one for one in found if one is not None])


def holmed(found: Sequence[Contest]) -> list[Contest]:
    """The same contests, the p values of their ensembles corrected for all of them."""
    fixed = iter(corrected([one.gain for one in found if one.gain is not None]))
    return [replace(one, gain=next(fixed)) if one.gain is not None else one for one in found]


def contest(own: Sequence[Cell]) -> Contest | None:
    """The models' cells of one task and mode; None where they share no case."""
    common = set(own[0].cases).intersection(*(cell.cases for cell in own[1:]))
    cases = [case for case in own[0].cases if case in common]
    if not cases:
        return None
    lined = [_at(cell, cases) for cell in own]
    scores = np.array([cell.scores for cell in lined])
    groups = lined[0].groups
    best = int(scores.mean(axis=1).argmax())
    route = routed(scores, groups)
    averaged = averaged_scores(lined)
    return Contest(
        task=own[0].task,
        mode=own[0].mode,
        metric=own[0].metric,
        n=len(cases),
        singles={cell.model: float(cell.scores.mean()) for cell in lined},
        best=own[best].model,
        route=float(route.mean()),
        oracle=float(scores.max(axis=0).mean()),
        ensemble=float(averaged.mean()) if averaged is not None else None,
        gain=between(route, averaged, groups) if averaged is not None else None,
        oracle_gain=between(scores[best], scores.max(axis=0), groups),
    )


def _at(cell: Cell, cases: Sequence[str]) -> Cell:
    """The cell's cases in this order."""
    if list(cell.cases) == cases:
        return cell
    place = {case: i for i, case in enumerate(cell.cases)}
    return cell.at([place[case] for case in cases])


def routed(scores: NDArray[np.float64], groups: Sequence[str]) -> NDArray[np.float64]:
    """Each case's score by the model that is better on the other half's cases; models in rows. With one half empty, by
    the better of all."""
    side = halved(groups)
    chosen: NDArray[np.float64] = scores[int(scores.mean(axis=1).argmax())].copy()
    if side.any() and not side.all():
        for half in (side, ~side):
            chosen[half] = scores[int(scores[:, ~half].mean(axis=1).argmax())][half]
    return chosen


def averaged_scores(lined: Sequence[Cell]) -> NDArray[np.float64] | None:
    """The score of each case's averaged answer; None where a model kept no probabilities."""
    known = [cell.probabilities for cell in lined if isinstance(cell.probabilities, Chances)]
    if len(known) < len(lined) or not all(chances.known.all() for chances in known):
        return None
    columns = sorted({column for chances in known for column in chances.columns})
    mean = np.zeros((len(lined[0].cases), len(columns)))
    for chances in known:
        mean[:, [columns.index(column) for column in chances.columns]] += chances.values / len(known)
    findings = sorted({finding for finding, _ in columns})
    right = np.zeros(len(mean))
    for finding in findings:
        places = [i for i, (own, _) in enumerate(columns) if own == finding]
        labels = np.array([columns[i][1] for i in places])
        golds = [_gold(gold, finding) for gold in lined[0].golds]
        right += labels[mean[:, places].argmax(axis=1)] == golds
    scores: NDArray[np.float64] = right / len(findings)
    return scores


def _gold(gold: Output, finding: str) -> str:
    return gold.labels[finding] if isinstance(gold, AbnormalityOutput) else str(getattr(gold, "label", ""))
