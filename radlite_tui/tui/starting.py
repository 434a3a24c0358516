"""What the first screen does without, imported in a thread once it is painted, so that no key waits for it either.

The read screen and the app import what they need of it where they use it. May import the assistant, late.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from radlite_tui.assistant.assistant import Assistant
    from radlite_tui.settings import Settings

KEEPING = ("radlite_tui.assistant.history.keeper",)
ASKING = tuple(f"radlite_tui.tui.{name}" for name in ("draft", "again", "following", "too_long"))
SCREENS = (
    "radlite_tui.tui.commands",
    "radlite_tui.tui.copying",
    *(f"radlite_tui.tui.screens.{name}" for name in ("pick", "form", "help", "jump", "compare", "history")),
)


def load(modules: tuple[str, ...]) -> None:
    """Import them."""
    for module in modules:
        import_module(module)


def create(found: Settings | None) -> Assistant:
    """The assistant as the settings have it. Raises RadliteError."""
    from radlite_tui.assistant.assistant import Assistant

    return Assistant.create(found)
