"""Temperatures fitted on label probabilities, and how well probabilities say how often an answer is right.

Cases are halved by a hash of their group, so that no patient is on both sides: one half fits, the other judges. The
temperature minimises the negative log-likelihood of the gold labels (Guo et al. 2017). Imports `cells`, scipy and the
temperatures the app reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from math import exp, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.cells import Cell
from evals.chances import Chances
from evals.metrics.calibration import ece, reliability
from evals.statistics import halved, wilson
from radlite_tui import __version__
from radlite_tui.routing.calibration import HIGHEST, LOWEST, Temperature
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.outputs import AbnormalityOutput, Output

LEAST = 20
"""Choices needed in each half; fewer say nothing."""
FLOOR = 1e-8
"""What a label that was left out of the stored probabilities counts as."""


@dataclass(frozen=True)
class Choices:
    """Decisions of closed answers, a row each. logs: log probability of each label, -inf where it has none; gold: the
    gold label's column, -1 where it has none; groups: of their cases."""

    logs: NDArray[np.float64]
    gold: NDArray[np.int64]
    groups: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.gold)

    def where(self, rows: NDArray[np.bool_]) -> Choices:
        return Choices(self.logs[rows], self.gold[rows], self.groups[rows])


@dataclass(frozen=True)
class Fit:
    """A task, model and mode. temperature: fitted on `fitted` choices; kept: whether it lowers the negative
    log-likelihood of the `judged` others, else the app shows the model's own. nll, ece (expected calibration error, 10
    bins): of the judged half, before and after."""

    task: str
    model: str
    mode: str
    temperature: float
    kept: bool
    fitted: int
    judged: int
    nll: tuple[float, float]
    ece: tuple[float, float]
    files: tuple[str, str]

    def json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Bin:
    """Choices of like confidence: their mean probability, the share that was right and its 95 % interval."""

    confidence: float
    right: float
    low: float
    high: float
    n: int


def choices(cell: Cell) -> Choices:
    """The decisions of a cell's answers that have probabilities: one a label, 14 a grid of abnormalities."""
    chances = cell.probabilities
    if not isinstance(chances, Chances) or not chances.known.any():
        return Choices(np.empty((0, 0)), np.empty(0, int), np.empty(0, str))
    known = chances.known
    golds = [gold for gold, there in zip(cell.golds, known, strict=True) if there]
    groups = np.asarray(cell.groups)[known]
    labels = sorted({label for _, label in chances.columns})
    parts, right = [], []
    for finding, columns in chances.findings():
        values = np.zeros((len(golds), len(labels)))
        for column in columns:
            values[:, labels.index(chances.columns[column][1])] = chances.values[known, column]
        parts.append(values)
        right.append([_place(labels, gold, finding) for gold in golds])
    with np.errstate(divide="ignore"):
        logs = np.log(np.concatenate(parts))
    return Choices(logs, np.concatenate(right), np.tile(groups, len(parts)))


def _place(labels: Sequence[str], gold: Output, finding: str) -> int:
    label = gold.labels.get(finding) if isinstance(gold, AbnormalityOutput) else getattr(gold, "label", None)
    return labels.index(label) if label in labels else -1


def halves(found: Choices) -> tuple[Choices, Choices]:
    """(to fit, to judge), whole groups on one side, the same on every machine."""
    side = halved(found.groups.tolist())
    return found.where(side), found.where(~side)


def fits(cells: Iterable[Cell]) -> list[Fit]:
    """One fit a cell that has enough probabilities."""
    found = [fit(cell) for cell in cells if len(cell.probabilities)]
    return [one for one in found if one is not None]


def fit(cell: Cell) -> Fit | None:
    """The temperature of one cell; None where a half has fewer than LEAST choices."""
    from scipy.optimize import minimize_scalar

    fitting, judging = halves(choices(cell))
    if min(len(fitting), len(judging)) < LEAST:
        return None
    best = minimize_scalar(lambda t: nll(fitting, exp(t)), bounds=(log(LOWEST), log(HIGHEST)), method="bounded")
    temperature = round(min(max(exp(best.x), LOWEST), HIGHEST), 3)
    before, after = nll(judging, 1.0), nll(judging, temperature)
    return Fit(
        task=cell.task,
        model=cell.model,
        mode=cell.mode,
        temperature=temperature,
        kept=after < before,
        fitted=len(fitting),
        judged=len(judging),
        nll=(before, after),
        ece=(ece(*sureness(judging, 1.0)), ece(*sureness(judging, temperature))),
        files=cell.files,
    )


def tempered(found: Choices, temperature: float) -> NDArray[np.float64]:
    """Probabilities of every label at a temperature, a row a choice: what the app shows, for many at once."""
    heat = found.logs / temperature
    powers = np.exp(heat - heat.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return shares


def nll(found: Choices, temperature: float) -> float:
    """Mean negative log-likelihood of the gold labels at a temperature."""
    shares = tempered(found, temperature)
    right = np.where(found.gold >= 0, shares[np.arange(len(found)), found.gold], 0.0)
    return float(-np.log(np.maximum(right, FLOOR)).mean())


def sureness(found: Choices, temperature: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(probability of the likeliest label, 1.0 where it is the gold one) of each choice."""
    shares = tempered(found, temperature)
    return shares.max(axis=1), (shares.argmax(axis=1) == found.gold).astype(float)


def bins(found: Choices, temperature: float) -> list[Bin]:
    """Choices by confidence, with the interval of the share that is right."""
    curve = reliability(*sureness(found, temperature))
    return [Bin(b.confidence, b.right, *wilson(round(b.right * b.n), b.n), b.n) for b in curve]


def temperatures(found: Iterable[Fit]) -> list[Temperature]:
    """What the app reads: those that held on the cases they were not fitted on."""
    said = f"synthetic test, version {__version__}"
    return [
        Temperature(one.task, one.model, Mode(one.mode), one.temperature, one.fitted, *one.files, said)
        for one in found
        if one.kept and one.files[0]
    ]
