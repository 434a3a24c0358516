"""Predictions become rows of scores. May import the tasks and the metrics; loads no model.

Every row gives the score of the strict parse, of the lenient parse, the share that does not parse, and what the
majority answer (the same answer to every case, the most common gold one) would score, so that no figure stands alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evals.metrics.accuracy import accuracy
from evals.metrics.jaccard import jaccard
from evals.metrics.per_label import per_label_accuracy
from evals.metrics.rouge import rouge_l
from evals.predictions import Prediction
from evals.statistics import interval
from radlite_tui import tasks
from radlite_tui.errors import ParseError
from radlite_tui.tasks.outputs import AbnormalityOutput, LabelOutput, Output, RadsOutput, TemporalOutput
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
    report = Report(prediction.report, prediction.prior)
    try:
        return tasks.get(prediction.task).parse(text, report, lenient=lenient)
    except ParseError:
        return None


def score(prediction: Prediction, text: str, *, lenient: bool) -> float:
    """The task's metric for one answer text, in [0, 1]; an answer that does not parse scores 0."""
    metric = tasks.get(prediction.task).metric
    output = parse(prediction, text, lenient=lenient)
    gold = parse(prediction, prediction.gold, lenient=False)
    if output is None:
        return 0.0
    if metric == "rouge_l":
        return rouge_l(text, prediction.gold)
    if isinstance(gold, (LabelOutput, RadsOutput)):
        return accuracy(getattr(output, "label", None), gold.label)
    if isinstance(gold, AbnormalityOutput) and isinstance(output, AbnormalityOutput):
        return per_label_accuracy(output.labels, gold.labels)
    if isinstance(gold, TemporalOutput) and isinstance(output, TemporalOutput):
        return jaccard(_changes(output), _changes(gold))
    raise ValueError(f"{prediction.task}: no metric {metric!r} for {type(gold).__name__}")


def _changes(output: TemporalOutput) -> set[tuple[str, str]]:
    return {(change.status, " ".join(change.finding.lower().split())) for change in output.changes}


def majority_text(predictions: Sequence[Prediction]) -> str:
    """The most common gold answer. For the grid of abnormalities: each label's most common status."""
    task = tasks.get(predictions[0].task)
    outputs = [parse(p, p.gold, lenient=False) for p in predictions]
    grids = [o for o in outputs if isinstance(o, AbnormalityOutput)]
    if grids:
        common = {label: Counter(g.labels[label] for g in grids).most_common(1)[0][0] for label in grids[0].labels}
        return task.render(AbnormalityOutput(common))
    return Counter(p.gold for p in predictions).most_common(1)[0][0]


def row(predictions: Sequence[Prediction], subset: str = "") -> Row:
    """One row of scores from the predictions of one task, model and mode (at least one)."""
    first = predictions[0]
    lenient = [score(p, p.text, lenient=True) for p in predictions]
    strict = [score(p, p.text, lenient=False) for p in predictions]
    constant = majority_text(predictions)
    low, high = interval(lenient, [p.group for p in predictions])
    n = len(predictions)
    return Row(
        task=first.task,
        model=first.model,
        mode=first.mode,
        metric=tasks.get(first.task).metric,
        value=sum(lenient) / n,
        low=low,
        high=high,
        n=n,
        majority=sum(score(p, constant, lenient=True) for p in predictions) / n,
        unparseable=sum(parse(p, p.text, lenient=True) is None for p in predictions) / n,
        strict=sum(strict) / n,
        cases=len({p.case for p in predictions}),
        subset=subset,
    )


def rows(predictions: Iterable[Prediction]) -> list[Row]:
    """Rows by task, model and mode, in the tasks' display order."""
    return _grouped(predictions, by_subset=False)


def subset_rows(predictions: Iterable[Prediction]) -> list[Row]:
    """The same by subset too (the RADS system), for predictions that have one."""
    return _grouped((p for p in predictions if p.subset), by_subset=True)


def _grouped(predictions: Iterable[Prediction], *, by_subset: bool) -> list[Row]:
    groups: dict[tuple[int, str, str, str], list[Prediction]] = defaultdict(list)
    order = {tag: i for i, tag in enumerate(tasks.TAGS)}
    for p in predictions:
        groups[order[p.task], p.subset if by_subset else "", p.model, p.mode].append(p)
    return [row(group, key[1]) for key, group in sorted(groups.items())]
