"""The text of an HTML fragment, as reports are sent in it: paragraphs and cells become lines. Standard library only;
scripts, styles, comments and links' targets are dropped, nothing is fetched."""

from __future__ import annotations

import re
from html.parser import HTMLParser

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
PARTS = ("p", "div", "pre", "section", "article", "header", "footer")
BLOCKS = frozenset((*HEADINGS, *PARTS, "br", "hr", "ul", "ol", "li", "dt", "dd", "table", "tr"))
CELLS = frozenset(("td", "th"))
DROPPED = frozenset(("script", "style", "head", "template"))


class Lines(HTMLParser):
    """Collects text and line ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.dropping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in DROPPED:
            self.dropping += 1
        self.parts.append("\n" if tag in BLOCKS else "\t" if tag in CELLS else "")

    def handle_endtag(self, tag: str) -> None:
        if tag in DROPPED:
            self.dropping = max(0, self.dropping - 1)
        self.parts.append("\n" if tag in BLOCKS else "")

    def handle_data(self, data: str) -> None:
        if not self.dropping:
            self.parts.append(re.sub(r"\s+", " ", data))


def to_text(markup: str) -> str:
    """Plain lines without markup."""
    reader = Lines()
    reader.feed(markup)
    reader.close()
    lines = [re.sub(r"[ \t]*\t[ \t]*", "\t", line).strip() for line in "".join(reader.parts).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
