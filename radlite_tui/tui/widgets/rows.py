"""A list of any length: only the lines on screen are ever drawn.

May import Textual. Knows nothing of what the lines say: it is given how many there are and asks for each by number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

Part = tuple[str, bool]
"""Text, and whether it stands out."""
Line = Callable[[int, int], list[Part]]

CHOSEN = "▸"


class Rows(ScrollView, can_focus=False):
    """line: gives the parts of a line by its number and the width there is. One line is chosen while there are any."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"rows--row", "rows--strong", "rows--chosen", "rows--chosen-strong"}
    chosen: reactive[int] = reactive(0)

    class Chosen(Message):
        """Another line is chosen."""

    class Taken(Message):
        """The chosen line was clicked."""

    def __init__(self, line: Line, id: str | None = None) -> None:  # Textual's own parameter name
        super().__init__(id=id)
        self.line = line
        self.count = 0

    def fill(self, count: int, chosen: int = 0) -> None:
        """There are so many lines now."""
        self.count = count
        self.virtual_size = Size(self.size.width, count)
        self.chosen = max(0, min(chosen, count - 1))
        self.show_chosen()
        self.refresh()
        self.post_message(self.Chosen())

    def move(self, step: int) -> None:
        """Choose another line, not beyond the ends."""
        self.chosen = max(0, min(self.count - 1, self.chosen + step))

    @property
    def page(self) -> int:
        return max(1, self.size.height - 1)

    def watch_chosen(self, before: int, now: int) -> None:
        if before != now:
            self.show_chosen()
            for row in (before, now):
                self.refresh(Region(0, row - self.scroll_offset.y, self.size.width, 1))
            self.post_message(self.Chosen())

    def show_chosen(self) -> None:
        """Scroll no further than needed."""
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if self.chosen < top:
            self.scroll_to(y=self.chosen, animate=False, immediate=True)
        elif self.chosen >= top + height:
            self.scroll_to(y=self.chosen - height + 1, animate=False, immediate=True)

    def on_resize(self) -> None:
        self.virtual_size = Size(self.size.width, self.count)
        self.show_chosen()

    def on_click(self, event: events.Click) -> None:
        row = event.y + self.scroll_offset.y
        if row < self.count:
            if row == self.chosen:
                self.post_message(self.Taken())
            self.chosen = row

    def render_line(self, y: int) -> Strip:
        row, width = y + self.scroll_offset.y, self.size.width
        if row >= self.count:
            return Strip.blank(width, self.rich_style)
        chosen = "chosen" if row == self.chosen else ""
        mark = CHOSEN if chosen else " "
        plain = self.get_component_rich_style(f"rows--{chosen or 'row'}")
        strong = self.get_component_rich_style(f"rows--{'chosen-strong' if chosen else 'strong'}")
        segments = [Segment(mark, plain)]
        segments += [Segment(text, strong if stands_out else plain) for text, stands_out in self.line(row, width - 1)]
        strip = Strip(segments)
        if strip.cell_length > width:
            strip = Strip([*strip.crop(0, width - 1), Segment("…", plain)])
        return strip.adjust_cell_length(width, plain)
