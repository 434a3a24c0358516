"""The report a request is about. Pure data: no I/O, no model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Report:
    """A radiology report as the user gave it, never edited.

    text: the current report; empty only for a closed-book question.
    prior: an earlier report of the same patient, for temporal comparison.
    source: where it came from (a file name or "pasted"), for display and provenance only.
    """

    text: str
    prior: str | None = None
    source: str = ""
