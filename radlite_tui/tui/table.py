"""A table as lines of text, its columns as wide as the screen allows. May import Textual's `Content` and `drawing`."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from radlite_tui.tui.lines import MUTED

Row = list[Content]
BETWEEN = " │ "
CROSSING = "─┼─"
NARROWEST = 6


def draw_table(rows: Sequence[Row], aligns: Sequence[str], width: int) -> list[Content]:
    """The first row is the heading. aligns: "right", "center" or anything else, by column. Columns that have no room
    beside each other even with their words wrapped stand under each other, row by row."""
    if not rows or not rows[0]:
        return []
    head, *body = rows
    natural = [max(1, *(row[at].cell_length for row in rows if at < len(row))) for at in range(len(head))]
    widths = fitted(natural, width - len(BETWEEN) * (len(head) - 1))
    if widths is None:
        return under_each_other(head, body, width)
    rule = CROSSING.join("─" * room for room in widths)
    drawn = side_by_side([cell.stylize("bold") for cell in head], aligns, widths)
    drawn.append(Content.styled(rule, MUTED))
    for row in body:
        drawn += side_by_side(row, aligns, widths)
    return drawn


def fitted(natural: Sequence[int], room: int) -> list[int] | None:
    """The width of each column: what it needs, or, where that is too much together, the widest made narrower."""
    widths = list(natural)
    while sum(widths) > room:
        widest = widths.index(max(widths))
        if widths[widest] <= NARROWEST:
            return None
        widths[widest] -= 1
    return widths


def side_by_side(row: Sequence[Content], aligns: Sequence[str], widths: Sequence[int]) -> list[Content]:
    """One row; as many lines as its tallest cell has."""
    cells = [row[at].wrap(room) if at < len(row) else [] for at, room in enumerate(widths)]
    between = Content.styled(BETWEEN, MUTED)
    drawn = []
    for line in range(max(1, *map(len, cells))):
        parts = [
            placed(cell[line] if line < len(cell) else Content(""), align, room)
            for cell, align, room in zip(cells, aligns, widths, strict=False)
        ]
        drawn.append(between.join(parts))
    return drawn


def placed(text: Content, align: str, room: int) -> Content:
    """Text in its column."""
    text = text.rstrip()
    left = max(0, room - text.cell_length)
    before = left if align == "right" else left // 2 if align == "center" else 0
    return Content(" " * before) + text + " " * (left - before)


def under_each_other(head: Row, body: Sequence[Row], width: int) -> list[Content]:
    """Each cell on a line of its own, after its column's name."""
    if not body:
        return [line for name in head for line in name.stylize("bold").wrap(max(1, width))]
    drawn = []
    for number, row in enumerate(body):
        if number:
            drawn.append(Content(""))
        for name, cell in zip(head, row, strict=False):
            drawn += Content.assemble(name.stylize("bold"), ": ", cell).wrap(max(1, width))
    return drawn
