"""One line of text, asked for with a title and a sentence about it: a title, a file, an expected answer.

May import Textual.
"""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static


class LineScreen(ModalScreen[str | None]):
    """Gives the line without the spaces around it, or None when it was left. empty: whether it may be empty."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave it", id="line.close", priority=True),
    ]

    def __init__(self, title: str, value: str, about: str, *, empty: bool = False) -> None:
        super().__init__()
        self.heading, self.value, self.about, self.empty = title, value, about, empty

    def compose(self) -> ComposeResult:
        with Vertical(classes="asked"):
            yield Input(self.value, compact=True, select_on_focus=False)
            yield Static(Content(self.about), classes="asked-keys")

    def on_mount(self) -> None:
        self.query_one(Vertical).border_title = self.heading
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        line = event.value.strip()
        if line or self.empty:
            self.dismiss(line)

    def action_leave(self) -> None:
        self.dismiss(None)
