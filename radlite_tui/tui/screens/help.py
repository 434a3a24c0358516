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
from radlite_tui.tui.drawing import MUTED, lines
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
    return f"{modifiers.title()}+{last}" if modifiers else last


def section(name: str, bindings: Iterable[BindingType]) -> Content:
    rows = [Content.styled(name, "bold $text-primary")]
    for binding in bindings:
        if isinstance(binding, Binding) and binding.description:
            rows.append(Content.assemble((f"  {key_names(binding.key):<22}", "bold"), binding.description))
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
            yield Static(self.text(), id="help-text")

    def on_mount(self) -> None:
        box = self.query_one("#help")
        box.border_title = f"RadLite {__version__} ─ {NOT_FOR_CLINICAL_USE}"
        box.border_subtitle = "arrows scroll ─ Esc closes"
        box.focus()

    def text(self) -> Content:
        line = [Binding("enter", "", "Run what the line above shows; a paste never does"), *AskLine.BINDINGS]
        return lines(
            [
                Content.styled(INTRODUCTION, MUTED),
                Content(""),
                section("Input line", line),
                section("Anywhere", [*type(self.read).BINDINGS, *type(self.app).BINDINGS]),
                section("Conversation (Tab moves there)", Conversation.BINDINGS),
                section("List of tasks", PickScreen.BINDINGS),
                section("Comparison", CompareScreen.BINDINGS),
            ]
        )
