"""Further metrics as tables: a table a task, one of label probabilities, and those by RADS system and by label.

Imports the measures; decides how they are written, computes none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evals.further.labels import Confusion
from evals.further.measure import Measure
from evals.report.sections import Table
from evals.report.tables import MODES, OURS, figure, share
from radlite_tui.tasks import TAGS
from radlite_tui.tasks.rads import SYSTEMS

SAID = (
    "What the same answers score by other measures, defined with their sources in docs/evals.md. Strict: only answers "
    "in the canonical format count. Majority: what always giving the most common gold answer would get."
)
SURE = ("ece", "brier", "selective_accuracy")
BY_SYSTEM = ("macro_f1", "quadratic_kappa", "off_by_one", "crosses_threshold")
BY_LABEL = ("label_accuracy", "f1")
WHOLE = ("14 labels", "5 labels", "")
Column = tuple[str, str]
"""Model and mode."""


def sure(found: Sequence[Measure]) -> bool:
    """Whether any of them is of label probabilities."""
    return any(one.metric in SURE for one in found)


def columns(found: Sequence[Measure]) -> list[Column]:
    """Models as they come, each with its modes from untuned to tuned."""
    pairs = dict.fromkeys((one.model, one.mode) for one in found)
    models = list(dict.fromkeys(model for model, _ in pairs))
    return sorted(pairs, key=lambda pair: (models.index(pair[0]), MODES.index(pair[1])))


def told(one: Measure | None) -> str:
    return "" if one is None else figure(one.value, one.low, one.high)


def number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def by_task(found: Sequence[Measure]) -> list[Table]:
    """A table a task: a line a metric, model and mode."""
    made = []
    for tag in TAGS:
        own = [one for one in found if one.task == tag and one.metric not in SURE and one.part in WHOLE]
        order = columns(own)
        titles = list(dict.fromkeys(one.title for one in own))
        lines = [
            (one.title, one.model, one.mode, told(one), number(one.strict), number(one.majority),
             share(one.unparseable), str(one.n))
            for one in sorted(own, key=lambda m: (titles.index(m.title), order.index((m.model, m.mode))))
        ]  # fmt: skip
        if lines:
            header = ("metric", "model", "mode", "value (95 % interval)", "strict", "majority", "unparseable", "n")
            made.append(Table(f"{tag}. {OURS}", header, lines))
    return made


def sureness(found: Sequence[Measure]) -> Table:
    """Calibration and selective accuracy: a line a task, model and mode."""
    by_key = _by_key(found)
    parts = list(dict.fromkeys(one.part for one in found if one.metric == "selective_accuracy"))
    lines = []
    for tag in TAGS:
        for model, mode in columns([one for one in found if one.task == tag and one.metric in SURE]):
            own = {name: by_key.get((tag, model, mode, *name)) for name in (("ece", ""), ("brier", ""))}
            kept = [by_key.get((tag, model, mode, "selective_accuracy", part)) for part in parts]
            error, squares, last = own["ece", ""], own["brier", ""], kept[-1]
            base = number(squares.majority) if squares else ""
            ends = (number(last.majority), str(last.n)) if last else ("", "")
            lines.append((tag, model, mode, told(error), told(squares), base, *map(told, kept), *ends))
    header = (
        "task", "model", "mode", "ECE", "Brier score", "Brier of the labels' shares",
        *(f"right, surest {part}" for part in parts), "majority", "choices",
    )  # fmt: skip
    note = (
        "Label probabilities as the model gives them, with 95 % intervals: expected calibration error in 10 bins and "
        "Brier score (less is better), and how often the surest answers are right when the others are left to the "
        "reader. A grid of abnormalities is 14 choices."
    )
    return Table(f"{note} {OURS}", header, lines)


def by_part(found: Sequence[Measure], confusions: Sequence[Confusion]) -> list[Table]:
    """RADS systems, labels of the grid, and confusion tables; those there is something of."""
    made = [_systems(found), _labels(found), *_confusions(confusions)]
    return [table for table in made if table.rows]


def _systems(found: Sequence[Measure]) -> Table:
    own = [one for one in found if one.task == "rads_assignment" and one.part and one.metric in BY_SYSTEM]
    by_key = _by_key(own)
    names = [s.name for s in SYSTEMS]
    parts = sorted(dict.fromkeys(one.part for one in own), key=lambda part: (names.index(part.split(" ")[0]), part))
    lines = []
    for part in parts:
        for model, mode in columns([one for one in own if one.part == part]):
            cells = [by_key.get(("rads_assignment", model, mode, name, part)) for name in BY_SYSTEM]
            some = next(one for one in cells if one is not None)
            of_share, kappa = cells[3] or cells[2], cells[1]
            lines.append(
                (part, model, mode, *map(told, cells), number(of_share.strict if of_share else None),
                 number(of_share.majority if of_share else None), share(some.unparseable),
                 str((of_share or some).n), str(kappa.n) if kappa else "0")
            )  # fmt: skip
    header = (
        "system", "model", "mode", "macro-F1", "quadratic kappa", "off by one at most", "crosses a threshold",
        "strict", "majority", "unparseable", "n", "n of kappa",
    )  # fmt: skip
    note = (
        "RADS answers by system. Kappa: of answers on the gold one's risk scale; off by one: where gold is a degree "
        "of risk. Strict and majority: of the share that crosses a threshold (of off by one for a scale alone)."
    )
    return Table(f"{note} {OURS}", header, lines)


def _labels(found: Sequence[Measure]) -> Table:
    own = [one for one in found if one.metric in BY_LABEL]
    by_key = _by_key(own)
    lines = []
    for part in dict.fromkeys(one.part for one in own):
        for model, mode in columns([one for one in own if one.part == part]):
            right, f1 = (by_key.get(("abnormality_detection", model, mode, name, part)) for name in BY_LABEL)
            cells = [(told(m), number(m.strict), number(m.majority)) if m else ("", "", "") for m in (right, f1)]
            counts = (str(f1.n) if f1 else "0", str(right.n) if right else "")
            lines.append((part, model, mode, *cells[0], *cells[1], *counts))
    header = (
        "label", "model", "mode", "accuracy", "strict", "majority", "F1 of positive", "strict", "majority",
        "positive", "n",
    )  # fmt: skip
    return Table(f"The 14 CheXpert labels. Accuracy is over four statuses, F1 of positive. {OURS}", header, lines)


def _confusions(found: Sequence[Confusion]) -> list[Table]:
    made = []
    for tag in dict.fromkeys(one.task for one in found):
        own = [one for one in found if one.task == tag]
        labels = own[0].labels
        lines = [
            (gold, one.model, one.mode, *(str(one.counts[gold, given]) for given in (*labels, "")))
            for gold in labels
            for one in own
        ]
        header = ("gold", "model", "mode", *(f"given {label}" for label in labels), "unparseable")
        made.append(Table(f"{tag}: how many cases of each gold label got which label. {OURS}", header, lines))
    return made


def _by_key(found: Sequence[Measure]) -> Mapping[tuple[str, str, str, str, str], Measure]:
    return {(one.task, one.model, one.mode, one.metric, one.part): one for one in found}
