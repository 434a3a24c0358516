"""Control, bidirectional and unseen characters, shown as text and never obeyed. Pure; imports nothing."""

from __future__ import annotations

import re

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
UNSEEN = "\u200b\u200c\u200d\u2060\ufeff\u2028\u2029\u00ad"

ODD = re.compile(f"[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f{BIDI}{UNSEEN}\\ud800-\\udfff\\U000e0000-\\U000e007f]")
"""Whatever `shown` changes; looked for first, since a report may have a million characters and hardly one of them."""


def display(text: str) -> str:
    """The text with control, bidirectional and unseen characters made visible; tabs and line ends stay."""
    return ODD.sub(lambda found: shown(found.group()), text.replace("\r\n", "\n"))


def display_offsets(text: str) -> tuple[str, list[int]]:
    """(display of the text, where each character of the text begins in it, and the end): to carry spans over."""
    parts = [shown(c) for c in text]
    offsets = [0]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    return "".join(parts), offsets


def shown(char: str) -> str:
    """One character as it may be put on a terminal."""
    code = ord(char)
    if char in "\n\t" or 0x20 <= code < 0x7F:
        return char
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if code < 0xA0 or char in BIDI or char in UNSEEN or 0xD800 <= code <= 0xDFFF or 0xE0000 <= code <= 0xE007F:
        return f"<U+{code:04X}>"
    return char
