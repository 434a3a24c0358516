"""The sections of a report by its headings: FINDINGS, IMPRESSION, "technique:" and their kin.

Imports the standard library alone; pure. Offsets are characters of the report; sections follow each other without a
gap, so that joining their texts gives the report back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

FINDINGS = ("findings", "report", "result", "results", "observations")
IMPRESSION = ("impression", "conclusion", "conclusions", "opinion", "summary", "interpretation")
NAMES = (
    *FINDINGS,
    *IMPRESSION,
    "indication",
    "indications",
    "clinical indication",
    "clinical history",
    "clinical information",
    "clinical details",
    "clinical data",
    "history",
    "reason for exam",
    "reason for examination",
    "reason for study",
    "exam",
    "examination",
    "procedure",
    "technique",
    "protocol",
    "contrast",
    "comparison",
    "comparisons",
    "limitations",
    "recommendation",
    "recommendations",
    "addendum",
)
_NAMED = "|".join(sorted(NAMES, key=len, reverse=True))
_LINE = rf"(?im:^[ \t]*(?P<line>{_NAMED})[ \t]*(?::|$))"
_WITHIN = rf"(?<=[.!?] )(?P<within>{_NAMED.upper()}):"
_HEADING = re.compile(rf"{_LINE}|{_WITHIN}")


@dataclass(frozen=True)
class Section:
    """name: the heading in capitals, empty before the first. start: of the heading; body: after its colon."""

    name: str
    start: int
    body: int
    end: int

    @property
    def main(self) -> bool:
        """Whether it says what was seen or concluded, rather than why and how."""
        return self.name.lower() in (*FINDINGS, *IMPRESSION)


def sections(text: str) -> tuple[Section, ...]:
    """All of them in order; one without a name for what stands before the first heading, if anything does."""
    found = [(m.start(), m.end(), (m["line"] or m["within"]).upper()) for m in _HEADING.finditer(text)]
    ends = [start for start, _, _ in found[1:]] + [len(text)]
    named = [Section(name, start, body, end) for (start, body, name), end in zip(found, ends, strict=False)]
    first = named[0].start if named else len(text)
    return (Section("", 0, 0, first), *named) if text[:first].strip() or not named else tuple(named)


def main_part(text: str) -> str | None:
    """Findings and impression alone, as they stand; None when there are none or nothing else would be left out."""
    found = sections(text)
    kept = [section for section in found if section.main]
    if not kept or len(kept) == len(found):
        return None
    return "\n\n".join(text[section.start : section.end].strip() for section in kept)
