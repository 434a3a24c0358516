"""What no clipboard took: shown to select from, or written to a file, as the user chooses. May import Textual and
`assistant.copying`.
"""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from radlite_tui.assistant.clipboard import Route
from radlite_tui.assistant.copying import Copied

WAYS = {
    Route.PAGER: "Enter shows it on the terminal's own screen, to select it there; q comes back.",
    Route.FILE: "f writes it to a file that only you can read.",
}


class ByHandScreen(ModalScreen[Route | None]):
    """done: why nothing took it, and the ways that are left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,v", "take('pager')", "Show it in a pager, to select from", id="by_hand.pager", priority=True),
        Binding("f", "take('file')", "Write it to a file", id="by_hand.file", priority=True),
        Binding("escape", "leave", "Neither", id="by_hand.close", priority=True),
    ]

    def __init__(self, done: Copied) -> None:
        super().__init__()
        self.done = done

    def compose(self) -> ComposeResult:
        with Vertical(classes="asked"):
            yield Static(Content(self.done.why))
            ways = [WAYS[way] for way in self.done.by_hand]
            yield Static(Content("\n".join([*ways, "Esc leaves it."])), classes="asked-keys")

    def action_take(self, name: str) -> None:
        way = Route(name)
        if way in self.done.by_hand:
            self.dismiss(way)

    def action_leave(self) -> None:
        self.dismiss(None)
