"""What a comparison compares: modes, models, and whether names are hidden until rated.

May import Textual, `tasks` and the assistant's types.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from radlite_tui.assistant.comparison import MODES
from radlite_tui.tasks.base import Mode

BLIND = "blind"


@dataclass(frozen=True)
class Compare:
    """models: none means the routed one. blind: names are hidden, and columns shuffled, until all are rated."""

    modes: tuple[Mode, ...] = MODES
    models: tuple[str, ...] = ()
    blind: bool = False


class CompareSetupScreen(ModalScreen[Compare | None]):
    """chosen: what is compared now. routed: the model the routes chose. names: every model."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Close; the comparison stays as it is", id="compare_setup.close", priority=True),
        Binding("space", "mark", "Mark or unmark", id="compare_setup.mark", priority=True),
        Binding("enter", "take", "Compare what is marked", id="compare_setup.take", priority=True),
    ]

    def __init__(self, chosen: Compare, routed: str, names: Sequence[str]) -> None:
        super().__init__()
        self.chosen, self.routed, self.names = chosen, routed, tuple(names)

        self.marked = {f"mode:{mode.value}" for mode in chosen.modes}
        self.marked |= {f"model:{name}" for name in chosen.models or (routed,)} | ({BLIND} if chosen.blind else set())

    def compose(self) -> ComposeResult:
        with Vertical(id="compare-setup"):
            yield OptionList(*(Option(self.row(key), id=key) for key in self.keys()), id="compare-choices")
            yield Static("Space marks   Enter compares   Esc closes", id="compare-note")

    def on_mount(self) -> None:
        self.query_one("#compare-setup").border_title = "Compare"
        self.query_one(OptionList).focus()

    def keys(self) -> list[str]:
        """What can be marked, in order."""
        return [*(f"mode:{mode.value}" for mode in Mode), *(f"model:{name}" for name in self.names), BLIND]

    def row(self, key: str) -> Content:
        """A mark that is seen without colour, and what it stands for."""
        kind, _, name = key.partition(":")
        about = name or "names hidden until each answer is rated"
        return Content(f"[{'x' if key in self.marked else ' '}] {kind:<6} {about}")

    def action_mark(self) -> None:
        chosen = self.query_one(OptionList)
        if chosen.highlighted is not None:
            key = self.keys()[chosen.highlighted]
            self.marked ^= {key}
            chosen.replace_option_prompt_at_index(chosen.highlighted, self.row(key))

    def action_take(self) -> None:
        modes = tuple(mode for mode in Mode if f"mode:{mode.value}" in self.marked)
        models = tuple(name for name in self.names if f"model:{name}" in self.marked)
        if len(modes) * len(models) < 2:
            sentence = "! Mark at least two columns: two modes, or one mode and two models."
            self.query_one("#compare-note", Static).update(Content.styled(sentence, "$text-warning"))
            return
        self.dismiss(Compare(modes, models, BLIND in self.marked))

    def action_leave(self) -> None:
        self.dismiss(None)
