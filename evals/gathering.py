"""Predictions, taken one by one, become stored scores of single cases: a cell a task, model and mode.

Every answer is scored once, whoever gave it how often: answers that are the same to the same case share their scores.
Imports `cells` and `scoring`; loads no model.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.cells import Cell, Key
from evals.chances import Filling
from evals.metrics.per_label import per_label_accuracy
from evals.scoring import FURTHER, ON_REPORTS, READ, Asked, free, parse
from radlite_tui import tasks
from radlite_tui.errors import BadInput
from radlite_tui.tasks.outputs import AbnormalityOutput, Output
from radlite_tui.tasks.report import Report

_named = itemgetter("case", "model", "mode", "task")


class Unusable(BadInput):
    """A prediction that cannot be scored; who knows its file and line says so."""


@dataclass(frozen=True)
class Stamp:
    """What gave a cell's answers."""

    model: str
    quantization: str
    sha256: str
    adapter_sha256: str
    backend: str
    version: str
    prompt_version: str


@dataclass(frozen=True)
class Samples:
    """cells: the scored cases, tasks in display order; stamps: what gave the answers, in the order they came; n: all
    predictions; unscored: those of cases without a gold answer."""

    cells: Mapping[Key, Cell]
    stamps: Sequence[Stamp] = ()
    n: int = 0
    unscored: int = 0


def ordered(cells: Mapping[Key, Cell]) -> dict[Key, Cell]:
    """Tasks in display order, then models and modes by name."""
    order = {tag: i for i, tag in enumerate(tasks.TAGS)}
    return {key: cells[key] for key in sorted(cells, key=lambda key: (order[key[0]], *key[1:]))}


@dataclass
class Column:
    """A cell as it is filled. asked: numbers of free answers, or of parsed answers of closed tasks."""

    cases: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    subsets: list[str] = field(default_factory=list)
    golds: list[str] = field(default_factory=list)
    asked: array[int] = field(default_factory=lambda: array("q"))
    seconds: array[float] = field(default_factory=lambda: array("d"))
    tokens: array[float] = field(default_factory=lambda: array("d"))
    chances: Filling = field(default_factory=Filling)
    quantization: str = ""
    files: tuple[str, str] = ("", "")


