"""Closed answers of one label: macro-F1, quadratic kappa, steps on a scale, management thresholds, confusion.

Every figure is that of `evals.metrics`; its interval comes from the same sums, resampled. Imports cells and metrics.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from evals.cells import Cell
from evals.further.measure import Measure
from evals.metrics.f1 import by_class, macro_f1
from evals.metrics.kappa import off_by_one, quadratic_kappa
from evals.metrics.management import crosses_threshold, ladder, scale
from evals.resampling import Floats, intervals
from evals.statistics import interval
from radlite_tui import tasks
from radlite_tui.tasks import rads

ORDERED = {"n_staging": ("N0", "N1", "N2", "N3")}
SHOWN = ("n_staging", "m_staging", "radiology_nli")
"""Tasks with few enough labels for a confusion table."""
Labels = Sequence[str | None]


@dataclass(frozen=True)
class Answers:
    """What is known of a cell's labels. found, strict: None where the answer did not parse (strictly)."""

    gold: list[str]
    found: list[str | None]
    strict: list[str | None]
    groups: list[str]

    def where(self, keep: Callable[[str], bool]) -> Answers:
        """The answers whose gold label is kept."""
        places = [i for i, label in enumerate(self.gold) if keep(label)]
        found, strict = ([own[i] for i in places] for own in (self.found, self.strict))
        gold, groups = ([own[i] for i in places] for own in (self.gold, self.groups))
        return Answers(gold, found, strict, groups)

    @property
    def majority(self) -> list[str | None]:
        """The most common gold label, as often as there are answers."""
        return [Counter(self.gold).most_common(1)[0][0]] * len(self.gold)


@dataclass(frozen=True)
class Confusion:
    """counts: (gold label, given label) -> how often; given "" where the answer did not parse."""

    task: str
    model: str
    mode: str
    labels: tuple[str, ...]
    counts: Counter[tuple[str, str]]

    def json(self) -> dict[str, Any]:
        rows = [{"gold": g, "given": p or None, "n": n} for (g, p), n in sorted(self.counts.items())]
        return {**asdict(self), "counts": rows}


def answers(cell: Cell) -> Answers:
    gold = [str(getattr(one, "label", "")) for one in cell.golds]
    found = [getattr(one, "label", None) for one in cell.answers]
    strict = [label if good else None for label, good in zip(found, cell.strictly.tolist(), strict=True)]
    return Answers(gold, found, strict, list(cell.groups))


def confusions(cells: Iterable[Cell]) -> list[Confusion]:
    """One a cell of the tasks with few labels."""
    found = []
    for cell in cells:
        if cell.task in SHOWN:
            own = answers(cell)
            counts = Counter((g, p or "") for g, p in zip(own.gold, own.found, strict=True))
            found.append(Confusion(*cell.key, tuple(tasks.get(cell.task).labels or ()), counts))
    return found


def measures(cell: Cell) -> list[Measure]:
    """Those of a cell whose answers are single labels."""
    every = answers(cell)
    found = [f1(cell, every, "")]
    if cell.task in ORDERED:
        steps = ORDERED[cell.task]
        found += steps_of(cell, every, "", len(steps), lambda label: steps.index(label) if label in steps else None)
    if cell.task == "rads_assignment":
        found += [steps_away(cell, every), crossing(cell, every, ""), *by_system(cell, every)]
    return found


def by_system(cell: Cell, every: Answers) -> list[Measure]:
    """RADS figures by system; those of order by risk scale (LI-RADS has a second one)."""
    found = []
    for system in rads.SYSTEMS:
        own = every.where({category.label for category in system.categories}.__contains__)
        if not own.gold:
            continue
        found += [f1(cell, own, system.name), crossing(cell, own, system.name)]
        for name in dict.fromkeys(place[0] for place in map(scale, own.gold) if place):
            steps = partial(rung, name)
            here = own.where(_on(steps))
            found += steps_of(cell, here, name, len(ladder(name)), steps)
    return found


def _on(steps: Callable[[str | None], int | None]) -> Callable[[str], bool]:
    return lambda label: steps(label) is not None


def rung(name: str, label: str | None) -> int | None:
    """A label's step on a risk scale; None where it is not on it."""
    place = scale(label) if label is not None else None
    return ladder(name).index(place[1]) if place and place[0] == name else None


def f1(cell: Cell, own: Answers, part: str) -> Measure:
    """Macro-F1 over the labels that gold has."""
    classes = sorted(set(own.gold))
    place = {name: i for i, name in enumerate(classes)}
    k, n = len(classes), len(own.gold)
    columns = np.zeros((n, 3 * k))  # gold, given, both
    for i, (gold, given) in enumerate(zip(own.gold, own.found, strict=True)):
        columns[i, place[gold]] = 1
        if given in place:
            columns[i, k + place[given]] = 1
        if given == gold:
            columns[i, 2 * k + place[gold]] = 1

    def figures(sums: Floats) -> Floats:
        gold, given, both = sums[:, :k], sums[:, k : 2 * k], sums[:, 2 * k :]
        scores = np.divide(2 * both, gold + given, out=np.zeros_like(both), where=gold + given > 0)
        return np.asarray((scores * (gold > 0)).sum(axis=1) / (gold > 0).sum(axis=1))[:, None]

    (limits,) = intervals(columns, own.groups, figures)
    value, strict, majority = (macro_f1(by_class(p, own.gold)) for p in (own.found, own.strict, own.majority))
    return _measure(cell, own, "macro_f1", part, value, limits, strict, majority)


