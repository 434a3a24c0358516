"""Scores of single cases, side by side: a cell is one task, model and mode, its arrays in the order of its cases.

What figures, comparisons and findings are made of; `samples` fills them. Imports numpy and the shapes of outputs; loads
no model. Two cells of one task are compared on the cases they share, never on others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.chances import Chances, joined
from evals.predictions import Prediction
from radlite_tui.tasks.outputs import Output

ARRAYS = ("scores", "strict", "parsed", "strictly", "seconds", "tokens")
TUPLES = ("cases", "groups", "subsets", "gold_texts", "golds", "answers", "reports")
Key = tuple[str, str, str]
"""Task, model and mode."""


@dataclass(frozen=True)
class Cell:
    """cases, groups, subsets, gold_texts: one a case. scores: lenient, strict: strict, parsed: whether a parser read
    the answer, strictly: whether the strict one did, seconds: from request to answer as it ran, tokens: of the answer.
    further: the task's other metrics of each answer, lenient. golds, answers (None: did not parse), probabilities
    (None: not kept): of closed tasks, else empty. reports: where a further metric depends on them, else empty.
    quantization: of the weights, "" if not known; files: the SHA-256 of weights and adapter that answered."""

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
    strictly: NDArray[np.bool_]
    seconds: NDArray[np.float64]
    tokens: NDArray[np.float64]
    golds: tuple[Output, ...] = ()
    answers: tuple[Output | None, ...] = ()
    probabilities: Chances | tuple[()] = ()
    quantization: str = ""
    files: tuple[str, str] = ("", "")
    gold_texts: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    further: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        return (self.task, self.model, self.mode)

    def only(self, subset: str) -> Cell:
        """The cases of one subset."""
        return self.at([i for i, own in enumerate(self.subsets) if own == subset])

    def at(self, places: Sequence[int]) -> Cell:
        """The cases at these places."""
        own = np.asarray(places, int)
        kept: dict[str, Any] = {name: getattr(self, name)[own] for name in ARRAYS}
        for name in TUPLES:
            found = getattr(self, name)
            kept[name] = tuple(found[i] for i in places) if found else ()
        if isinstance(self.probabilities, Chances):
            kept["probabilities"] = self.probabilities.at(own)
        return replace(self, **kept, further={name: found[own] for name, found in self.further.items()})


def cells(predictions: Iterable[Prediction]) -> Mapping[Key, Cell]:
    """Every cell of these predictions, tasks in display order."""
    from evals.samples import gather

    return gather(predictions).cells


def end_to_end(parts: Sequence[Cell], texts: dict[str, str]) -> Cell:
    """Cells of one task, model and mode, one after another. texts: keeps every case and group once."""
    first = parts[0]
    kept: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in ARRAYS}
    for name in TUPLES:
        found = (value for part in parts for value in getattr(part, name))
        kept[name] = tuple(texts.setdefault(v, v) if isinstance(v, str) else v for v in found)
    if isinstance(first.probabilities, Chances):
        kept["probabilities"] = joined([p.probabilities for p in parts if isinstance(p.probabilities, Chances)])
    further = {name: np.concatenate([part.further[name] for part in parts]) for name in first.further}
    return replace(first, **kept, further=further)


def shared(one: Cell, other: Cell) -> tuple[Cell, Cell]:
    """Both cells on the cases that both have, in the same order."""
    if one.cases == other.cases:
        return one, other
    place = {case: i for i, case in enumerate(other.cases)}
    pairs = [(i, place[case]) for i, case in enumerate(one.cases) if case in place]
    return one.at([i for i, _ in pairs]), other.at([j for _, j in pairs])


def of_task(found: Mapping[Key, Cell], task: str) -> list[Cell]:
    """The cells of one task, in order."""
    return [cell for key, cell in found.items() if key[0] == task]
