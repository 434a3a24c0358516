"""What the history asks: really delete, take up again what was cut off.

May import Textual and the assistant's history. Each is answered by one key.
"""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from radlite_tui.assistant.history.recovery import Recovered, otherwise, sentence
from radlite_tui.assistant.intake import display


class ConfirmScreen(ModalScreen[bool]):
    """A question; True only by the letter for it, so that Enter pressed too often deletes nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes, delete", id="confirm.yes", priority=True),
        Binding("escape,n,enter", "answer(False)", "No, keep", id="confirm.no", priority=True),
    ]

    def __init__(self, question: str) -> None:
        super().__init__()
        self.question = question

    def compose(self) -> ComposeResult:
        with Vertical(classes="asked"):
            yield Static(Content(display(self.question)))
            yield Static("y deletes for good   Esc keeps", classes="asked-keys")

    def action_answer(self, agreed: bool) -> None:
        self.dismiss(agreed)


class OfferScreen(ModalScreen[bool]):
    """What was cut off the last time; whose report it is only shows once it is taken up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,r", "answer(True)", "Take it up again", id="offer.take", priority=True),
        Binding("escape,d", "answer(False)", "Do not", id="offer.leave", priority=True),
    ]

    def __init__(self, found: Recovered) -> None:
        super().__init__()
        self.found = found

    def compose(self) -> ComposeResult:
        with Vertical(classes="asked"):
            yield Static(Content(sentence(self.found)))
            yield Static(self.keys(), classes="asked-keys")

    def keys(self) -> str:
        return f"Enter takes it up again   Esc {otherwise(self.found)}"

    def action_answer(self, taken: bool) -> None:
        self.dismiss(taken)
