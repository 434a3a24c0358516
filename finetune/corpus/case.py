"""One training or evaluation case. Imports `radlite_tui.tasks` only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from radlite_tui.tasks.outputs import Output
from radlite_tui.tasks.report import Report

Split = Literal["train", "validation", "test"]


@dataclass(frozen=True)
class Case:
    """A report, what is asked of it and the gold output.

    group: cases of one (synthetic) patient share it; no group crosses splits.
    subset: what scores may be grouped by, such as the RADS system.
    """

    id: str
    task: str
    report: Report
    gold: Output
    words: str = ""
    split: Split = "train"
    group: str = ""
    subset: str = ""
    source: str = "synthetic"
    licence: str = "Apache-2.0"
    tags: tuple[str, ...] = field(default=())
