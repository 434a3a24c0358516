"""The one schema of all training and evaluation data, and the check every row passes before it is kept.

A row is a case in ten columns of text; `gold` is the canonical answer, so a row means what its task's own parser reads
in it and nothing else. May import `radlite_tui.tasks` and `Case`; must never know a particular source.
"""

from __future__ import annotations

from collections.abc import Mapping

from finetune.corpus.case import Case, Split
from radlite_tui.errors import BadInput, ParseError
from radlite_tui.tasks import Report, Task, get
from radlite_tui.tasks.outputs import RadsOutput

COLUMNS = ("id", "task", "report", "prior", "words", "gold", "source", "licence", "split", "group")
"""prior: the empty text where there is none. group: the patient or case; no group is in two splits."""

SPLITS: tuple[Split, ...] = ("train", "validation", "test")

Row = dict[str, str]


def row_of(case: Case) -> Row:
    """The row of a case. Raises BadInput with the reason when it is not fit to learn from or to be scored on."""
    task = get(case.task)
    if case.split not in SPLITS:
        raise BadInput(f"the split {case.split!r} is none of {', '.join(SPLITS)}")
    for column in ("id", "source", "licence", "group"):
        if not getattr(case, column):
            raise BadInput(f"it has no {column}")
    if lacking := unasked(task, case.report, case.words):
        raise BadInput(lacking)
    gold = task.render(case.gold)
    try:
        read = task.render(task.parse(gold, case.report))
    except ParseError as error:
        raise BadInput(f"its task does not read the answer: {error}") from None
    if read != gold:
        raise BadInput("its task reads the answer as another one")
    return {
        "id": case.id,
        "task": case.task,
        "report": case.report.text,
        "prior": case.report.prior or "",
        "words": case.words,
        "gold": gold,
        "source": case.source,
        "licence": case.licence,
        "split": case.split,
        "group": case.group,
    }


def unasked(task: Task, report: Report, words: str) -> str:
    """What the task cannot be asked without and is not given; the empty text when it can be asked."""
    if not report.text.strip() and not task.uses_words:
        return "the report is empty"
    if task.uses_words and not words.strip():
        return f"the {task.words_heading.lower()} is empty"
    if task.needs_prior and not (report.prior or "").strip():
        return "there is no prior report"
    return ""


def case_of(row: Mapping[str, str]) -> Case:
    """The case of a row, its gold as the task's parser reads it; RADS cases are grouped by system, for scores.

    Raises ParseError when the parser cannot read it.
    """
    report = Report(row["report"], row["prior"] or None, row["source"])
    gold = get(row["task"]).parse(row["gold"], report)
    split = next(split for split in SPLITS if split == row["split"])
    return Case(
        row["id"],
        row["task"],
        report,
        gold,
        words=row["words"],
        split=split,
        group=row["group"],
        subset=gold.system if isinstance(gold, RadsOutput) else "",
        source=row["source"],
        licence=row["licence"],
    )
