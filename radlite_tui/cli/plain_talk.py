"""The conversation of the line mode: the turns a chat goes on from, and whether it is kept.

May import the assistant's history and its siblings.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from radlite_tui.assistant.history import places
from radlite_tui.assistant.history.keeper import Keeper
from radlite_tui.assistant.history.store import Store
from radlite_tui.assistant.turns import earlier, following
from radlite_tui.assistant.types import Answer, Plan
from radlite_tui.cli.plain_ending import agreed
from radlite_tui.cli.plain_input import Lines
from radlite_tui.errors import BadInput

ON, OFF = "on", "off"


class Conversation:
    """tell: takes what is said about it."""

    def __init__(self, keeper: Keeper, lines: Lines, tell: Callable[[str], None]) -> None:
        self._keeper, self._lines, self._tell = keeper, lines, tell
        self._answers: list[Answer] = []

    def plan(self, plan: Plan) -> Plan:
        """The plan with what a chat goes on from; says how much that is."""
        follows = following(plan, earlier(self._answers, plan.ask.report.text))
        if turns := len(follows.ask.earlier):
            self._tell(f"sees {turns} earlier turn{'s' if turns > 1 else ''}; /new begins another conversation")
        return follows

    def answered(self, answer: Answer) -> None:
        self._answers.append(answer)

    def new(self) -> None:
        """What is asked next sees nothing of what was asked before, and is kept as another conversation."""
        self._keeper.begin()
        self._answers.clear()
        self._tell("A new conversation.")

    def private(self) -> None:
        """Nothing of this conversation is kept; what was kept of it goes, once the user agrees. Raises RadliteError."""
        number = self._keeper.make_private()
        if number is None:
            self._tell("This conversation is private: nothing of it is saved. /new begins another.")
            if self._keeper.settled.history.recover != "off":
                self._tell("Only a lost connection leaves a private file, until the next start.")
            return
        self._tell("This conversation is private from now on.")
        if agreed("Delete what was kept of it too? Enter deletes it, n leaves it: ", self._lines, self._tell):
            with closing(Store(places.database(self._keeper.settled.history))) as store:
                store.delete([number])
            self._keeper.talk.id = None
            self._tell("Deleted from the history.")

    def saving(self, value: str) -> None:
        """How saving stands, or on or off for this run of the program. Raises BadInput."""
        if value not in ("", ON, OFF):
            raise BadInput(f"/saving takes {ON} or {OFF}, not {value}.")
        if value and self._keeper.talk.private:
            raise BadInput("This conversation is private, so it is not saved; /new begins another.")
        if value:
            self._keeper.switch(value == ON)
        self._tell("SAVING ON" if self._keeper.on else "SAVING OFF")
