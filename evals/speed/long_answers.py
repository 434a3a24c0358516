"""A request with a long answer, so that writing is measured and not what surrounds it. May import its siblings."""

from __future__ import annotations

from evals.speed.bench import Bench
from evals.speed.subject import Subject
from evals.speed.timing import timed
from radlite_tui import tasks
from radlite_tui.assistant.types import Ask
from radlite_tui.engine.protocol import Request
from radlite_tui.tasks.base import Mode
from radlite_tui.tasks.report import Report

TASK = "impression_generation"
WORDS = f"[TASK: {TASK}] write the impression"
"""A free answer: neither a closed form nor a pattern, whose checks cost the more the less a model knows."""
REPORTS = 40


def report_for(bench: Bench, subject: Subject, limit: int) -> Report:
    """Of some synthetic reports, the one about which the model writes most; with a user's file, the one with the
    longest impression, since trying them all would take long."""
    from evals.cases import synthetic

    task = tasks.get(TASK)
    several = synthetic((TASK,), REPORTS, 0)
    if subject is not bench.embedded:
        return max(several, key=lambda case: len(task.render(case.gold))).report
    engine = bench.engine()
    assistant = subject.assistant(engine)

    def written(report: Report) -> int:
        plan = assistant.plan(Ask(report, WORDS, mode=Mode.FINE_TUNED, max_tokens=limit))
        return timed(assistant.run(plan)).tokens

    try:
        return max((case.report for case in several), key=written)
    finally:
        engine.close()


def request_for(bench: Bench, limit: int) -> Request:
    """Such a request of the subject, as the app would send it."""
    engine = bench.engine()
    assistant = bench.assistant(engine)
    ask = Ask(report_for(bench, bench.subject, limit), WORDS, mode=Mode.FINE_TUNED, max_tokens=limit)
    return assistant.request(assistant.plan(ask), constrained=False)
