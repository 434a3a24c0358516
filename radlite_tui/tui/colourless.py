"""A screen without colours: what has a background of its own is reversed instead, so that it still stands out.

May import Textual's filters. Textual's own filter drops the background of what is chosen or selected, and nothing tells
it from the rest then.
"""

from __future__ import annotations

from functools import lru_cache

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

NONE = Style.from_color(RichColor.default(), RichColor.default())
REVERSED = NONE + Style(reverse=True)


class Colourless(LineFilter):
    """Colours go; attributes stay."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            Segment(text, None if style is None else without_colours(style), control)
            for text, style, control in segments
        ]


@lru_cache(1024)
def without_colours(style: Style) -> Style:
    """The style, reversed where it has a background of its own."""
    own = style.bgcolor is not None and not style.bgcolor.is_default
    return style + (REVERSED if own else NONE)
