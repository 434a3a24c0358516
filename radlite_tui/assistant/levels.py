"""Levels: vertebrae and lobes that an answer names and the report does not. Pure; imports the warning type alone.

Only where the report names another level of the same kind: an answer that adds a level to a report without any is
left to the reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from radlite_tui.assistant.types import Warning

REGIONS = {"C": 7, "T": 12, "L": 5, "S": 5}
ORDER = [f"{letter}{number}" for letter, count in REGIONS.items() for number in range(1, count + 1)]
LEVEL = re.compile(r"(?<![\w-])([CTLS])(\d{1,2})(?:\s*(-|/|–|to|through)\s*([CTLS])?(\d{1,2}))?(?![\w]|\.\d)")
SEQUENCE = re.compile(
    r"(?:[- ]?(?:weighted|hyper\w*|hypo\w*|iso\w*|signal|flair|stir|bright|dark|sequence))", re.IGNORECASE
)
SHORT = {"RUL": "right upper", "RML": "right middle", "RLL": "right lower", "LUL": "left upper", "LLL": "left lower"}
LOBE = re.compile(r"\b(right|left)\s+(upper|middle|lower)\s+lobe\b", re.IGNORECASE)
ZONES = re.compile(r"\b(?:upper|middle|lower)\b(?=[^.;\n]*\blobes?\b)", re.IGNORECASE)


def spine(source: str, text: str) -> Iterator[Warning]:
    """A vertebral level in the answer that is not in the report, which names others."""
    given = [(level, span) for levels, span in vertebrae(source) for level in levels]
    if not given:
        return
    known = {level for level, _ in given}
    for levels, (start, end) in vertebrae(text):
        if set(levels) <= known:
            continue
        names = ", ".join(dict.fromkeys(level for level, _ in given))
        yield Warning("level", f"The answer says {text[start:end]}; the report names {names}.", given[0][1])


def vertebrae(text: str) -> Iterator[tuple[list[str], tuple[int, int]]]:
    """The levels of each mention, ranges spelled out. T1 and T2 of magnetic resonance are not levels."""
    for match in LEVEL.finditer(text):
        first = f"{match.group(1)}{match.group(2)}"
        if first not in ORDER or (first in ("T1", "T2") and (not match.group(3) or SEQUENCE.match(text, match.end()))):
            continue
        if not match.group(5):
            yield [first], match.span()
            continue
        last = (
            f"{match.group(4) or ('S' if first == 'L5' and match.group(5) == '1' else match.group(1))}{match.group(5)}"
        )
        if last not in ORDER or ORDER.index(last) < ORDER.index(first):
            continue
        yield ORDER[ORDER.index(first) : ORDER.index(last) + 1], match.span()


def lobes(source: str, text: str) -> Iterator[Warning]:
    """A lobe of the lung in the answer that is not in the report, which names others."""
    known = named_lobes(spelled(source))
    if not known:
        return
    for match in LOBE.finditer(spelled(text)):
        lobe = f"{match.group(1)} {match.group(2)}".lower()
        if lobe not in known:
            message = f"The answer says {lobe} lobe; the report names the {', '.join(sorted(known))} lobe."
            yield Warning("level", message)


def spelled(text: str) -> str:
    """Abbreviated lobes written out."""
    return re.sub(rf"\b(?:{'|'.join(SHORT)})\b", lambda m: f"{SHORT[m.group()]} lobe", text)


def named_lobes(text: str) -> set[str]:
    """Every lobe a text may mean: in each sentence each zone on each side it names, or on both if it names none."""
    found: set[str] = set()
    for sentence in re.split(r"[.;\n]", text):
        zones = {zone.lower() for zone in ZONES.findall(sentence)}
        sides = {side for side in ("right", "left") if re.search(rf"\b{side}\b", sentence, re.IGNORECASE)}
        found |= {f"{side} {zone}" for zone in zones for side in (sides or {"right", "left"})}
    if re.search(r"\blingula\w*\b", text, re.IGNORECASE):
        found.add("left upper")
    return found
