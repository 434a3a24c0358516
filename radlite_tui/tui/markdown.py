"""Markdown of a model's answer as text that can be drawn, with marks that hold without colour.

May import Textual's `Content` and markdown-it-py. Pure; may be called with half an answer, as it streams. Links and
images are shown as their text: nothing in an answer can be opened.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from textual.content import Content

from radlite_tui.tui.lines import MUTED, lines

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

STYLES = {"strong_open": "bold", "em_open": "italic", "s_open": "strike", "link_open": "underline"}


@cache
def parser() -> MarkdownIt:
    """Imported with the first answer: it is a tenth of what starting the app takes."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def draw_markdown(text: str, width: int) -> Content:
    """Headings, lists, quotes, code and tables under each other."""
    drawn: list[Content] = []
    lists: list[int] = []
    quoted, head = 0, ""
    for token in parser().parse(text):
        kind = token.type
        if kind in ("bullet_list_open", "ordered_list_open"):
            lists.append(int(token.attrGet("start") or 1) if kind.startswith("ordered") else 0)
        elif kind in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
        elif kind == "list_item_open":
            head = "  " * (len(lists) - 1) + (f"{lists[-1]}. " if lists[-1] else "• ")
            lists[-1] += bool(lists[-1])
        elif kind in ("blockquote_open", "blockquote_close"):
            quoted += 1 if kind.endswith("open") else -1
        elif kind == "heading_open":
            head = "# "
        elif kind in ("fence", "code_block"):
            drawn += [Content.styled(f"│ {line}", MUTED) for line in token.content.rstrip("\n").split("\n")]
        elif kind == "hr":
            drawn.append(Content.styled("─" * min(width, 20), MUTED))
        elif kind == "inline":
            drawn += block(token, head, quoted, len(lists), width)
            head = ""
    return lines(drawn)


def block(token: Token, head: str, quoted: int, depth: int, width: int) -> list[Content]:
    """One paragraph, heading or item, its later lines indented under its first."""
    said = inline(token.children or [])
    if head == "# ":
        return [said.stylize("bold underline")]
    before = Content.styled("│ " * quoted, MUTED) + (head or "  " * depth)
    wrapped = said.wrap(max(12, width - before.cell_length)) if before.cell_length else [said]
    indent = Content.styled("│ " * quoted, MUTED) + " " * (before.cell_length - 2 * quoted)
    return [(before if number == 0 else indent) + line for number, line in enumerate(wrapped)]


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
