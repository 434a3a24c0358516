"""What was read out of a file, before it is used: format, what was taken and left out, and the text itself.

May import Textual and the assistant's intake.
"""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from radlite_tui.assistant.intake import Taken, display
from radlite_tui.tui.lines import MUTED

KEYS = "Enter uses this text   arrows scroll   Esc does not use it"


class TakenScreen(ModalScreen[Taken | None]):
    """Gives back what was read when it is to be used, else None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "use", "Use what was read", id="taken.use", priority=True),
        Binding("escape", "leave", "Do not use it", id="taken.close", priority=True),
    ]

    def __init__(self, taken: Taken) -> None:
        super().__init__()
        self.taken = taken

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="taken"):
            yield Static(self.text(), id="taken-text")
        yield Static(KEYS, id="taken-keys")

    def on_mount(self) -> None:
        box = self.query_one("#taken")
        box.border_title = "What was read"
        box.focus()

    def text(self) -> Content:
        """The sentences, then the report, then the earlier one."""
        taken = self.taken
        parts = [Content.styled(display("\n".join(taken.lines())), "bold"), Content("")]
        parts.append(Content(display(taken.text)))
        if taken.prior is not None:
            parts += [Content(""), Content.styled("Earlier report", f"bold {MUTED}"), Content(display(taken.prior))]
        return Content("\n").join(parts)

    def action_use(self) -> None:
        self.dismiss(self.taken)

    def action_leave(self) -> None:
        self.dismiss(None)
