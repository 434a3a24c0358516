"""Text that is drawn again several times a second while an answer is written. May import Textual only.

The app computes beside the model and over a slow line, so a change costs what changed: only the paragraphs that differ
are wrapped and styled, only their lines are sent, and the screen is laid out anew only for more lines or fewer.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from textual.content import Content
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.style import Style
from textual.visual import Visual
from textual.widgets import Static

if TYPE_CHECKING:
    from typing_extensions import Self


@dataclass(frozen=True)
class Look:
    """What the same text looks the same in. width: in cells."""

    width: int
    style: Style
    theme: str


@dataclass(frozen=True)
class Drawn:
    """Text as it was drawn: its paragraphs, and the lines of each."""

    look: Look
    paragraphs: list[Content]
    strips: list[list[Strip]]
    lines: list[Strip]


class Redrawn(Static):
    """Shows a `Content`; `show` replaces it. step: the height is a multiple of it, so that text that grows line by line
    moves the screen once in so many lines."""

    step = 1
    auto_links = reactive(False)
    drawn: Drawn | None = None
    rows_before = 0
    changed: Region | None = None

    def show(self, content: Content) -> None:
        """Draw the content in place of what there was."""
        look, before = self.look(), self.drawn
        if not look.width:
            self.update(content)
            return
        if before is not None and before.look != look:
            before = None
        self.drawn = now = self.draw_lines(content, look, before)
        if before is None or self.rows(now) != self.rows_before:
            self.rows_before = self.rows(now)
            self.update(content)
            return
        rows = [row for row, (old, new) in enumerate(zip_longest(before.lines, now.lines)) if old != new]
        if rows:
            self.changed = Region(0, rows[0], look.width, rows[-1] - rows[0] + 1)
            self.update(content, layout=False)
            self.changed = None

    def draw_lines(self, content: Content, look: Look, before: Drawn | None) -> Drawn:
        """The content's lines, those of a paragraph that stands where it stood taken from before."""
        paragraphs = content.split(allow_blank=True)
        strips: list[list[Strip]] = []
        for row, paragraph in enumerate(paragraphs):
            if before is not None and row < len(before.paragraphs) and before.paragraphs[row].is_same(paragraph):
                strips.append(before.strips[row])
            else:
                placed = Content("\n" * row) + paragraph  # a line knows its paragraph's number, for the mouse
                strips.append(Visual.to_strips(self, placed, look.width, None, look.style)[row:])
        return Drawn(look, paragraphs, strips, [line for part in strips for line in part])

    def rows(self, drawn: Drawn) -> int:
        """Lines the text takes up, the empty ones that it grows into included."""
        return -(-len(drawn.lines) // self.step) * self.step

    def look(self) -> Look:
        return Look(self.size.width, self.visual_style, self.app.theme)

    def current(self) -> Drawn | None:
        """What `show` has drawn, as long as nothing but the text decides how it looks."""
        fits = self.drawn is not None and self.text_selection is None and self.drawn.look == self.look()
        return self.drawn if fits else None

    def render_line(self, y: int) -> Strip:
        drawn = self.current()
        if drawn is None:
            return super().render_line(y)
        return drawn.lines[y] if y < len(drawn.lines) else Strip.blank(drawn.look.width, drawn.look.style.rich_style)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        if self.drawn is not None and self.drawn.look.width == width:
            return self.rows(self.drawn)
        return super().get_content_height(container, viewport, width)

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """As Textual's, narrowed to the lines that changed while `show` draws them."""
        if self.changed is not None and not regions and not layout:
            regions = (self.changed,)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
