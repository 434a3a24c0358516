"""The last line: at most six keys that matter now, and the notice that is always on screen.

May import Textual. Keys are read from the bindings by id, so a remapped key is shown as it is.
"""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from radlite_tui import NOT_FOR_CLINICAL_USE

MOST_KEYS = 6
Shown = tuple[tuple[str, str], ...]


class KeyLine(Static):
    """keys: (binding id, short word) pairs; an id that is not active is left out."""

    def __init__(self, id: str | None = None) -> None:  # Textual's own parameter name
        super().__init__(id=id)
        self.keys: Shown = ()
        self.drawn = Content()

    def show(self, keys: Shown) -> None:
        self.keys = keys
        self.draw()

    def on_resize(self) -> None:
        self.draw()

    def draw(self) -> None:
        """Keys on the left, dropped from the end until the notice fits on the right."""
        by_id: dict[str, str] = {}
        for active in self.screen.active_bindings.values():
            if active.binding.id:
                by_id.setdefault(active.binding.id, upper(self.app.get_key_display(active.binding)))
        pairs = [(by_id[name], word) for name, word in self.keys[:MOST_KEYS] if name in by_id]
        width = self.size.width or self.app.size.width
        while pairs and sum(len(key) + len(word) + 3 for key, word in pairs) + len(NOT_FOR_CLINICAL_USE) > width:
            pairs.pop()
        left = Content("  ").join(
            [Content.assemble((key, "bold $footer-key-foreground"), f" {word}") for key, word in pairs]
        )
        gap = max(1, width - left.cell_length - len(NOT_FOR_CLINICAL_USE))
        drawn = Content.assemble(left, " " * gap, (NOT_FOR_CLINICAL_USE, "bold $text-warning"))
        if not drawn.is_same(self.drawn):
            self.drawn = drawn
            self.update(drawn, layout=False)


def upper(key: str) -> str:
    """^t as ^T, f1 as F1 and esc as Esc, as keyboards are labelled; a letter as it has to be typed."""
    if key.startswith("^") or (key.startswith("f") and key[1:].isdigit()):
        return key.upper()
    return key.capitalize() if len(key) > 1 else key
