"""What a user typed becomes a full-text query that cannot go wrong. Pure.

Every word is looked for from its beginning ("pneu" finds "pneumonia"), all of them must be there, and words in
quotation marks must stand together. Nothing the user types is query language.
"""

from __future__ import annotations

import re

WORD = re.compile(r"[^\W_]+")
MOST_WORDS = 32


def query(text: str) -> str:
    """The FTS5 expression, or nothing where there is no word to look for."""
    parts = []
    for number, piece in enumerate(text.replace("“", '"').replace("”", '"').split('"')):
        words = WORD.findall(piece)
        if number % 2 and words:
            parts.append('"' + " ".join(words) + '"')
        else:
            parts += [f'"{word}"*' for word in words]
    return " AND ".join(parts[:MOST_WORDS])
