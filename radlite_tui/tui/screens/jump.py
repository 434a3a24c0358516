"""Letters over the parts of the screen; the next key goes to one of them. May import Textual only.

Every part that can have the focus is two keys away, without a mouse.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Label

LETTERS = "asdfghjklwertuiopzxcvbnm"


def parts_of(screen: Screen[object]) -> tuple[Widget, ...]:
    """What can have the focus and is seen, from top to bottom and left to right; as many as there are letters."""
    seen = [widget for widget in screen.focus_chain if widget.region and widget.region.overlaps(screen.region)]
    return tuple(sorted(seen, key=lambda widget: (widget.region.y, widget.region.x)))[: len(LETTERS)]


class JumpScreen(ModalScreen[None]):
    """targets: the parts of the screen below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Stay where you are", id="jump.close", priority=True),
    ]

    def __init__(self, targets: Sequence[Widget]) -> None:
        super().__init__()
        self.targets = dict(zip(LETTERS, targets, strict=False))

    def compose(self) -> ComposeResult:
        for letter in self.targets:
            yield Label(f" {letter} ", classes="jump-letter", id=f"jump-{letter}")

    def on_mount(self) -> None:
        self.place()

    def on_resize(self) -> None:
        self.call_after_refresh(self.place)

    def place(self) -> None:
        """Each letter at the upper left corner of its part."""
        for letter, target in self.targets.items():
            self.query_one(f"#jump-{letter}").absolute_offset = target.region.offset

    async def on_key(self, event: events.Key) -> None:
        """A letter goes there; any other key stays."""
        event.stop()
        event.prevent_default()
        target = self.targets.get(event.key)
        if not self.is_current:
            return  # a second key, before the first one's way out was gone
        if target is not None:
            target.screen.set_focus(target)
        self.dismiss()
