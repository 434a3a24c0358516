"""Text that is drawn again several times a second while an answer is written. May import Textual only.

The app computes beside the model and over a slow line, so a change costs what changed: only the paragraphs that differ
are wrapped and styled, only their lines are sent, and the screen is laid out anew only for more lines or fewer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest

from textual.content import Content
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.style import Style
from textual.visual import Visual
from textual.widget import Widget


@dataclass(frozen=True)
class Look:
    """What the same text looks the same in. width: in cells."""

    width: int
    style: Style
    theme: str


@dataclass(frozen=True)
class Drawn:
    """Text as it was drawn: its paragraphs, and the lines of each. height: lines that it takes up."""

    look: Look
    paragraphs: list[Content]
    strips: list[list[Strip]]
    lines: list[Strip]
    height: int


class Redrawn(Widget):
    """Shows text; `show` replaces it. step: its height is a multiple of that, so that text which grows line by line
    moves the screen once in so many lines."""

    step = 1
    auto_links = reactive(False)

    def __init__(self, classes: str | None = None, id: str | None = None) -> None:  # Textual's own parameter names
        super().__init__(classes=classes, id=id)
        self.paragraphs: list[Content] = []
        self.drawn: Drawn | None = None

    def show(self, parts: Iterable[Content]) -> None:
        """Draw these, under each other, in place of what there was."""
        self.paragraphs = [line for part in parts for line in paragraphs(part)]
        look, before = self.look(), self.drawn
        if before is not None and before.look != look:
            before = None
        self.drawn = now = self.draw_lines(look, before) if look.width else None
        if now is None or before is None or now.height != before.height:
            self.refresh(layout=True)
            return
        rows = [row for row, (old, new) in enumerate(zip_longest(before.lines, now.lines)) if old is not new]
        if rows:
            self.refresh(Region(0, rows[0], look.width, rows[-1] - rows[0] + 1))

    def draw_lines(self, look: Look, before: Drawn | None) -> Drawn:
        """The lines, those of a paragraph that stands where it stood taken from before."""
        strips: list[list[Strip]] = []
        known = len(before.paragraphs) if before is not None else 0
        for row, paragraph in enumerate(self.paragraphs):
            if before is not None and row < known and same(before.paragraphs[row], paragraph):
                strips.append(before.strips[row])
            else:
                wrapped = Visual.to_strips(self, paragraph, look.width, None, look.style)
                strips.append([placed(line, row) for line in wrapped])
        lines = [line for part in strips for line in part]
        return Drawn(look, self.paragraphs, strips, lines, self.steps(len(lines)))

    def steps(self, lines: int) -> int:
        """The height for so many lines."""
        return -(-lines // self.step) * self.step

    def look(self) -> Look:
        return Look(self.size.width, self.visual_style, self.app.theme)

    def current(self) -> Drawn | None:
        """What `show` has drawn, as long as nothing but the text decides how it looks."""
        fits = self.drawn is not None and self.text_selection is None and self.drawn.look == self.look()
        return self.drawn if fits else None

    def render(self) -> Content:
        """The whole of it, for what Textual wants to know or do itself: another width, a selection."""
        return Content("\n").join(self.paragraphs)

    def render_line(self, y: int) -> Strip:
        drawn = self.current()
        if drawn is None:
            return super().render_line(y)
        return drawn.lines[y] if y < len(drawn.lines) else Strip.blank(drawn.look.width, drawn.look.style.rich_style)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        if self.drawn is not None and self.drawn.look.width == width:
            return self.drawn.height
        return self.steps(super().get_content_height(container, viewport, width))


def paragraphs(part: Content) -> list[Content]:
    return part.split(allow_blank=True) if "\n" in part.plain else [part]


def placed(line: Strip, row: int) -> Strip:
    """A line that knows where in the text it stands, for selecting with the mouse: which paragraph, and how far in."""
    styles = [segment.style for segment in line if segment.style is not None and "offset" in segment.style.meta]
    return line.apply_offsets(styles[0].meta["offset"][0], row) if styles else line


def same(one: Content, other: Content) -> bool:
    return one is other or one.is_same(other)
