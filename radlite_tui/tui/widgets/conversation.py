"""The conversation: turns under each other, following the newest until the reader scrolls up.

May import Textual and `widgets.answer`. Holds a bounded number of turns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

if TYPE_CHECKING:
    from radlite_tui.tui.widgets.answer import Turn

MOST_TURNS = 100


class Conversation(VerticalScroll):
    """Answers, oldest first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "app.copy_answer", "Copy the answer", id="conversation.copy", show=False),
        Binding("Y", "app.copy_ascii", "Copy the answer as plain ASCII", id="conversation.copy_ascii", show=False),
        Binding("v", "app.show_answer", "Show the answer to select from", id="conversation.show", show=False),
        Binding("e", "screen.edit_turn", "Edit the request and send it anew", id="conversation.edit", show=False),
        Binding("r", "screen.retry_mode", "Ask again in the next mode", id="conversation.retry_mode", show=False),
        Binding("m", "screen.retry_model", "Ask again on the next model", id="conversation.retry_model", show=False),
        Binding("c", "screen.continue", "Go on with a stopped answer", id="conversation.continue", show=False),
        Binding("f", "screen.forget", "Chat without the turns above", id="conversation.forget", show=False),
        Binding("question_mark", "app.help", "Help", id="conversation.help", show=False),
        Binding("n", "app.step_mark(1)", "Next mark in the report", id="conversation.next_mark", show=False),
        Binding("N", "app.step_mark(-1)", "Previous mark in the report", id="conversation.previous_mark", show=False),
        Binding("j", "scroll_down", "Down", id="conversation.down", show=False),
        Binding("k", "scroll_up", "Up", id="conversation.up", show=False),
    ]

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.following = False

    def watch_virtual_size(self) -> None:
        self.settle()

    def on_resize(self) -> None:
        self.settle()

    def settle(self) -> None:
        """Follow the end once there is more than fits; before that nothing needs to move."""
        overflows = self.virtual_size.height > self.container_size.height > 0
        if overflows != self.following:
            self.following = overflows
            self.anchor(overflows)
            if not overflows:
                self.scroll_home(animate=False, immediate=True)

    def turns(self) -> list[Turn]:
        from radlite_tui.tui.widgets.answer import Turn

        return list(self.query(Turn))

    @property
    def latest(self) -> Turn | None:
        turns = self.turns()
        return turns[-1] if turns else None

    def add(self, turn: Turn) -> None:
        """A new turn at the end; the oldest go when there are too many."""
        for old in self.turns()[: -MOST_TURNS + 1]:
            old.remove()
        self.mount(turn)
        if self.following:
            self.anchor()

    def clear(self) -> None:
        self.query_children().remove()
        self.following = False
        self.anchor(False)