class Gathering:
    """Takes predictions one by one, keeping each text once."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._columns: dict[Key, Column] = {}
        self._free: dict[tuple[str, ...], int] = {}
        self._asked: list[Asked] = []
        self._closed: dict[tuple[str, str, str], int] = {}
        self._answers: list[tuple[Output | None, bool]] = []
        self._golds: dict[tuple[str, str], Output] = {}
        self._stamps: dict[tuple[str, ...], None] = {}
        self.n = self._unscored = 0

    def add(self, row: Mapping[str, Any]) -> None:
        """One prediction, as a mapping with its fields. Raises BadInput where its gold is no answer of its task."""
        self.n += 1
        keep = self._texts.setdefault
        case, model, mode, task = (keep(name, name) for name in _named(row))
        get = row.get
        self._stamps.setdefault(
            (model, get("quantization", ""), get("sha256", ""), get("adapter_sha256") or "", get("backend", "local"),
             row["version"], row["prompt_version"])
        )  # fmt: skip
        if not row["gold"]:
            self._unscored += 1
            return
        column = self._columns.get((task, model, mode))
        if column is None:
            if task not in tasks.TAGS:
                raise Unusable(f"no task is called {task!r}; remove the line.")
            column = self._columns[task, model, mode] = Column(
                quantization=row.get("quantization") or "", files=(row["sha256"], row["adapter_sha256"] or "")
            )
        gold = keep(row["gold"], row["gold"])
        column.cases.append(case)
        for own, name in ((column.groups, "group"), (column.subsets, "subset")):
            own.append(keep(row[name], row[name]))
        column.golds.append(gold)
        column.seconds.append(row["total_s"])
        column.tokens.append(row["completion_tokens"])
        if task in FURTHER:
            column.asked.append(self._ask(task, row))
        else:
            self._gold(task, gold)
            column.asked.append(self._answer(task, row))
            column.chances.add(row.get("probabilities"))

    def _ask(self, task: str, row: Mapping[str, Any]) -> int:
        keep = self._texts.setdefault
        text, gold, report = (keep(row[name], row[name]) for name in ("text", "gold", "report"))
        prior = row["prior"]
        key = (task, text, gold, report, prior or "")
        number = self._free.get(key)
        if number is None:
            number = self._free[key] = len(self._asked)
            self._asked.append(Asked(task, text, gold, report, keep(prior, prior) if prior else None))
        return number

    def _answer(self, task: str, row: Mapping[str, Any]) -> int:
        """The number of a closed answer. One that parses strictly means the same whatever the report is."""
        text = row["text"]
        number = self._closed.get((task, text, ""))
        if number is not None:
            return number
        output = parse(task, text, Report(row["report"]), lenient=False)
        key = (task, text, "" if output is not None else row["report"])
        number = self._closed.get(key)
        if number is None:
            strict = output is not None
            number = self._closed[key] = len(self._answers)
            own = output if strict else parse(task, text, Report(row["report"], row["prior"]), lenient=True)
            self._answers.append((own, strict))
        return number

    def _gold(self, task: str, text: str) -> None:
        if (task, text) not in self._golds:
            output = parse(task, text, Report(""), lenient=False)
            if output is None:
                raise Unusable(f"the gold answer {text[:60]!r} is not one of {task}; correct or remove the line.")
            self._golds[task, text] = output

    def samples(self) -> Samples:
        """Everything that was added, scored."""
        found = score_all(self._asked)
        cells = {key: self._cell(key, column, found) for key, column in self._columns.items()}
        self._columns = {}
        return Samples(ordered(cells), tuple(Stamp(*stamp) for stamp in self._stamps), self.n, self._unscored)

    def _cell(self, key: Key, column: Column, found: NDArray[np.float64]) -> Cell:
        task = tasks.get(key[0])
        closed = key[0] not in FURTHER
        asked = np.array(column.asked, int)
        golds = tuple(self._golds[key[0], text] for text in column.golds) if closed else ()
        answers = tuple(self._answers[i][0] for i in asked) if closed else ()
        if closed:
            strictly = np.array([self._answers[i][1] for i in asked], bool)
            parsed = np.array([answer is not None for answer in answers], bool)
            scores = closed_scores(golds, answers)
            strict = np.where(strictly, scores, 0.0)
            further: dict[str, NDArray[np.float64]] = {}
        else:
            own = found[asked]
            scores, strict, parsed, strictly = own[:, 0].copy(), own[:, 1].copy(), own[:, 2] > 0, own[:, 3] > 0
            further = {name: own[:, READ + i].copy() for i, name in enumerate(FURTHER[key[0]])}
        return Cell(
            *key,
            metric=task.metric,
            cases=tuple(column.cases),
            groups=tuple(column.groups),
            subsets=tuple(column.subsets),
            gold_texts=tuple(column.golds),
            scores=scores,
            strict=strict,
            parsed=parsed,
            strictly=strictly,
            seconds=np.array(column.seconds, float),
            tokens=np.array(column.tokens, float),
            further=further,
            golds=golds,
            answers=answers,
            reports=tuple(self._asked[i].report for i in asked) if key[0] in ON_REPORTS else (),
            probabilities=column.chances.done() if closed else (),
            quantization=column.quantization,
            files=column.files,
        )


def closed_scores(golds: Sequence[Output], answers: Sequence[Output | None]) -> NDArray[np.float64]:
    """Accuracy of labels, per-label accuracy of grids; pairs that were met before are looked up."""
    known: dict[tuple[int, int], float] = {}
    scores = np.empty(len(golds))
    for i, (gold, answer) in enumerate(zip(golds, answers, strict=True)):
        key = (id(gold), id(answer))
        value = known.get(key)
        if value is None:
            if isinstance(gold, AbnormalityOutput):
                labels = answer.labels if isinstance(answer, AbnormalityOutput) else None
                value = per_label_accuracy(labels, gold.labels)
            else:
                value = float(answer is not None and getattr(answer, "label", None) == getattr(gold, "label", ""))
            known[key] = value
        scores[i] = value
    return scores


def score_all(asked: Sequence[Asked]) -> NDArray[np.float64]:
    """A row of scores a free answer, as `free` gives them."""
    found = np.zeros((len(asked), READ + max(map(len, FURTHER.values()))))
    for place in sorted(range(len(asked)), key=lambda i: (asked[i].task, asked[i].report, asked[i].gold)):
        row = free(asked[place])
        found[place, : len(row)] = row
    return found
