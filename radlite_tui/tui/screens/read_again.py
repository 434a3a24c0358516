"""The read screen asks again: edit and resend, retry in another mode or model, go on after a stop, forget turns.

May import `again` and `read_running`. All of it is about the latest turn, which Tab leads to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from radlite_tui.tui.screens.read_running import ReadRunning

if TYPE_CHECKING:
    from radlite_tui.tui.widgets.answer import Turn


class ReadAgain(ReadRunning):
    """What the conversation's keys do."""

    def latest(self) -> Turn | None:
        """The latest turn, when something new can run; says so when there is none."""
        if not self.idle():
            return None
        if self.conversation.latest is None:
            self.notify("Nothing has been asked yet.", timeout=3)
        return self.conversation.latest

    def action_edit_turn(self) -> None:
        """Its words back into the input line; what is sent next stands in its place."""
        turn = self.latest()
        if turn is None:
            return
        from radlite_tui.tui.choices import Choices

        ask = turn.plan.ask
        self.draft.choices = Choices(ask.task, ask.model, ask.mode)
        self.replaces = turn
        self.ask_line.text = ask.words
        self.ask_line.move_cursor(self.ask_line.document.end)
        self.ask_line.focus()
        self.replan()

    def action_retry_mode(self) -> None:
        turn, assistant = self.latest(), self.radlite.assistant
        if turn is not None and assistant is not None:
            from radlite_tui.tui.again import in_next_mode

            self.begin(in_next_mode(assistant, turn), typed=False)

    def action_retry_model(self) -> None:
        turn, assistant = self.latest(), self.radlite.assistant
        if turn is None or assistant is None:
            return
        from radlite_tui.tui.again import on_next_model

        plan = on_next_model(assistant, turn)
        if plan is None:
            self.notify("There is only one model.", timeout=3)
        else:
            self.begin(plan, typed=False)

    def action_continue(self) -> None:
        """Go on from where the latest answer was stopped or cut, in its place."""
        turn = self.latest()
        if turn is None:
            return
        from radlite_tui.tui.again import continued

        plan = continued(turn)
        if isinstance(plan, str):
            self.notify(plan, timeout=4)
            return
        self.replaces = turn
        self.begin(plan, typed=False)

    def action_forget(self) -> None:
        """What is asked next does not see what was said so far; it stays on screen."""
        self.forgotten = len(self.conversation.turns())
        self.notify("What you ask next does not see the turns above.", timeout=4)
        self.replan()
