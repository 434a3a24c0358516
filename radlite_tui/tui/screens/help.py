"""Every key and what it does, read from the bindings themselves so that it cannot drift from them.

May import Textual and the screens' and widgets' bindings.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from radlite_tui import NOT_FOR_CLINICAL_USE, __version__
from radlite_tui.tui.drawing import MUTED, hang, lines
from radlite_tui.tui.screens.compare import CompareScreen
from radlite_tui.tui.screens.pick import PickScreen
from radlite_tui.tui.widgets.ask_line import AskLine
from radlite_tui.tui.widgets.conversation import Conversation

INTRODUCTION = (
    "Paste a report, say what you want in your own words, press Enter. The line above the input shows, before you "
    "press it, which task, model and mode would run. Each question is answered from the report alone; the model does "
    "not see earlier answers. Nothing is saved and nothing leaves this machine."
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


def section(name: str, bindings: Iterable[BindingType], width: int) -> Content:
    rows = [Content.styled(name, "bold $text-primary")]
    for binding in bindings:
        if isinstance(binding, Binding) and binding.description:
            rows.append(hang(Content.styled(f"  {key_names(binding.key):<20} ", "bold"), binding.description, width))
    return lines([*rows, Content("")])


class HelpScreen(ModalScreen[None]):
    """Scrolls; Esc closes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f1,question_mark", "dismiss", "Close", id="help.close", priority=True),
    ]

    def __init__(self, read: Screen[None]) -> None:
        super().__init__()
        self.read = read

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
        line = [Binding("enter", "", "Run what the line above shows; a paste never does"), *AskLine.BINDINGS]
        return lines(
            [
                Content.styled(INTRODUCTION, MUTED),
                Content(""),
                section("Input line", line, width),
                section("Anywhere", [*type(self.read).BINDINGS, *type(self.app).BINDINGS], width),
                section("Conversation (Tab moves there)", Conversation.BINDINGS, width),
                section("List of tasks", PickScreen.BINDINGS, width),
                section("Comparison", CompareScreen.BINDINGS, width),
            ]
        )
