"""Which answers readers prefer, from their ratings in the app's blind comparison. Imports `statistics` and numpy.

Two answers to one task on one report by one reader are a contest that the higher rating wins; equal ratings are half a
win each. Strengths are Bradley and Terry's (1952), found by Hunter's MM iteration (2004) with half a win and half a
loss against an average opponent added to each, so that one that always wins stays finite. Win rates have
Wilson's interval or, with ties or several contests on a report, a bootstrap over whole reports; strengths the latter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.statistics import interval
from radlite_tui.assistant.ratings import Rating

Contender = tuple[str, str]
"""Model and mode."""


@dataclass(frozen=True)
class Preference:
    """win_rate: share of contests won, ties as halves, with its 95 % interval; strength: chance to win against an
    average opponent after Bradley and Terry, with its own; wins, ties, losses over n contests on `reports` reports."""

    model: str
    mode: str
    win_rate: float
    low: float
    high: float
    strength: float
    strength_low: float
    strength_high: float
    wins: int
    ties: int
    losses: int
    n: int
    reports: int

    def json(self) -> dict[str, Any]:
        return asdict(self)


def preferences(
    readers: Iterable[Sequence[Rating]], *, blind_only: bool = True, resamples: int = 2000
) -> list[Preference]:
    """One a model and mode, most preferred first; none where no two answers can be compared. readers: each reader's
    ratings apart, since one reader's 3 is another's 4."""
    won: dict[str, list[tuple[Contender, Contender, float]]] = {}
    for reader in readers:
        for report, contest in contests([r for r in reader if r.blind or not blind_only]):
            won.setdefault(report, []).append(contest)
    names = sorted({name for found in won.values() for one, other, _ in found for name in (one, other)})
    if not names:
        return []
    # wins[r, i, j]: what i won against j on report r
    wins = np.zeros((len(won), len(names), len(names)))
    for place, found in enumerate(won.values()):
        for one, other, result in found:
            i, j = names.index(one), names.index(other)
            wins[place, i, j] += result
            wins[place, j, i] += 1 - result
    return _ranked(names, wins, won, resamples)


def contests(found: Sequence[Rating]) -> Iterable[tuple[str, tuple[Contender, Contender, float]]]:
    """(report, (one, other, what one won)) of every pair of answers to the same task on the same report."""
    groups: dict[tuple[str, str], dict[Contender, Rating]] = {}
    for rating in found:
        groups.setdefault((rating.report_sha256, rating.task), {})[rating.model, rating.mode] = rating
    for (report, _), rated in groups.items():
        for one, other in combinations(sorted(rated), 2):
            a, b = rated[one].rating, rated[other].rating
            yield report, (one, other, 0.5 if a == b else float(a > b))


def _ranked(
    names: Sequence[Contender],
    wins: NDArray[np.float64],
    found: Mapping[str, Sequence[tuple[Contender, Contender, float]]],
    resamples: int,
) -> list[Preference]:
    total = wins.sum(axis=0)
    strengths = bradley_terry(total)
    rng = np.random.default_rng(0)
    draws = rng.multinomial(len(wins), np.full(len(wins), 1 / len(wins)), size=resamples)
    again = np.einsum("br,rij->bij", draws.astype(float), wins)
    strength_draws = np.array([bradley_terry(one) for one in again])
    every = [(report, contest) for report, own in found.items() for contest in own]
    result = []
    for place, name in enumerate(names):
        mine = [(report, r if one == name else 1 - r) for report, (one, other, r) in every if name in (one, other)]
        own = [result for _, result in mine]
        low, high = interval(own, [report for report, _ in mine])
        strength_low, strength_high = np.quantile(strength_draws[:, place], [0.025, 0.975])
        result.append(
            Preference(
                *name, fmean(own), low, high, float(strengths[place]), float(strength_low), float(strength_high),
                own.count(1.0), own.count(0.5), own.count(0.0), len(own), len({report for report, _ in mine}),
            )
        )  # fmt: skip
    return sorted(result, key=lambda one: -one.strength)


def bradley_terry(wins: NDArray[np.float64], steps: int = 200) -> NDArray[np.float64]:
    """Each contender's chance to win against an average opponent, in (0, 1). wins[i, j]: what i won against j."""
    played, won = wins + wins.T, wins.sum(axis=1) + 0.5
    strength = np.ones(len(wins))
    for _ in range(steps):
        against = played / (strength[:, None] + strength[None, :])
        new = won / (against.sum(axis=1) + 1.0 / (strength + 1.0))
        new /= np.exp(np.log(new).mean())
        done = np.abs(new - strength).max() < 1e-7
        strength = new
        if done:
            break
    return np.asarray(strength / (strength + 1.0))
