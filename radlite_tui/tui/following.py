"""A run as it is followed on screen: its plan, its turn in the conversation, and how far it is.

May import the assistant's types, `messages`, `progress` and the turn. Folds many events into one drawing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from radlite_tui.assistant.types import Answer, Plan
from radlite_tui.tui.messages import Ended, Trouble
from radlite_tui.tui.progress import Progress
from radlite_tui.tui.widgets.answer import Turn

if TYPE_CHECKING:
    from radlite_tui.tui.messages import Item


@dataclass
class Following:
    """over: the run's thread has finished. typed: what stood in the input line for it."""

    plan: Plan
    turn: Turn
    progress: Progress
    over: bool = False
    typed: str = ""

    def take(self, items: Iterable[tuple[float, Item]]) -> Answer | None:
        """Everything that came since the last time; gives the answer when it is among it."""
        answer = None
        for seen, item in items:
            if isinstance(item, Answer):
                answer = item
                self.turn.finish(item)
            elif isinstance(item, Trouble):
                self.turn.fail(item.sentence)
                self.progress = replace(self.progress, state="failed")
            elif isinstance(item, Ended):
                self.over = True
            elif not isinstance(item, tuple):
                self.progress = self.progress.feed(item, seen)
        self.turn.follow(self.progress)
        return answer
