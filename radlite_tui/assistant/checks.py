"""Disagreements between a report and an answer: sides, measurements, negation, levels.

May import `tasks` data types. Pure; conservative by intent: a warning must be worth reading, silence proves nothing.
"""

from __future__ import annotations

from radlite_tui.assistant.types import Warning
from radlite_tui.tasks.outputs import Output
from radlite_tui.tasks.report import Report


def warnings(report: Report, output: Output) -> tuple[Warning, ...]:
    """What in the answer disagrees with the report."""
    return ()
