"""What stands on a terminal that is too small for the app. May import Textual only."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Static

LEAST_WIDTH = 40
LEAST_HEIGHT = 12


def too_small(width: int, height: int) -> bool:
    return width < LEAST_WIDTH or height < LEAST_HEIGHT


class TooSmall(Screen[None]):
    """One sentence; the app behind it goes on and comes back with the size."""

    def compose(self) -> ComposeResult:
        yield Static(f"Terminal too small: need at least {LEAST_WIDTH}x{LEAST_HEIGHT}. Ctrl+Q quits.", id="too-small")
