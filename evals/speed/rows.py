"""What a row is and how its figures follow from its runs. Pure arithmetic; measures nothing.

A ratio is larger when we are better: ours / peer for rates, peer / ours for times, counts and memory, both of medians.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any, Literal

from radlite_tui.errors import RadliteError

if TYPE_CHECKING:
    from evals.speed.bench import Bench

DIGITS = 4


class LeftOut(Exception):
    """The row cannot be measured here; the message is one sentence that says why."""


@dataclass(frozen=True)
class Runs:
    """Every timed run of both sides, in the order they were made. context: further figures, for reading only."""

    ours: tuple[float, ...]
    peer: tuple[float, ...]
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Spec:
    """One row of the table. what: what is measured; against: the peer; better: which way the unit counts.

    floor: the least ratio that is good enough. model_file: whether it takes a real-shape model, given by the user;
    second: whether it is about the second one; embedded: whether it is about an embedded model even then; about: what
    it is about where that is no model file. measure: makes the runs, or raises LeftOut or RadliteError.
    """

    name: str
    what: str
    against: str
    unit: str
    better: Literal["more", "less"]
    floor: float
    measure: Callable[[Bench], Runs]
    model_file: bool = False
    second: bool = False
    embedded: bool = False
    about: str = ""


@dataclass(frozen=True)
class Row:
    """A measured row. model: the name of the file both sides ran; date: ISO 8601, where it was measured by itself."""

    spec: Spec
    runs: Runs
    model: str
    date: str = ""

    @property
    def ours(self) -> float:
        return median(self.runs.ours)

    @property
    def peer(self) -> float:
        return median(self.runs.peer)

    @property
    def ratio(self) -> float:
        return ratio(self.ours, self.peer, self.spec.better)

    @property
    def ok(self) -> bool:
        return self.ratio >= self.spec.floor

    def json(self) -> dict[str, Any]:
        """The object of the command contract, with the peer and the model named beside it."""
        return {
            "name": self.spec.name,
            "what": self.spec.what,
            "against": self.spec.against,
            "model": self.model,
            "ours": rounded(self.ours),
            "peer": rounded(self.peer),
            "unit": self.spec.unit,
            "ratio": rounded(self.ratio),
            "floor": rounded(self.spec.floor),
            "ok": self.ok,
            "runs": {
                "ours": [rounded(run) for run in self.runs.ours],
                "peer": [rounded(run) for run in self.runs.peer],
                **{name: tidy(value) for name, value in self.runs.context.items()},
            },
            **({"date": self.date} if self.date else {}),
        }


def ratio(ours: float, peer: float, better: Literal["more", "less"]) -> float:
    """How many times better we are. Raises RadliteError where a side is not above 0: nothing was measured then."""
    if ours <= 0 or peer <= 0:
        raise RadliteError(f"A measured figure must be above 0; ours is {ours:.4g}, the peer's {peer:.4g}.")
    return ours / peer if better == "more" else peer / ours


def alternate(variants: Mapping[str, Callable[[int], float]], repeat: int) -> dict[str, tuple[float, ...]]:
    """`repeat` runs of each variant, in turns; who begins changes with every turn, so that a machine that gets slower
    or warmer does so to everybody. A variant is called with the number of its run, from 0."""
    names: Sequence[str] = tuple(variants)
    runs: dict[str, list[float]] = {name: [] for name in names}
    for run in range(repeat):
        first = run % len(names)
        for name in (*names[first:], *names[:first]):
            runs[name].append(variants[name](run))
    return {name: tuple(found) for name, found in runs.items()}


def tidy(value: Any) -> Any:
    """A figure of the context, or lists and tables of them, rounded."""
    if isinstance(value, float):
        return rounded(value)
    if isinstance(value, Mapping):
        return {name: tidy(inner) for name, inner in value.items()}
    return [tidy(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def rounded(value: float) -> float:
    """Four significant digits: more is noise."""
    return float(f"{value:.{DIGITS}g}")
