"""What there is to look at in a results folder: boards, confusions and cases. Pure; knows no widget.

Imports the report's content. Texts are as the models wrote them; whoever draws them makes them harmless.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

from evals.cells import Cell, shared
from evals.predictions import Prediction
from evals.report.content import Content
from evals.score import Row
from radlite_tui import tasks
from radlite_tui.tasks import rads
from radlite_tui.tasks.outputs import CERTAINTIES, AbnormalityOutput, Output, RadsOutput

Which = Literal["disagreements", "errors of A", "errors of B", "all cases"]
WHICH: tuple[Which, ...] = get_args(Which)
UNPARSED = "unparsed"
OTHER = "other"
NONE = "none"
"""Instead of a RADS system: no RADS category applies."""
MOST = 12
"""Labels a confusion shows by name; the rest are `other`."""


@dataclass(frozen=True)
class Confusion:
    """counts[gold][answer] over n decisions; labels down, answers (with `unparsed`, and `other` where there are too
    many labels) across."""

    labels: tuple[str, ...]
    answers: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    n: int


@dataclass(frozen=True)
class Shown:
    """One case with the answers of A and B, their scores, and its place among those shown."""

    a: Prediction
    b: Prediction
    a_score: float
    b_score: float


class Looking:
    """The results, asked for piece by piece."""

    def __init__(self, content: Content) -> None:
        self.content = content

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """The tasks there are, in display order."""
        return tuple(dict.fromkeys(cell.task for cell in self.content.cells.values()))

    @cached_property
    def texts(self) -> dict[tuple[str, str, str, str], Prediction]:
        return {(p.task, p.model, p.mode, p.case): p for p in self.content.predictions}

    def board(self, tag: str) -> list[Row]:
        """A task's rows, best first."""
        return sorted((r for r in self.content.rows if r.task == tag), key=lambda r: -r.value)

    def best(self) -> list[Row]:
        """The best row of every task."""
        return [self.board(tag)[0] for tag in self.tags]

    def cell(self, row: Row) -> Cell:
        return self.content.cells[row.task, row.model, row.mode]

    def subsets(self, tag: str) -> tuple[str, ...]:
        """ "" for all, then the subsets of a task with labels."""
        cells = [cell for cell in self.content.cells.values() if cell.task == tag and cell.golds]
        return ("", *sorted({subset for cell in cells for subset in cell.subsets if subset}))

    def cases(self, tag: str, a: Row, b: Row, which: Which) -> list[Shown]:
        """The cases that A and B share, of one kind, in the order of the results."""
        one, other = shared(self.cell(a), self.cell(b))
        found = []
        for place, case in enumerate(one.cases):
            p, q = self.texts[(*one.key, case)], self.texts[(*other.key, case)]
            shown = Shown(p, q, float(one.scores[place]), float(other.scores[place]))
            if belongs(shown, which):
                found.append(shown)
        return found


def belongs(shown: Shown, which: Which) -> bool:
    if which == "disagreements":
        return shown.a.text.strip() != shown.b.text.strip()
    if which == "errors of A":
        return shown.a_score < 1
    return shown.b_score < 1 if which == "errors of B" else True


def confusion(cell: Cell, subset: str = "") -> Confusion | None:
    """Gold against answer of a closed task; None for a free one. A grid's statuses are pooled. Of RADS categories all
    together are shown by system, those of one system (subset) by category."""
    if not cell.golds:
        return None
    pairs: Counter[tuple[str, str]] = Counter()
    for gold, answer, own in zip(cell.golds, cell.answers, cell.subsets, strict=True):
        if subset and own != subset:
            continue
        if isinstance(gold, AbnormalityOutput):
            grid = answer.labels if isinstance(answer, AbnormalityOutput) else {}
            pairs.update((status, grid.get(label, UNPARSED)) for label, status in gold.labels.items())
        elif isinstance(gold, RadsOutput) and not subset:
            pairs[gold.system or NONE, _system(answer)] += 1
        else:
            pairs[getattr(gold, "label", ""), getattr(answer, "label", UNPARSED)] += 1
    return _table(pairs, _labels(cell.task, pairs, by_system=not subset))


def _system(answer: Output | None) -> str:
    return answer.system or NONE if isinstance(answer, RadsOutput) else UNPARSED


def _labels(tag: str, pairs: Counter[tuple[str, str]], by_system: bool) -> tuple[str, ...]:
    """The labels to show, in display order: of many, the most common gold ones."""
    known = CERTAINTIES if tag == "abnormality_detection" else tasks.get(tag).labels or ()
    if tag == "rads_assignment" and by_system:
        known = (*(system.name for system in rads.SYSTEMS), NONE)
    golds: Counter[str] = Counter()
    for (gold, _), count in pairs.items():
        golds[gold] += count
    if len(known) <= MOST:
        return tuple(label for label in known if golds[label] or any(answer == label for _, answer in pairs))
    common = {label for label, _ in golds.most_common(MOST)}
    return tuple(label for label in known if label in common)


def _table(pairs: Counter[tuple[str, str]], labels: Sequence[str]) -> Confusion:
    counts = [[pairs[gold, answer] for answer in labels] for gold in labels]
    for gold, line in zip(labels, counts, strict=True):
        total = sum(count for (own, _), count in pairs.items() if own == gold)
        line += [total - sum(line) - pairs[gold, UNPARSED], pairs[gold, UNPARSED]]
    keep = [i for i in range(len(labels) + 2) if i < len(labels) or any(line[i] for line in counts)]
    answers = [*labels, OTHER, UNPARSED]
    return Confusion(
        tuple(labels),
        tuple(answers[i] for i in keep),
        tuple(tuple(line[i] for i in keep) for line in counts),
        sum(map(sum, counts)),
    )


def histogram(cell: Cell, bins: int = 10) -> list[tuple[str, int]]:
    """How many answers of a free task scored how well: ("0.0-0.1", count) ... and those that did not parse."""
    scored = cell.scores[cell.parsed]
    places = [min(int(score * bins), bins - 1) for score in scored]
    found = [(f"{i / bins:.1f}-{(i + 1) / bins:.1f}", places.count(i)) for i in range(bins)]
    return [*found, (UNPARSED, int((~cell.parsed).sum()))]
