"""What the history asks: really delete, take up again what was cut off.

May import Textual and the assistant's history. Each is answered by one key.
"""

from __future__ import annotations

from typing import ClassVar

from textual import events
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
    """What was cut off the last time; whose report it is only shows once it is taken up.

    It comes unasked, so no letter answers it: what is typed or pasted meanwhile waits in `held`, in order.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "answer(True)", "Take it up again", id="offer.take", priority=True),
        Binding("escape", "answer(False)", "Do not", id="offer.leave", priority=True),
    ]

    def __init__(self, found: Recovered) -> None:
        super().__init__()
        self.found = found
        self.held: list[str] = []

    def compose(self) -> ComposeResult:
        with Vertical(classes="asked"):
            yield Static(Content(sentence(self.found)))
            yield Static(self.keys(), classes="asked-keys")
            yield Static(id="offer-held")

    def on_key(self, event: events.Key) -> None:
        if event.is_printable and event.character:
            event.stop()
            self.hold(event.character)

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self.hold(event.text)

    def hold(self, text: str) -> None:
        """Kept for the line below; says so."""
        self.held.append(text)
        self.query_one("#offer-held", Static).update("What you type or paste now waits for your answer to this.")

    def keys(self) -> str:
        return f"Enter takes it up again   Esc {otherwise(self.found)}"

    def action_answer(self, taken: bool) -> None:
        self.dismiss(taken)
