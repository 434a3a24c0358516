"""Runs work as the scheduler would, one piece at a time, for tests of the pieces."""

from __future__ import annotations

from typing import TypeVar

from radlite_tui.engine.llama.context import Context
from radlite_tui.engine.llama.faults import Aborted
from radlite_tui.engine.llama.work import Work

Result = TypeVar("Result")


def drive(context: Context, work: Work[Result]) -> Result:
    """Compute everything the work asks for; returns its result."""
    try:
        rows = next(work)
        while True:
            try:
                context.decode(rows)
            except Aborted as aborted:
                rows = work.throw(aborted)
                continue
            rows = work.send([context.logits(i) for i, row in enumerate(rows) if row.logits])
    except StopIteration as end:
        result: Result = end.value
        return result
