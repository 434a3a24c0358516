"""Every key and what it does, read from the bindings themselves so that it cannot drift from them.

May import Textual and, late, `keymap`, which reads every binding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Static

from radlite_tui import NOT_FOR_CLINICAL_USE, __version__
from radlite_tui.tui.lines import MUTED, hang, lines

INTRODUCTION = (
    "Paste a report, say what you want in your own words, press Enter. The line above the input shows, before you "
    "press it, which task, model and mode would run. A chat (Ctrl+K, 0) sees its earlier turns about the same "
    "report; everything else is answered from the report alone. Nothing leaves this machine; the status line says "
    "whether saving is on, which keeps conversations in the history."
)
SPECIAL = {
    "question_mark": "?",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "escape": "Esc",
    "enter": "Enter",
}


def key_names(keys: str) -> str:
    """Keys as people read them."""
    return " or ".join(key_name(key) for key in keys.split(","))


def key_name(key: str) -> str:
    key = key.strip()
    if key in SPECIAL:
        return SPECIAL[key]
    modifiers, _, last = key.rpartition("+")
    function_key = last.startswith("f") and last[1:].isdigit()
    if function_key or (modifiers and len(last) == 1):
        last = last.upper()
    elif len(last) > 1:
        last = last.capitalize()
    return f"{modifiers.title()}+{last}" if modifiers else last


PLACES = {
    "RadliteApp": "Everywhere",
    "ReadScreen": "Report and conversation",
    "AskLine": "Input line",
    "ReportText": "Report",
    "Conversation": "Conversation",
    "PickScreen": "List of tasks",
    "OpenScreen": "Opening a file",
    "TakenScreen": "What was read out of a file",
    "CompareScreen": "Comparison",
    "FormScreen": "Form of a task",
    "HistoryScreen": "History",
    "ConfirmScreen": "Question before deleting",
    "LineScreen": "A line to type",
    "OfferScreen": "What was cut off",
    "ByHandScreen": "What no clipboard took",
    "HelpScreen": "Help",
    "JumpScreen": "Letters to go to",
}


def place_of(owner: type) -> str:
    """Where a class's keys work, in words."""
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in owner.__name__).split()
    return PLACES.get(owner.__name__, " ".join(word for word in words if word != "screen").capitalize())


def section(name: str, bindings: Iterable[Binding], keymap: Mapping[str, str], width: int) -> Content:
    """The keys of one place, as they are set."""
    rows = [Content.styled(name, "bold $text-primary")]
    for binding in bindings:
        if binding.description:
            keys = key_names(keymap.get(binding.id or "", binding.key))
            rows.append(hang(Content.styled(f"  {keys:<20} ", "bold"), binding.description, width))
    return lines([*rows, Content("")])


class HelpScreen(ModalScreen[None]):
    """Scrolls; Esc closes. The keys of the part that has the focus come first, then its screen's, then all others.

    below: the screen it was asked for on; focused: the part that has the focus there.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "dismiss", "Close", id="help.close", priority=True),
    ]

    def __init__(self, below: Screen[Any], focused: Widget | None) -> None:
        super().__init__()
        self.below = below
        self.focused_below = focused

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            yield Static(id="help-text")

    def on_mount(self) -> None:
        box = self.query_one("#help")
        box.border_title = f"RadLite {__version__} ─ {NOT_FOR_CLINICAL_USE}"
        box.border_subtitle = "arrows scroll ─ Esc closes"
        box.focus()
        self.call_after_refresh(self.draw)

    def on_resize(self) -> None:
        self.call_after_refresh(self.draw)

    def draw(self) -> None:
        text = self.query_one("#help-text", Static)
        text.update(self.text(text.content_size.width or 70))

    def text(self, width: int) -> Content:
        from radlite_tui.tui.keymap import every_binding

        keymap: Mapping[str, str] = getattr(self.app, "keymap", {})
        places: dict[type, list[Binding]] = {}
        for bound in every_binding():
            places.setdefault(bound.owner, []).append(bound.binding)
        chain = self.focused_below.ancestors_with_self if self.focused_below is not None else [self.below, self.app]
        here = [type(node) for node in chain if type(node) in places]
        order = [*here, *(owner for owner in places if owner not in here)]
        parts = [Content.styled(INTRODUCTION, MUTED), Content("")]
        for owner in order:
            name = place_of(owner) + (" (where you are)" if owner is here[0] else "")
            parts.append(section(name, places[owner], keymap, width))
        return lines(parts)
