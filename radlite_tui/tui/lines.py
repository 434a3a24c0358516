"""Lines of text: under each other, after each other, indented, and in the style of what matters less.

May import Textual's `Content` only, so that the first screen can be drawn with it.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

MUTED = "$text-muted"


def percent(probability: float) -> str:
    """A probability as people read it; never "100 %" for what is not certain, never "0 %" for what was possible."""
    if 0.995 <= probability < 1:
        return ">99 %"
    if 0 < probability < 0.005:
        return "<1 %"
    return f"{probability:.0%}".replace("%", " %")


def lines(parts: Iterable[Content]) -> Content:
    """Parts under each other."""
    return Content("\n").join(list(parts))


def hang(head: Content, text: str, width: int, style: str = "") -> Content:
    """Text after a head, its further lines indented as far as the head is wide."""
    indent = head.cell_length
    room = max(12, width - indent)
    wrapped = Content.styled(text, style).wrap(room)
    return lines([(head if number == 0 else Content(" " * indent)) + line for number, line in enumerate(wrapped)])


def flow(parts: Iterable[Content], width: int) -> Content:
    """Parts after each other with dots between, broken only between parts where they fit."""
    rows: list[Content] = []
    for part in parts:
        if rows and rows[-1].cell_length + part.cell_length + 3 <= width:
            rows[-1] = Content.assemble(rows[-1], (" · ", MUTED), part)
        else:
            rows.append(part)
    return lines(rows)
