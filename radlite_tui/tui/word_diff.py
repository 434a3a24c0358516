"""Two answers word by word: what only one of them says, marked so that it holds without colour. Pure."""

from __future__ import annotations

from difflib import SequenceMatcher

from textual.content import Content

from radlite_tui.tui.lines import MUTED


def word_diff(text: str, reference: str) -> Content:
    """`text` with what it has more in {+ +} and what `reference` has instead in [- -]."""
    new, old = text.split(), reference.split()
    parts: list[str | tuple[str, str]] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            parts.append(" ".join(new[c:d]) + " ")
            continue
        if b > a:
            parts.append((f"[-{' '.join(old[a:b])}-] ", f"strike {MUTED}"))
        if d > c:
            parts.append((f"{{+{' '.join(new[c:d])}+}} ", "bold"))
    return Content.assemble(*parts) if parts else Content("(nothing)")
