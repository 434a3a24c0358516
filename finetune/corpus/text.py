"""How a report is written: style, usage, measurements, and text that remembers where its parts stand.

May import the standard library only; must never decide what a report says. A `Passage` is appended to sentence by
sentence; parts wrapped in `Marked` become spans of the finished text, so gold spans and evidence come from the very
structure the text is written from and need no searching afterwards.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import cache
from string import Formatter
from typing import Literal

Form = Literal["telegraphic", "prose", "headed"]
Usage = Literal["US", "UK", "IN"]
Unit = Literal["mm", "cm"]

FORMS: tuple[Form, ...] = ("telegraphic", "prose", "headed")
USAGES: tuple[Usage, ...] = ("US", "UK", "IN")

BRITISH = {
    "tumor": "tumour",
    "edema": "oedema",
    "esophag": "oesophag",
    "hemorrhag": "haemorrhag",
    "hematoma": "haematoma",
    "hemangioma": "haemangioma",
    "anemia": "anaemia",
    "ischemi": "ischaemi",
    "gray": "grey",
    "fiber": "fibre",
    "center": "centre",
    "color": "colour",
    "caliber": "calibre",
    "leukemia": "leukaemia",
    "orthopedic": "orthopaedic",
}
_BRITISH = re.compile(rf"(?<!o)(?:{'|'.join(BRITISH)})(?!ectal|ed\b|ing\b)", re.IGNORECASE)
_OPENER = re.compile(r"^(?:There is an? |There are |There is |The |An? )(?=\w|$)")
_TRAILER = re.compile(r" (?:is|are) (?:seen|noted|present|identified|demonstrated)(?=[.,; ]|$)")


@dataclass(frozen=True, slots=True)
class Style:
    """How one report is written. Drawn once a report and kept throughout."""

    form: Form
    usage: Usage
    unit: Unit
    shout: bool
    """Headings in capitals."""


@dataclass(frozen=True, slots=True)
class Marked:
    """Text that leaves a span of this kind."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Span:
    """Character offsets into the finished text, end exclusive."""

    kind: str
    start: int
    end: int


def draw_style(rng: random.Random) -> Style:
    """A style at random; forms and usages are equally likely."""
    return Style(rng.choice(FORMS), rng.choice(USAGES), rng.choice(("mm", "mm", "cm")), rng.random() < 0.7)


class Passage:
    """A text being written in one style. `text` and `spans` are valid at any time."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self.spans: list[Span] = []
        self._parts: list[str] = []
        self._length = 0

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def sentence(self, template: str, **slots: str | Marked) -> Span:
        """Append one sentence; `{slots}` may be plain or `Marked`. Returns the sentence's span (kind "sentence").

        The first letter is raised, a full stop added where there is none, spelling follows the usage, and telegraphic
        style drops openers such as "There is a". Marked text is never dropped.
        """
        self._space()
        start = self._length
        pieces: list[str | Marked] = []
        for literal, slot in _split(template):
            pieces += (literal,) if slot is None else (literal, slots[slot])
        if self.style.form == "telegraphic":
            pieces = [_terse(p, first=i == 0) if isinstance(p, str) else p for i, p in enumerate(pieces)]
        begun = False
        for piece in pieces:
            text = self._spell(piece.text if isinstance(piece, Marked) else piece)
            if text and not begun:
                text, begun = text[0].upper() + text[1:], True
            if isinstance(piece, Marked):
                self.spans.append(Span(piece.kind, self._length, self._length + len(text)))
            self._append(text)
        if self._parts and not self._parts[-1].endswith((".", "?", "!", ":")):
            self._append(".")
        return Span("sentence", start, self._length)

    def heading(self, name: str) -> None:
        """Start a section: on a line of its own when headed, inline ("Findings:") otherwise."""
        title = name.upper() if self.style.shout else name[:1].upper() + name[1:].lower()
        if self._length:
            self._append("\n")
        self._append(f"{title}:\n" if self.style.form == "headed" else f"{title}: ")

    def line(self) -> None:
        """Start a new line."""
        self._append("\n")

    def _space(self) -> None:
        if self._parts and not self._parts[-1].endswith(("\n", " ")):
            self._append(" ")

    def _append(self, text: str) -> None:
        if text:
            self._parts.append(text)
            self._length += len(text)

    def _spell(self, text: str) -> str:
        return text if self.style.usage == "US" else british(text)


@cache
def _split(template: str) -> tuple[tuple[str, str | None], ...]:
    return tuple((literal, slot) for literal, slot, _, _ in Formatter().parse(template))


def _terse(text: str, *, first: bool) -> str:
    return _TRAILER.sub("", _OPENER.sub("", text) if first else text)


def british(text: str) -> str:
    """American spelling to British, word by word from `BRITISH`, keeping a leading capital."""

    def swap(match: re.Match[str]) -> str:
        word = BRITISH[match[0].lower()]
        return word.upper() if match[0].isupper() else word.capitalize() if match[0][0].isupper() else word

    return _BRITISH.sub(swap, text)


def size(rng: random.Random, style: Style, *millimetres: int) -> str:
    """A measurement in the style's unit: 18 mm, 1.8 cm, 18 x 12 mm, 1.8 x 1.2 cm."""
    joint = " x " if rng.random() < 0.8 else "x"
    if style.unit == "mm":
        return f"{joint.join(str(m) for m in millimetres)} mm"
    return f"{joint.join(f'{m / 10:.1f}' for m in millimetres)} cm"


def abbreviate(rng: random.Random, style: Style, text: str) -> str:
    """Everyday short forms of the usage, now and then: c/o, s/o, h/o, USG in India; the same word otherwise."""
    if style.usage != "IN" or rng.random() < 0.3:
        return text
    for long, short in INDIAN.items():
        text = text.replace(long, short)
    return text


INDIAN = {
    "complains of": "c/o",
    "complaints of": "c/o",
    "complaining of": "c/o",
    "suggestive of": "s/o",
    "history of": "h/o",
    "known case of": "k/c/o",
    "ultrasound": "USG",
    "Ultrasound": "USG",
    "high-resolution CT": "HRCT",
}
