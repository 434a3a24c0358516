"""Temperatures fitted on label probabilities, and how well probabilities say how often an answer is right.

Cases are halved by a hash of their group, so that no patient is on both sides: one half fits, the other judges. The
temperature minimises the negative log-likelihood of the gold labels (Guo et al. 2017). Imports `cells`, scipy and the
temperatures the app reads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import exp, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.cells import Cell
from evals.statistics import wilson
from radlite_tui import __version__
from radlite_tui.routing.calibration import HIGHEST, LOWEST, Temperature, tempered
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.outputs import AbnormalityOutput

LEAST = 20
"""Choices needed in each half; fewer say nothing."""
FLOOR = 1e-8
"""What a label that was left out of the stored probabilities counts as."""


@dataclass(frozen=True)
class Choice:
    """One decision of a closed answer: label -> probability, the gold label, and the group of its case."""

    chances: Mapping[str, float]
    gold: str
    group: str


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


def choices(cell: Cell) -> list[Choice]:
    """The decisions of a cell's answers that have probabilities: one a label, 14 a grid of abnormalities."""
    found: list[Choice] = []
    for gold, chances, group in zip(cell.golds, cell.probabilities, cell.groups, strict=True):
        if chances is None:
            continue
        if isinstance(gold, AbnormalityOutput):
            found += [Choice(chances[label], status, group) for label, status in gold.labels.items()]
        else:
            found.append(Choice(chances, getattr(gold, "label", ""), group))
    return found


def halves(found: Iterable[Choice]) -> tuple[list[Choice], list[Choice]]:
    """(to fit, to judge), whole groups on one side, the same on every machine."""
    fit: list[Choice] = []
    judge: list[Choice] = []
    for choice in found:
        odd = hashlib.sha256(choice.group.encode()).digest()[0] & 1
        (fit if odd else judge).append(choice)
    return fit, judge


def fits(cells: Iterable[Cell]) -> list[Fit]:
    """One fit a cell that has enough probabilities."""
    found = [fit(cell) for cell in cells if cell.probabilities]
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
        ece=(ece(bins(judging, 1.0)), ece(bins(judging, temperature))),
        files=cell.files,
    )


def nll(found: Sequence[Choice], temperature: float) -> float:
    """Mean negative log-likelihood of the gold labels at a temperature."""
    rows = tempered([choice.chances for choice in found], temperature)
    return -sum(log(max(row.get(c.gold, 0.0), FLOOR)) for row, c in zip(rows, found, strict=True)) / len(found)


def sureness(found: Sequence[Choice], temperature: float) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(probability of the likeliest label, whether it is the gold one) of each choice."""
    rows = tempered([choice.chances for choice in found], temperature)
    best = [max(row, key=lambda label: row[label]) for row in rows]
    sure = np.array([row[label] for row, label in zip(rows, best, strict=True)])
    return sure, np.array([label == choice.gold for label, choice in zip(best, found, strict=True)])


def bins(found: Sequence[Choice], temperature: float, count: int = 10) -> list[Bin]:
    """Choices by confidence in bins of equal width; empty ones are left out."""
    sure, right = sureness(found, temperature)
    places = np.minimum((sure * count).astype(int), count - 1)
    result = []
    for place in range(count):
        here = places == place
        n = int(here.sum())
        if n:
            hits = int(right[here].sum())
            result.append(Bin(float(sure[here].mean()), hits / n, *wilson(hits, n), n))
    return result


def ece(found: Sequence[Bin]) -> float:
    """Expected calibration error: the bins' distances of confidence and accuracy, weighed by their n (Naeini 2015)."""
    total = sum(b.n for b in found)
    return sum(b.n * abs(b.confidence - b.right) for b in found) / total


def temperatures(found: Iterable[Fit]) -> list[Temperature]:
    """What the app reads: those that held on the cases they were not fitted on."""
    return [
        Temperature(
            one.task, one.model, Mode(one.mode), one.temperature, one.fitted, *one.files,
            f"synthetic test, version {__version__}",
        )
        for one in found
        if one.kept and one.files[0]
    ]  # fmt: skip
