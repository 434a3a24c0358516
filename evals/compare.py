"""Two sets of answers to the same cases: what got better or worse beyond chance, and which cases did.

A side is a results folder, or a selection within one: a model, a mode, or MODEL:MODE. Cells are paired where what the
selections leave open is the same on both sides. Imports `cells` and `paired`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.cells import Cell, Key, cells, shared
from evals.paired import Difference, corrected, difference
from evals.predictions import FILE, Prediction, read
from radlite_tui.errors import BadInput
from radlite_tui.tasks.base import Mode

MODES = tuple(map(str, Mode))


@dataclass(frozen=True)
class Side:
    """What was asked for, its predictions and its cells by what pairs them: task and whatever the name leaves open."""

    name: str
    predictions: Mapping[tuple[str, str, str, str], Prediction]
    cells: Mapping[Key, Cell]


@dataclass(frozen=True)
class Compared:
    """One task: the two cells' names, their scores on the shared cases and the difference, B minus A."""

    task: str
    a: str
    b: str
    metric: str
    a_score: float
    b_score: float
    difference: Difference

    @property
    def verdict(self) -> str:
        """better, worse, or no difference shown, by the corrected p value."""
        if not self.difference.significant:
            return "no difference shown"
        return "better" if self.difference.value > 0 else "worse"

    def json(self) -> dict[str, Any]:
        names = ("task", "a", "b", "metric", "a_score", "b_score", "verdict")
        return {**{name: getattr(self, name) for name in names}, "difference": self.difference.json()}


@dataclass(frozen=True)
class Changed:
    """One case that scored otherwise: its texts and both scores."""

    task: str
    case: str
    gain: float
    a_score: float
    b_score: float
    gold: str
    a_text: str
    b_text: str
    a: str
    b: str

    def json(self) -> dict[str, Any]:
        return dict(self.__dict__)


def side(name: str, out: Path) -> Side:
    """A side by its name: a folder that holds predictions, else a selection within `out`. Raises BadInput."""
    if (Path(name) / FILE).exists():
        found = list(read(Path(name)))
        return Side(name, _by_case(found), cells(found))
    model, _, mode = name.partition(":") if ":" in name else ("", "", name) if name in MODES else (name, "", "")
    found = list(read(out))
    kept = {key: cell for key, cell in cells(found).items() if model in ("", key[1]) and mode in ("", key[2])}
    if not kept:
        known = sorted({key[1] for key in cells(found)})
        raise BadInput(
            f"{name} is neither a results folder nor a selection of {out}; give a folder, a model "
            f"({', '.join(known) or 'none there'}), a mode ({', '.join(MODES)}) or MODEL:MODE."
        )
    paired = {(key[0], "" if model else key[1], "" if mode else key[2]): cell for key, cell in kept.items()}
    return Side(name, _by_case(found), paired)


def _by_case(found: Sequence[Prediction]) -> dict[tuple[str, str, str, str], Prediction]:
    return {(p.task, p.model, p.mode, p.case): p for p in found}


def pairs(a: Side, b: Side) -> list[tuple[Cell, Cell]]:
    """Cells of the same task, and the same model and mode where the names leave them open. Two sides with one model
    and mode each are paired whatever these are called. Raises BadInput where nothing pairs."""
    found = [(cell, b.cells[key]) for key, cell in a.cells.items() if key in b.cells]
    if not found and all(len({c.key[1:] for c in one.cells.values()}) == 1 for one in (a, b)):
        by_task = {cell.task: cell for cell in b.cells.values()}
        found = [(cell, by_task[cell.task]) for cell in a.cells.values() if cell.task in by_task]
    found = [pair for pair in found if set(pair[0].cases) & set(pair[1].cases)]
    if not found:
        raise BadInput(f"{a.name} and {b.name} share no case of the same task, model and mode; name what to compare.")
    return found


def compare(found: Sequence[tuple[Cell, Cell]]) -> list[Compared]:
    """One a pair, p values corrected over all of them."""
    lined = [shared(a, b) for a, b in found]
    gains = [difference(a, b) for a, b in lined]
    fixed = corrected([gain for gain in gains if gain is not None])
    return [
        Compared(a.task, label(a), label(b), a.metric, float(a.scores.mean()), float(b.scores.mean()), gain)
        for (a, b), gain in zip(lined, fixed, strict=True)
    ]


def label(cell: Cell) -> str:
    return f"{cell.model}:{cell.mode}"


def changed(found: Sequence[tuple[Cell, Cell]], a: Side, b: Side, most: int) -> list[Changed]:
    """The cases whose score changed, the largest losses first, then the gains; `most` of each task and direction."""
    result: list[Changed] = []
    for one, other in found:
        before, after = shared(one, other)
        gains = after.scores - before.scores
        order = sorted(range(len(gains)), key=lambda i: gains[i])
        worse = [i for i in order if gains[i] < 0][:most]
        better = [i for i in reversed(order) if gains[i] > 0][:most]
        for i in [*worse, *better]:
            p = a.predictions[(*before.key, before.cases[i])]
            q = b.predictions[(*after.key, after.cases[i])]
            scores = (float(gains[i]), float(before.scores[i]), float(after.scores[i]))
            result.append(Changed(p.task, p.case, *scores, p.gold, p.text, q.text, label(before), label(after)))
    return result
