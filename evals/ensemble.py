"""The ensemble of the models' label probabilities beside the route and the oracle. Imports `cells` and `paired`.

The route is the better model of a task, chosen on the half of the cases it is not judged on, so that it gets no credit
for luck; the oracle takes the better answer case by case, which nobody can do and nothing can beat. The ensemble is the
app's: the mean of the models' own probabilities.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.cells import Cell, Key
from evals.metrics.per_label import per_label_accuracy
from evals.paired import Difference, between, corrected
from radlite_tui.assistant.ensemble import average
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.outputs import AbnormalityOutput


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
    cases = [case for case in own[0].cases if all(case in set(cell.cases) for cell in own[1:])]
    if not cases:
        return None
    lined = [cell.at([cell.cases.index(case) for case in cases]) for cell in own]
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


def routed(scores: NDArray[np.float64], groups: Sequence[str]) -> NDArray[np.float64]:
    """Each case's score by the model that is better on the other half's cases; models in rows. With one half empty, by
    the better of all."""
    side = np.array([hashlib.sha256(group.encode()).digest()[0] & 1 for group in groups], bool)
    chosen: NDArray[np.float64] = scores[int(scores.mean(axis=1).argmax())].copy()
    if side.any() and not side.all():
        for half in (side, ~side):
            chosen[half] = scores[int(scores[:, ~half].mean(axis=1).argmax())][half]
    return chosen


def averaged_scores(lined: Sequence[Cell]) -> NDArray[np.float64] | None:
    """The score of each case's averaged answer; None where a model kept no probabilities."""
    if not all(cell.probabilities and all(p is not None for p in cell.probabilities) for cell in lined):
        return None
    scores = []
    for place, gold in enumerate(lined[0].golds):
        votes = [cell.probabilities[place] for cell in lined]
        if isinstance(gold, AbnormalityOutput):
            chosen = {label: _likeliest([vote[label] for vote in votes if vote]) for label in gold.labels}
            scores.append(per_label_accuracy(chosen, gold.labels))
        else:
            scores.append(float(_likeliest([vote for vote in votes if vote]) == getattr(gold, "label", None)))
    return np.array(scores)


def _likeliest(votes: Sequence[Mapping[str, float]]) -> str:
    every = {label: 0.0 for vote in votes for label in vote}
    (mean,) = average([({**every, **vote},) for vote in votes])
    return max(mean, key=lambda label: mean[label])
