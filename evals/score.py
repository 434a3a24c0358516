"""Samples become rows of scores. May import the tasks, cells and statistics; loads no model.

Every row gives the score of the strict parse, of the lenient parse, the share that does not parse, and what the
majority answer (the same answer to every case, the most common gold one) would score, so that no figure stands alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evals import scoring
from evals.cells import Cell, Key, cells
from evals.metrics.rouge import rouge_l
from evals.predictions import Prediction
from evals.statistics import interval
from radlite_tui import tasks
from radlite_tui.tasks.outputs import AbnormalityOutput, Output
from radlite_tui.tasks.report import Report


@dataclass(frozen=True)
class Row:
    """One task, model and mode. value, low, high: mean of the lenient scores and its 95 % interval; strict: mean of the
    strict scores; majority: what the most common gold answer would score; unparseable: share that no parser reads."""

    task: str
    model: str
    mode: str
    metric: str
    value: float
    low: float
    high: float
    n: int
    majority: float
    unparseable: float
    strict: float
    cases: int
    subset: str = ""

    def json(self) -> dict[str, Any]:
        return asdict(self)


def parse(prediction: Prediction, text: str, *, lenient: bool) -> Output | None:
    """The output in `text`, or None when it does not parse."""
    return scoring.parse(prediction.task, text, Report(prediction.report, prediction.prior), lenient=lenient)


def score(prediction: Prediction, text: str, *, lenient: bool) -> float:
    """The task's metric for one answer text, in [0, 1]; an answer that does not parse scores 0."""
    output = parse(prediction, text, lenient=lenient)
    gold = parse(prediction, prediction.gold, lenient=False)
    return scoring.score(prediction.task, output, text, gold, prediction.gold)


def majority_text(cell: Cell) -> str:
    """The most common gold answer. For the grid of abnormalities: each label's most common status."""
    task = tasks.get(cell.task)
    times = Counter(cell.gold_texts)
    grids = dict(zip(cell.gold_texts, cell.golds, strict=False))
    if not any(isinstance(gold, AbnormalityOutput) for gold in grids.values()):
        return times.most_common(1)[0][0]
    statuses: dict[str, Counter[str]] = {}
    for text, gold in grids.items():
        for label, status in gold.labels.items() if isinstance(gold, AbnormalityOutput) else ():
            statuses.setdefault(label, Counter())[status] += times[text]
    return task.render(AbnormalityOutput({label: own.most_common(1)[0][0] for label, own in statuses.items()}))


def majority(cell: Cell) -> float:
    """What the majority answer would score."""
    constant = majority_text(cell)
    times = Counter(cell.gold_texts)
    report = Report("")
    output = scoring.parse(cell.task, constant, report, lenient=True)
    total = 0.0
    for text, count in times.items():
        if cell.metric == "rouge_l":
            total += count * rouge_l(constant, text)
            continue
        gold = scoring.parse(cell.task, text, report, lenient=False)
        total += count * scoring.score(cell.task, output, constant, gold, text)
    return total / len(cell.cases)


def row_of(cell: Cell, subset: str = "") -> Row:
    """One row of scores from a cell (at least one case)."""
    low, high = interval(cell.scores, cell.groups)
    return Row(
        task=cell.task,
        model=cell.model,
        mode=cell.mode,
        metric=cell.metric,
        value=float(cell.scores.mean()),
        low=low,
        high=high,
        n=len(cell.cases),
        majority=majority(cell),
        unparseable=float(1 - cell.parsed.mean()),
        strict=float(cell.strict.mean()),
        cases=len(set(cell.cases)),
        subset=subset,
    )


def row(predictions: Sequence[Prediction], subset: str = "") -> Row:
    """One row of scores from the predictions of one task, model and mode (at least one)."""
    (cell,) = cells(predictions).values()
    return row_of(cell, subset)


def rows(predictions: Iterable[Prediction]) -> list[Row]:
    """Rows by task, model and mode, in the tasks' display order."""
    return cell_rows(cells(predictions))


def subset_rows(predictions: Iterable[Prediction]) -> list[Row]:
    """The same by subset too (the RADS system), for predictions that have one."""
    return cell_subset_rows(cells(predictions))


def cell_rows(found: Mapping[Key, Cell]) -> list[Row]:
    """One row a cell, in their order."""
    return [row_of(cell) for cell in found.values()]


def cell_subset_rows(found: Mapping[Key, Cell]) -> list[Row]:
    """One row a cell and subset: a task's subsets in alphabetical order, each with all models and modes."""
    names = {(cell.task, subset): None for cell in found.values() for subset in sorted(set(cell.subsets)) if subset}
    parts = {key: _by_subset(cell) for key, cell in found.items()}
    order = {task: i for i, task in enumerate(tasks.TAGS)}
    return [
        row_of(parts[key][subset], subset)
        for task, subset in sorted(names, key=lambda name: (order[name[0]], name[1]))
        for key in parts
        if key[0] == task and subset in parts[key]
    ]


def _by_subset(cell: Cell) -> dict[str, Cell]:
    places: dict[str, list[int]] = {}
    for i, subset in enumerate(cell.subsets):
        if subset:
            places.setdefault(subset, []).append(i)
    return {subset: cell.at(own) for subset, own in places.items()}
