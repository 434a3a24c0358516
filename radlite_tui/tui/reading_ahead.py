"""Reads the report in while the user types, so that the answer begins at once. A thread follows the engine's events.

May import the assistant, `messages` and Textual. What is out of date by its serial number is to be ignored. Nothing is
read while an answer is being written, on battery, or where the user switched it off.
"""

from __future__ import annotations

import logging
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from textual.screen import Screen
from textual.timer import Timer

from radlite_tui.tui.messages import ReadIn

if TYPE_CHECKING:
    from radlite_tui.assistant.assistant import Assistant
    from radlite_tui.assistant.types import Plan
    from radlite_tui.tasks.report import Report

READ_AFTER = 0.3

log = logging.getLogger(__name__)

Key = tuple[str, str | None, str | None, str | None, str | None]


class ReadingAhead:
    """Posts `ReadIn` to its screen. One report is read for one model and mode at a time."""

    def __init__(self, screen: Screen[None], wanted: bool = True) -> None:
        self.screen, self.wanted = screen, wanted
        self.serial = 0
        self.key: Key | None = None
        self.asked: tuple[str, str | None] | None = None
        self.timer: Timer | None = None

    def drop(self, assistant: Assistant | None) -> None:
        """What is being read is out of date: stop at once."""
        self._forget()
        if assistant is not None:
            assistant.stop_reading()

    def soon(self, assistant: Assistant, report: Report, plan: Plan | None) -> None:
        """Read this report for the model and mode of this plan, once the typing pauses; what is read stays read."""
        if not self.wanted or not report.text.strip() or (report.text, report.prior) == self.asked:
            return
        chosen = (plan.model, str(plan.mode)) if plan is not None else (None, None)
        task = plan.routing.task if plan is not None and plan.mode is not None and plan.mode.shots else None
        about = report if plan is None else plan.ask.report  # the plan may have taken it apart
        key = (about.text, about.prior, *chosen, task)
        if key == self.key:
            return
        self.drop(assistant)
        self.key = key
        self.timer = self.screen.set_timer(READ_AFTER, partial(self.start, assistant, about, plan))

    def sent(self, report: Report) -> None:
        """A request about this report went off and takes over what was read of it."""
        self._forget()
        self.asked = (report.text, report.prior)

    def _forget(self) -> None:
        """Whatever is being read, or waits to be, has no more news."""
        self.serial += 1
        self.key = None
        if self.timer is not None:
            self.timer.stop()
            self.timer = None

    def start(self, assistant: Assistant, report: Report, plan: Plan | None) -> None:
        from radlite_tui.assistant.machine import on_battery

        if on_battery():
            return
        work = partial(self.read, assistant, report, plan, self.serial)
        self.screen.app.run_worker(work, thread=True, exit_on_error=False, group="reading")

    def read(self, assistant: Assistant, report: Report, plan: Plan | None, serial: int) -> None:
        """In a thread. What is wrong with the model is left for the request to say."""
        from radlite_tui.engine.protocol import Cancelled, Done, Failed, Prefill

        with closing(assistant.read_ahead(report, plan)) as events:  # type: ignore[type-var]
            for event in events:
                if serial != self.serial:
                    return
                if isinstance(event, Prefill):
                    self.screen.post_message(ReadIn(serial, event.done, event.total))
                elif isinstance(event, Done):
                    self.screen.post_message(ReadIn(serial, event.stats.prompt_tokens, event.stats.prompt_tokens))
                elif isinstance(event, Cancelled | Failed):
                    log.info("reading ahead ended: %s", type(event).__name__)
