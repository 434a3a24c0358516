"""How long the prompt is, counted by the model's own tokeniser in a thread once the user pauses.

May import the assistant, `messages` and Textual. A count that is out of date by its serial number is to be ignored.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.screen import Screen
from textual.timer import Timer

from radlite_tui.errors import RadliteError
from radlite_tui.tui.messages import Counted

if TYPE_CHECKING:
    from radlite_tui.assistant.assistant import Assistant
    from radlite_tui.assistant.types import Plan

COUNT_AFTER = 0.4


class Counter:
    """Posts `Counted` to its screen. The first count makes the engine read the model."""

    def __init__(self, screen: Screen[None]) -> None:
        self.screen = screen
        self.serial = 0
        self.timer: Timer | None = None

    def drop(self) -> None:
        """What is being counted is out of date."""
        self.serial += 1
        if self.timer is not None:
            self.timer.stop()
            self.timer = None

    def soon(self, assistant: Assistant, plan: Plan) -> None:
        """Count this plan's prompt unless another comes first."""
        self.drop()
        self.timer = self.screen.set_timer(COUNT_AFTER, partial(self.start, assistant, plan))

    def now(self, assistant: Assistant, plan: Plan) -> None:
        """Count this plan's prompt at once."""
        self.drop()
        self.start(assistant, plan)

    def start(self, assistant: Assistant, plan: Plan) -> None:
        work = partial(self.count, assistant, plan, self.serial)
        self.screen.app.run_worker(work, thread=True, exit_on_error=False, exclusive=True, group="count")

    def count(self, assistant: Assistant, plan: Plan, serial: int) -> None:
        """In a thread. What is wrong with the model is left for the run to say."""
        try:
            tokens, context = assistant.count(plan)
        except RadliteError:
            return
        self.screen.post_message(Counted(serial, tokens, context))
