"""Scores of single cases, side by side: a cell is one task, model and mode, its arrays in the order of its cases.

What figures, comparisons and findings are made of. Imports `score` and numpy; loads no model. Two cells of one task are
compared on the cases they share, never on others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.predictions import Prediction
from evals.score import parse, score
from radlite_tui import tasks
from radlite_tui.tasks.outputs import Output
from radlite_tui.tasks.report import Report

ARRAYS = ("scores", "strict", "parsed", "seconds", "tokens")
TUPLES = ("cases", "groups", "subsets", "golds", "answers", "probabilities")
Key = tuple[str, str, str]
"""Task, model and mode."""


@dataclass(frozen=True)
class Cell:
    """cases, groups, subsets: one a case. scores: lenient, strict: strict, parsed: whether a parser read the answer,
    seconds: from request to answer as it ran, tokens: of the answer. golds, answers (None: did not parse),
    probabilities (None: not kept): of closed tasks, else empty. quantization: of the weights, "" if not known; files:
    the SHA-256 of weights and adapter that answered."""

    task: str
    model: str
    mode: str
    metric: str
    cases: tuple[str, ...]
    groups: tuple[str, ...]
    subsets: tuple[str, ...]
    scores: NDArray[np.float64]
    strict: NDArray[np.float64]
    parsed: NDArray[np.bool_]
    seconds: NDArray[np.float64]
    tokens: NDArray[np.float64]
    golds: tuple[Output, ...] = ()
    answers: tuple[Output | None, ...] = ()
    probabilities: tuple[Mapping[str, Any] | None, ...] = ()
    quantization: str = ""
    files: tuple[str, str] = ("", "")

    @property
    def key(self) -> Key:
        return (self.task, self.model, self.mode)

    def only(self, subset: str) -> Cell:
        """The cases of one subset."""
        return self.at([i for i, own in enumerate(self.subsets) if own == subset])

    def at(self, places: list[int]) -> Cell:
        """The cases at these places."""
        kept: dict[str, Any] = {name: getattr(self, name)[places] for name in ARRAYS}
        for name in TUPLES:
            own = getattr(self, name)
            kept[name] = tuple(own[i] for i in places) if own else ()
        return replace(self, **kept)


def cells(predictions: Iterable[Prediction]) -> dict[Key, Cell]:
    """Every cell of these predictions, tasks in display order."""
    groups: dict[Key, list[Prediction]] = {}
    for p in predictions:
        groups.setdefault((p.task, p.model, p.mode), []).append(p)
    order = {tag: i for i, tag in enumerate(tasks.TAGS)}
    return {key: _cell(groups[key]) for key in sorted(groups, key=lambda key: (order[key[0]], *key[1:]))}


def _cell(found: list[Prediction]) -> Cell:
    first = found[0]
    closed = tasks.get(first.task).form() is not None
    answers = [parse(p, p.text, lenient=True) for p in found]
    return Cell(
        task=first.task,
        model=first.model,
        mode=first.mode,
        metric=tasks.get(first.task).metric,
        cases=tuple(p.case for p in found),
        groups=tuple(p.group for p in found),
        subsets=tuple(p.subset for p in found),
        scores=np.array([score(p, p.text, lenient=True) for p in found]),
        strict=np.array([score(p, p.text, lenient=False) for p in found]),
        parsed=np.array([answer is not None for answer in answers]),
        seconds=np.array([p.total_s for p in found]),
        tokens=np.array([float(p.completion_tokens) for p in found]),
        golds=tuple(tasks.get(p.task).parse(p.gold, Report(p.report, p.prior)) for p in found) if closed else (),
        answers=tuple(answers) if closed else (),
        probabilities=tuple(p.probabilities for p in found) if closed else (),
        quantization=first.quantization,
        files=(first.sha256, first.adapter_sha256 or ""),
    )


def shared(one: Cell, other: Cell) -> tuple[Cell, Cell]:
    """Both cells on the cases that both have, in the same order."""
    place = {case: i for i, case in enumerate(other.cases)}
    pairs = [(i, place[case]) for i, case in enumerate(one.cases) if case in place]
    return one.at([i for i, _ in pairs]), other.at([j for _, j in pairs])


def of_task(found: Mapping[Key, Cell], task: str) -> list[Cell]:
    """The cells of one task, in order."""
    return [cell for key, cell in found.items() if key[0] == task]
