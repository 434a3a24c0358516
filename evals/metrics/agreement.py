"""Whether an impression agrees with its report on sides, sizes and negation: the app's own warnings, counted.

Imports the assistant's checks. They are conservative: silence proves nothing, and a warning is worth reading.
"""

from __future__ import annotations

from functools import lru_cache

from radlite_tui.assistant import checks
from radlite_tui.assistant.passages import Mention, mentions, sentences

KINDS = ("laterality", "measurement", "negation")


def agreement(report: str, impression: str) -> dict[str, float]:
    """Kind -> 1.0 where the app would raise no warning of that kind, else 0.0; an empty impression agrees."""
    known = _mentions(report)
    found = dict.fromkeys(KINDS, 1.0)
    for sentence in sentences(impression):
        for warning in checks.laterality(report, known, sentence):
            found[warning.kind] = 0.0
        for warning in checks.negations(known, sentence):
            found[warning.kind] = 0.0
        for warning in checks.measurements(report, sentence.text):
            found[warning.kind] = 0.0
    return found


@lru_cache(maxsize=64)
def _mentions(report: str) -> list[Mention]:
    """Of the answers to one report, which come one after another, it is read once."""
    return mentions(report)
