"""Markdown of a model's answer as text that can be drawn, with marks that hold without colour.

May import Textual's `Content`, markdown-it-py and `table`. Pure; may be called with half an answer, as it streams.
Links and images are shown as their text: nothing in an answer can be opened.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from textual.content import Content

from radlite_tui.tui.lines import MUTED, lines
from radlite_tui.tui.table import Row, draw_table

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

STYLES = {"strong_open": "bold", "em_open": "italic", "s_open": "strike", "link_open": "underline"}
Remarks = Callable[[str], tuple[Sequence[tuple[int, int]], Sequence[Content]]]
"""What there is to remark on a block's text: the places to underline in it, and the lines to put below it."""
BULLET = "• "
BAR = "│ "
NARROWEST = 12


@cache
def parser() -> MarkdownIt:
    """Imported with the first answer: it is a tenth of what starting the app takes."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def draw_markdown(text: str, width: int, remarks: Remarks | None = None) -> Content:
    """Headings, paragraphs, lists, quotes, code and tables under each other, a blank line between them; none after a
    heading, and none between a paragraph and its list. remarks: asked about each block, and each cell of a table."""
    page = Page(width, remarks)
    for token in parser().parse(text):
        page.take(token)
    return lines(page.drawn)


class Page:
    """What is drawn so far, and where in lists, quotes and tables the next token stands."""

    def __init__(self, width: int, remarks: Remarks | None = None) -> None:
        self.width, self.remarks = width, remarks
        self.below: list[Content] = []
        self.drawn: list[Content] = []
        self.lists: list[int] = []
        self.heads: list[Content] = []
        self.quoted = 0
        self.before = ""
        self.heading = False
        self.rows: list[Row] | None = None
        self.aligns: list[str] = []

    def take(self, token: Token) -> None:
        kind = token.type
        if token.level == 0 and token.nesting >= 0:
            self.separate(kind)
        if kind in ("bullet_list_open", "ordered_list_open"):
            self.lists.append(int(token.attrGet("start") or 1) if kind.startswith("ordered") else 0)
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self.lists.pop()
        elif kind == "list_item_open":
            self.heads.append(Content(f"{self.lists[-1]}. " if self.lists[-1] else BULLET))
            self.lists[-1] += bool(self.lists[-1])
        elif kind == "list_item_close":
            self.heads.pop()
        elif kind in ("blockquote_open", "blockquote_close"):
            self.quoted += 1 if kind.endswith("open") else -1
        elif kind in ("heading_open", "heading_close"):
            self.heading = kind.endswith("open")
        elif kind in ("fence", "code_block"):
            self.code(token.content)
        elif kind == "hr":
            self.add([Content.styled("─" * min(self.width, 20), MUTED)])
        elif kind in ("th_open", "tr_open", "table_open", "table_close"):
            self.table(token)
        elif kind == "inline":
            self.inline(token)

    def separate(self, kind: str) -> None:
        """The blank line before a block that stands for itself."""
        follows = self.before == "heading_open" or (self.before == "paragraph_open" and kind.endswith("list_open"))
        if self.drawn and not follows:
            self.drawn.append(Content(""))
        self.before = kind

    def inline(self, token: Token) -> None:
        """One paragraph, heading, item or cell."""
        said = inline(token.children or [])
        if self.remarks is not None:
            places, below = self.remarks(said.plain)
            self.below += below
            for start, end in places:
                said = said.stylize("underline", start, end)
        if self.rows is not None:
            self.rows[-1].append(said)
        elif self.heading:
            self.add(said.stylize("bold underline").wrap(self.room()))
        else:
            self.add(said.wrap(self.room()))

    def code(self, text: str) -> None:
        """As it is written; a line too long for the screen goes on under itself."""
        bar = Content.styled(BAR, MUTED)
        for line in text.rstrip("\n").split("\n"):
            self.add([bar + part for part in Content(line).fold(max(NARROWEST, self.room() - bar.cell_length))])

    def table(self, token: Token) -> None:
        if token.type == "table_open":
            self.rows, self.aligns = [], []
        elif token.type == "tr_open" and self.rows is not None:
            self.rows.append([])
        elif token.type == "th_open":
            self.aligns.append(str(token.attrGet("style") or "").removeprefix("text-align:"))
        elif token.type == "table_close":
            rows, self.rows = self.rows or [], None
            self.add(draw_table(rows, self.aligns, self.room()))

    def margin(self) -> tuple[Content, Content]:
        """What stands before the first line of a block, and before its further ones."""
        quote = Content.styled(BAR * self.quoted, MUTED)
        outer = " " * sum(head.cell_length for head in self.heads[:-1])
        inner = self.heads[-1] if self.heads else Content("")
        return quote + outer + inner, quote + outer + " " * inner.cell_length

    def room(self) -> int:
        return max(NARROWEST, self.width - self.margin()[0].cell_length)

    def add(self, block: list[Content]) -> None:
        """Lines under what is there. An item's mark stands before its first line alone."""
        first, further = self.margin()
        self.drawn += [(first if number == 0 else further) + line for number, line in enumerate(block)]
        if self.heads and block:
            self.heads[-1] = Content(" " * self.heads[-1].cell_length)
        self.drawn += self.below
        self.below = []


def inline(tokens: list[Token]) -> Content:
    """Words with their styles."""
    parts: list[str | tuple[str, str]] = []
    styles: list[str] = []
    for token in tokens:
        if token.type in STYLES:
            styles.append(STYLES[token.type])
        elif token.type.endswith("_close") and styles:
            styles.pop()
        elif token.type == "code_inline":
            parts.append((f"`{token.content}`", "bold"))
        elif token.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        elif token.content:
            parts.append((token.content, " ".join(styles)) if styles else token.content)
    return Content.assemble(*parts)
