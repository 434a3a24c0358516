"""What RadLite can do: nine tasks and plain chat, one module each.

`get(tag)` gives a task, `TAGS` the nine in display order. Pure: no I/O on user files, no model, no Textual.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from radlite_tui.errors import BadInput
from radlite_tui.tasks.base import Example, Mode, Task
from radlite_tui.tasks.report import Report

TAGS = (
    "rads_assignment",
    "impression_generation",
    "temporal_comparison",
    "radiology_nli",
    "radiology_ner",
    "abnormality_detection",
    "n_staging",
    "m_staging",
    "radiology_qa",
)
CHAT = "chat"

__all__ = ["CHAT", "TAGS", "Example", "Mode", "Report", "Task", "get"]


@cache
def get(tag: str) -> Task:
    """The task with this tag (one of TAGS, or CHAT). Raises BadInput naming the tag and the known ones.

    Each task is `TASK` in the module of `radlite_tui.tasks` that bears its tag.
    """
    if tag not in TAGS and tag != CHAT:
        raise BadInput(f"Unknown task {tag!r}; the tasks are {', '.join(TAGS)} and {CHAT}.")
    task: Task = import_module(f"radlite_tui.tasks.{tag}").TASK
    return task
