"""One answer's scores: its task's metric, strict and lenient, and further metrics of the same answer.

Imports the tasks and the metrics; pure. An answer that does not parse scores 0 in everything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from evals.metrics.accuracy import accuracy
from evals.metrics.agreement import KINDS, agreement
from evals.metrics.answers import exact_match, token_f1
from evals.metrics.entities import Entity, entity_f1
from evals.metrics.jaccard import jaccard, set_f1
from evals.metrics.per_label import per_label_accuracy
from evals.metrics.rouge import rouge_l, rouge_n
from radlite_tui import tasks
from radlite_tui.errors import ParseError
from radlite_tui.tasks.outputs import (
    AbnormalityOutput,
    ImpressionOutput,
    LabelOutput,
    NerOutput,
    Output,
    RadsOutput,
    TemporalOutput,
    TextOutput,
)
from radlite_tui.tasks.report import Report

FURTHER: Mapping[str, tuple[str, ...]] = {
    "impression_generation": ("rouge_1", "rouge_2", *KINDS),
    "radiology_qa": ("rouge_1", "rouge_2", "token_f1", "exact_match"),
    "radiology_ner": ("entity_f1", "entity_f1_overlap"),
    "temporal_comparison": ("set_f1",),
}
"""Tasks with a free answer -> what is computed of it beside the task's own metric, leniently."""

READ = 4
"""Scores of a free answer that stand before those."""

ON_REPORTS = ("impression_generation", "radiology_ner")
"""Tasks with a further metric that depends on the report."""


@dataclass(frozen=True)
class Asked:
    """All that a free answer's scores depend on."""

    task: str
    text: str
    gold: str
    report: str
    prior: str | None


def parse(task: str, text: str, report: Report, *, lenient: bool) -> Output | None:
    """The output in `text`, or None when it does not parse."""
    try:
        return tasks.get(task).parse(text, report, lenient=lenient)
    except ParseError:
        return None


def score(task: str, output: Output | None, text: str, gold: Output | None, gold_text: str) -> float:
    """The task's metric for one parsed answer, in [0, 1]; 0 for one that did not parse."""
    metric = tasks.get(task).metric
    if output is None:
        return 0.0
    if metric == "rouge_l":
        return rouge_l(text, gold_text)
    if isinstance(gold, (LabelOutput, RadsOutput)):
        return accuracy(getattr(output, "label", None), gold.label)
    if isinstance(gold, AbnormalityOutput) and isinstance(output, AbnormalityOutput):
        return per_label_accuracy(output.labels, gold.labels)
    if isinstance(gold, TemporalOutput) and isinstance(output, TemporalOutput):
        return jaccard(changes(output), changes(gold))
    raise ValueError(f"{task}: no metric {metric!r} for {type(gold).__name__}")


def changes(output: Output | None) -> set[tuple[str, str]]:
    """(status, finding) of each change, in lower case and without surplus blanks."""
    if not isinstance(output, TemporalOutput):
        return set()
    return {(change.status, " ".join(change.finding.lower().split())) for change in output.changes}


def entities(output: Output | None) -> set[Entity]:
    """(class, start, end) of each entity."""
    if not isinstance(output, NerOutput):
        return set()
    return {(kind, e.start, e.end) for kind in output.json() for e in getattr(output, kind)}


@lru_cache(maxsize=64)
def _gold(task: str, text: str, report: Report) -> Output | None:
    """Of the answers to one case, which come one after another, the gold one is parsed once."""
    return parse(task, text, report, lenient=False)


def free(asked: Asked) -> tuple[float, ...]:
    """(lenient, strict, 1.0 if it parses, 1.0 if strictly, those of FURTHER in their order) of a free answer."""
    report = Report(asked.report, asked.prior)
    gold, output, strict = None, None, None
    if asked.task in ("radiology_ner", "temporal_comparison"):
        gold = _gold(asked.task, asked.gold, report)
    if gold is not None and asked.text == asked.gold:
        output = strict = gold
    else:
        output = parse(asked.task, asked.text, report, lenient=True)
        strict = parse(asked.task, asked.text, report, lenient=False)
    own = [score(asked.task, one, asked.text, gold, asked.gold) for one in (output, strict)]
    more = _MORE[asked.task](asked, report, output, gold)
    read = (float(output is not None), float(strict is not None))
    return (*own, *read, *(more if output is not None else [0.0] * len(more)))


def _impression(asked: Asked, report: Report, output: Output | None, _: Output | None) -> list[float]:
    said = output.impression if isinstance(output, ImpressionOutput) else ""
    agreed = agreement(report.text, said)
    return [*(rouge_n(said, asked.gold, n) for n in (1, 2)), *(agreed[kind] for kind in KINDS)]


def _answer(asked: Asked, _: Report, output: Output | None, __: Output | None) -> list[float]:
    said = output.answer if isinstance(output, TextOutput) else ""
    rouge = [rouge_n(said, asked.gold, n) for n in (1, 2)]
    return [*rouge, token_f1(said, asked.gold), exact_match(said, asked.gold)]


def _entities(_: Asked, __: Report, output: Output | None, gold: Output | None) -> list[float]:
    ours, theirs = entities(output), entities(gold)
    return [entity_f1(ours, theirs), entity_f1(ours, theirs, overlap=True)]


def _changes(_: Asked, __: Report, output: Output | None, gold: Output | None) -> list[float]:
    return [set_f1(changes(output), changes(gold))]


_MORE: Mapping[str, Callable[[Asked, Report, Output | None, Output | None], list[float]]] = {
    "impression_generation": _impression,
    "radiology_qa": _answer,
    "radiology_ner": _entities,
    "temporal_comparison": _changes,
}