def steps_of(
    cell: Cell, own: Answers, part: str, steps: int, place: Callable[[str | None], int | None]
) -> list[Measure]:
    """Quadratic kappa of the answers on the scale of the gold ones, and the share off by one step at most."""
    gold = [at for at in map(place, own.gold) if at is not None]
    assert len(gold) == len(own.gold)
    found = []
    on = [(g, p, group) for g, p, group in zip(gold, map(place, own.found), own.groups, strict=True) if p is not None]
    if on:
        golds, given, groups = (list(side) for side in zip(*on, strict=True))
        strictly = [(g, p) for g, p in zip(gold, map(place, own.strict), strict=True) if p is not None]
        strict = quadratic_kappa([p for _, p in strictly], [g for g, _ in strictly], steps) if strictly else 0.0
        columns = np.zeros((len(on), steps * steps))
        columns[np.arange(len(on)), np.asarray(golds) * steps + np.asarray(given)] = 1
        (limits,) = intervals(columns, groups, lambda sums: kappas(sums, steps))
        kept = Answers([""] * len(on), [""] * len(on), [""] * len(on), groups)
        value = quadratic_kappa(given, golds, steps)
        found.append(_measure(cell, kept, "quadratic_kappa", part, value, limits, strict, 0.0, own))
    hits = [float(p is not None and abs(p - g) <= 1) for g, p in zip(gold, map(place, own.found), strict=True)]
    strict, majority = (off_by_one([place(p) for p in said], gold) for said in (own.strict, own.majority))
    limits = interval(hits, own.groups)
    found.append(_measure(cell, own, "off_by_one", part, sum(hits) / len(hits), limits, strict, majority))
    return found


def kappas(sums: Floats, steps: int) -> Floats:
    """Quadratic kappa of tables (resamples x gold * steps + given), as `quadratic_kappa` has it."""
    seen = sums.reshape(-1, steps, steps)
    place = np.arange(steps)
    weights = (place[:, None] - place[None, :]) ** 2.0
    disagreement = (seen * weights).sum(axis=(1, 2))
    chance = ((seen.sum(axis=2) @ weights) * seen.sum(axis=1)).sum(axis=1) / seen.sum(axis=(1, 2))
    ratio = np.divide(disagreement, chance, out=np.zeros_like(chance), where=disagreement > 0)
    return np.asarray(1 - ratio)[:, None]


def steps_away(cell: Cell, every: Answers) -> Measure:
    """The share of all RADS answers whose gold is a degree of risk that are at most one step away on its scale."""
    own = every.where(lambda label: scale(label) is not None)

    def near(gold: str, given: str | None) -> float:
        name = (scale(gold) or ("", 0.0))[0]
        one, other = rung(name, gold), rung(name, given)
        return float(one is not None and other is not None and abs(one - other) <= 1)

    return _share(cell, own, "off_by_one", "", near)


def crossing(cell: Cell, own: Answers, part: str) -> Measure:
    """The share of answers that would change what is done for the patient."""
    return _share(cell, own, "crosses_threshold", part, lambda gold, given: float(crosses_threshold(given, gold)))


def _share(cell: Cell, own: Answers, metric: str, part: str, hit: Callable[[str, str | None], float]) -> Measure:
    known: dict[tuple[str, str | None], float] = {}

    def hits(given: Labels) -> list[float]:
        for pair in set(zip(own.gold, given, strict=True)) - known.keys():
            known[pair] = hit(*pair)
        return [known[pair] for pair in zip(own.gold, given, strict=True)]

    if not own.gold:
        return _measure(cell, own, metric, part, 0.0, (0.0, 1.0), None, None)
    lenient, strict, majority = (hits(said) for said in (own.found, own.strict, own.majority))
    limits = interval(lenient, own.groups)
    n = len(own.gold)
    return _measure(cell, own, metric, part, sum(lenient) / n, limits, sum(strict) / n, sum(majority) / n)


def _measure(
    cell: Cell, own: Answers, metric: str, part: str, value: float, limits: tuple[float, float],
    strict: float | None, majority: float | None, of: Answers | None = None,
) -> Measure:  # fmt: skip
    """of: the answers whose unparseable share is told, where some of them could not be measured."""
    told = (of or own).found
    unparseable = sum(label is None for label in told) / len(told) if told else 0.0
    return Measure(*cell.key, metric, part, value, *limits, len(own.gold), strict, majority, unparseable)
