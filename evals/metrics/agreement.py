"""Whether an impression agrees with its report on sides, sizes and negation: the app's own warnings, counted.

Imports the assistant's checks. They are conservative: silence proves nothing, and a warning is worth reading.
"""

from __future__ import annotations

from radlite_tui.assistant.checks import warnings
from radlite_tui.tasks.outputs import Output
from radlite_tui.tasks.report import Report

KINDS = ("laterality", "measurement", "negation")


def agreement(report: Report, output: Output | None) -> dict[str, float]:
    """Kind -> 1.0 where no warning of that kind is raised, else 0.0; all 0.0 for an answer that does not parse."""
    if output is None:
        return dict.fromkeys(KINDS, 0.0)
    raised = {warning.kind for warning in warnings(report, output)}
    return {kind: float(kind not in raised) for kind in KINDS}
