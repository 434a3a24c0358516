"""Headed sections of a report, as data sets print them. Standard library only; must never change the wording."""

from __future__ import annotations

import re
from collections.abc import Mapping

_HEADING = re.compile(r"^[ \t]*([A-Z][A-Z ,/&()-]{2,60}):[ \t]*", re.MULTILINE)
NAMES = {
    "FINDING": "FINDINGS",
    "CONCLUSION": "IMPRESSION",
    "CONCLUSIONS": "IMPRESSION",
    "IMPRESSIONS": "IMPRESSION",
    "IMPRESSION AND RECOMMENDATION": "IMPRESSION",
    "FINDINGS AND IMPRESSION": "FINDINGS",
    "REASON FOR EXAM": "INDICATION",
    "REASON FOR EXAMINATION": "INDICATION",
    "CLINICAL HISTORY": "INDICATION",
    "CLINICAL INFORMATION": "INDICATION",
    "HISTORY": "INDICATION",
    "COMPARISONS": "COMPARISON",
}
"""Headings that mean the same, by the one we use."""


def sections(report: str) -> dict[str, str]:
    """Heading -> its text, line breaks within a paragraph joined; the text before the first heading is under ""."""
    found: dict[str, str] = {}
    name, start = "", 0
    for match in [*_HEADING.finditer(report), None]:
        body = tidy(report[start : match.start() if match else len(report)])
        if body:
            found[name] = f"{found[name]}\n{body}" if name in found else body
        if match:
            heading = " ".join(match[1].split())
            name, start = NAMES.get(heading, heading), match.end()
    return found


def tidy(text: str) -> str:
    """Paragraphs of one line each; blank lines between paragraphs stay a line break."""
    paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text))
    return "\n".join(part for part in paragraphs if part)


def written(parts: Mapping[str, str], *names: str) -> str:
    """The named sections that are there, each under its heading, a blank line between."""
    return "\n\n".join(f"{name}: {parts[name]}" for name in names if parts.get(name))
