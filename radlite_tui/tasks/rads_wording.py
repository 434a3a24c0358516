"""Reads the many ways a RADS category is written: "BIRADS 4b", "LR-5", "ACR TI-RADS TR4", "category 4A".

May import `tasks.rads` only; must never be used for strict parsing, nor on output, where labels are canonical.
"""

from __future__ import annotations

import re

from radlite_tui.tasks import rads

_DASH = r"[\s\u2010-\u2015-]*"
_BETWEEN = (
    r"(?:[\s:=(\[,*™®\u2010-\u2015-]"
    r"|\b(?:US|MRI|MR|CT|CT/MRI|CEUS|LDCT|ACR|final|overall|assessment|categor(?:y|ies)|score|grade|class|level|of|is|was"
    r"|v?20\d\d|v?\d\.\d)\b)*"
)
_RESPONSE = re.compile(
    rf"(?:LR|LI{_DASH}RADS){_BETWEEN}(?:TR|treatment response){_BETWEEN}"
    rf"(non{_DASH}viable|viable|equivocal|non{_DASH}evaluable)\b",
    re.IGNORECASE,
)
_BARE = r"\b(?:categor(?:y|ies)|score|grade|class|level|assessment)\s*(?:is|of|:|=)?\s*"
_NONE = re.compile(
    r"^(?:none|n/?a)\.?$|^not applicable\b|\bno (?:applicable )?RADS\b|\bRADS (?:does|do) not apply",
    re.IGNORECASE,
)


def _codes(system: rads.System) -> str:
    codes = sorted((c.code for c in system.categories if not c.scale), key=len, reverse=True)
    return "|".join(re.escape(code) for code in codes)


def _suffix(system: rads.System) -> str:
    """Modifiers after a code: "/S/P2", ", HRP", or a bare S as in "4BS"."""
    if not system.modifiers:
        return ""
    marks = "|".join(re.escape(m) for m in sorted(system.modifiers, key=len, reverse=True))
    return rf"((?:(?:\s*[/,]\s*|\s+)(?:{marks})(?!\w))*|S(?!\w))"


def _named(system: rads.System) -> re.Pattern[str]:
    name = system.name.removesuffix("-RADS")
    lead = rf"(?<![A-Za-z]){name}{_DASH}RADS"
    shorthand = f"{system.shorthand}{_DASH}" if system.shorthand else ""
    if shorthand:
        lead = rf"(?:{lead}{_BETWEEN}(?:{shorthand})?|(?<![A-Za-z]){shorthand})"
    return re.compile(rf"{lead}{_BETWEEN}({_codes(system)}){_suffix(system)}(?!\w|\.\d)", re.IGNORECASE)


def _unnamed(system: rads.System) -> re.Pattern[str]:
    return re.compile(rf"(?:{_BARE}|^(?=\S+$))({_codes(system)}){_suffix(system)}(?!\w|\.\d)", re.IGNORECASE)


_NAMED = {system.name: _named(system) for system in rads.SYSTEMS}
_UNNAMED = {system.name: _unnamed(system) for system in rads.SYSTEMS}


def mentions(text: str, report: str) -> list[tuple[str, tuple[str, ...]]]:
    """(label, modifiers) of every category text names, in no order. A bare category is read for the report's system."""
    found = [_response(match) for match in _RESPONSE.finditer(text)]
    for system in rads.SYSTEMS:
        found += _read(system, _NAMED[system.name], text)
    if not found and _NONE.search(text):
        found = [(rads.NONE_APPLIES, ())]
    if not found:
        about = system_of(report)
        found = _read(about, _UNNAMED[about.name], text) if about else []
    return found


def _response(match: re.Match[str]) -> tuple[str, tuple[str, ...]]:
    return f"LI-RADS TR {re.sub(r'[^a-z]', '', match[1].lower()).capitalize()}", ()


def _read(system: rads.System, pattern: re.Pattern[str], text: str) -> list[tuple[str, tuple[str, ...]]]:
    found = []
    for match in pattern.finditer(text):
        marks = (
            re.findall(r"[A-Z][\w+/-]*?(?=$|[\s,]|/(?!-))", match[2].upper()) if system.modifiers and match[2] else []
        )
        found.append((f"{system.name} {match[1].upper()}", tuple(marks)))
    return found


def system_of(report: str) -> rads.System | None:
    """The one system a report names, or else the one whose anatomy it mentions most; None when that is undecided."""
    named = [s for s in rads.SYSTEMS if re.search(rf"(?<![A-Za-z]){s.name[:-5]}{_DASH}RADS", report, re.IGNORECASE)]
    if len(named) == 1:
        return named[0]
    counts = {
        s.name: sum(len(re.findall(rf"\b{re.escape(word)}\b", report, re.IGNORECASE)) for word in s.anatomy)
        for s in rads.SYSTEMS
    }
    most = max(counts.values())
    leaders = [name for name, count in counts.items() if count == most]
    return rads.system(leaders[0]) if most and len(leaders) == 1 else None
