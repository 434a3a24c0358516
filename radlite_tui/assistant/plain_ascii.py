"""Text as plain ASCII, for the systems that take nothing else. May import `tasks.data` for its table; pure otherwise.

What has an ASCII spelling gets it (`plain_ascii.toml`), accents are dropped, Greek letters are named, and what is left
is marked, never dropped in silence. No number, sign or unit changes: that is tested.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from radlite_tui import toml

UNKNOWN = "[?]"
UNSEEN = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufe0e\ufe0f\ufeff")
FORMS = {"<super>": "^", "<sub>": "_"}


@dataclass(frozen=True)
class Plain:
    """text: ASCII; unknown: how many characters had no plain form and are marked."""

    text: str
    unknown: int


@cache
def table() -> tuple[dict[str, str], re.Pattern[str], dict[str, str]]:
    """(units, the pattern that finds them, characters)."""
    read = toml.read(Path(__file__).with_suffix(".toml"), "table of plain characters")
    units: dict[str, str] = read["units"]
    words = "|".join(f"{re.escape(unit)}(?![a-zA-Z])" if len(unit) > 1 else re.escape(unit) for unit in units)
    characters: dict[str, str] = read["characters"]
    return units, re.compile(words), characters


def plain(text: str) -> Plain:
    """The text in ASCII: tabs as spaces, line ends as newlines."""
    units, pattern, _ = table()
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    "))
    text = pattern.sub(lambda found: units[found.group()], text)
    parts: list[str] = []
    unknown, raised = 0, ""
    for char in text:
        form, piece = one(char)
        if piece is None:
            unknown, piece = unknown + 1, UNKNOWN
        written = parts[-1][-1:] if parts else ""
        if form in ("^", "_"):
            needed = form == "^" or written.isdigit()
            piece = f"{form}{piece}" if form != raised and needed else piece
        elif form == "fraction" or raised:
            piece = f" {piece}" if written.isdigit() and piece[:1].isdigit() else piece
        raised = form if form in ("^", "_") else ""
        if piece:
            parts.append(piece)
    return Plain("".join(parts), unknown)


def note(plain: Plain) -> str:
    """What to tell about it."""
    marked = f"; {plain.unknown} without a plain form are marked {UNKNOWN}" if plain.unknown else ""
    return f"Plain ASCII{marked}."


def one(char: str) -> tuple[str, str | None]:
    """(its form: "^" raised, "_" lowered, "fraction" or "", its ASCII spelling or None) of a character."""
    if char == "\n" or " " <= char <= "~":
        return "", char
    found = table()[2].get(char)
    if found is not None:
        return "", found
    if char in UNSEEN:
        return "", ""
    category = unicodedata.category(char)
    if category == "Zs":
        return "", " "
    if category == "Nd":
        return "", str(unicodedata.digit(char))
    name = unicodedata.name(char, "")
    if name.startswith("GREEK ") and " LETTER " in name:
        return "", greek(name)
    return decomposed(char, name)


def greek(name: str) -> str:
    """The letter's name: "alpha", "Delta"."""
    letter = name.split(" LETTER ")[1].split()[-1 if " LETTER FINAL " in name else 0].lower()
    return letter.capitalize() if " CAPITAL " in name else letter


def decomposed(char: str, name: str) -> tuple[str, str | None]:
    """What Unicode says a character is made of, each part spelt; a circled number in brackets."""
    parts = unicodedata.decomposition(char).split()
    kind = parts.pop(0) if parts and parts[0].startswith("<") else ""
    if not parts:
        return "", None
    inner = [one(chr(int(part, 16))) for part in parts if not unicodedata.combining(chr(int(part, 16)))]
    spelt = ["" if piece is None else f"{form}{piece}" if form in ("^", "_") else piece for form, piece in inner]
    if not inner or any(piece is None for _, piece in inner):
        return "", None
    text = "".join(spelt)
    if kind in FORMS:
        return FORMS[kind], text
    if kind == "<fraction>":
        return "fraction", text
    if kind == "<circle>" or (kind == "<compat>" and any(c.isdigit() for c in text) and "NUMERAL" not in name):
        return "", f"({text.strip('().')})"
    return "", text
