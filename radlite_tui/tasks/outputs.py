"""What a parsed answer is, one frozen dataclass a shape; `json()` gives the `output` object of the command contract.

Pure data: no I/O, no model. Spans are (start, end) character offsets into `Report.text`, end exclusive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Span = tuple[int, int]

STATUSES = ("new", "worsened", "improved", "resolved", "unchanged")
CERTAINTIES = ("positive", "negative", "uncertain", "not_mentioned")


@dataclass(frozen=True)
class LabelOutput:
    """One label of a closed set (N staging, M staging, NLI). probabilities: label -> [0, 1], summing to 1, or empty."""

    label: str
    probabilities: Mapping[str, float] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        return {"label": self.label, "probabilities": dict(self.probabilities)}


@dataclass(frozen=True)
class RadsOutput:
    """A RADS category. label is "SYSTEM CATEGORY" ("BI-RADS 4B") or "No applicable RADS" (system and category empty).

    modifiers: such as ("N", "S") for CAD-RADS; management: the system's published recommendation, short.
    """

    label: str
    system: str = ""
    category: str = ""
    modifiers: tuple[str, ...] = ()
    management: str = ""
    probabilities: Mapping[str, float] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        return {
            "label": self.label,
            "system": self.system,
            "category": self.category,
            "modifiers": list(self.modifiers),
            "management": self.management,
            "probabilities": dict(self.probabilities),
        }


@dataclass(frozen=True)
class AbnormalityOutput:
    """The 14 CheXpert labels in lower case -> positive | negative | uncertain | not_mentioned.

    probabilities: label -> {status -> [0, 1]}, or empty.
    """

    labels: Mapping[str, str]
    probabilities: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        return {
            "labels": dict(self.labels),
            "probabilities": {label: dict(p) for label, p in self.probabilities.items()},
        }


@dataclass(frozen=True)
class Change:
    """One change since the prior report. status: one of STATUSES; evidence: the sentence of the current report."""

    status: str
    finding: str
    evidence: Span | None = None


@dataclass(frozen=True)
class TemporalOutput:
    """What changed since the prior report; empty when the answer lists nothing."""

    changes: tuple[Change, ...]

    def json(self) -> dict[str, Any]:
        return {
            "changes": [
                {"status": c.status, "finding": c.finding, "evidence": list(c.evidence) if c.evidence else None}
                for c in self.changes
            ]
        }


@dataclass(frozen=True)
class Entity:
    """An exact span of the report: `report.text[start:end] == text`."""

    text: str
    start: int
    end: int

    def json(self) -> dict[str, Any]:
        return {"text": self.text, "start": self.start, "end": self.end}


@dataclass(frozen=True)
class NerOutput:
    """RadGraph's four entity classes, each in order of appearance in the report."""

    anatomy: tuple[Entity, ...] = ()
    observation_present: tuple[Entity, ...] = ()
    observation_absent: tuple[Entity, ...] = ()
    observation_uncertain: tuple[Entity, ...] = ()

    def json(self) -> dict[str, Any]:
        return {
            "anatomy": [e.json() for e in self.anatomy],
            "observation_present": [e.json() for e in self.observation_present],
            "observation_absent": [e.json() for e in self.observation_absent],
            "observation_uncertain": [e.json() for e in self.observation_uncertain],
        }


@dataclass(frozen=True)
class ImpressionOutput:
    """An impression written from the findings."""

    impression: str

    def json(self) -> dict[str, Any]:
        return {"impression": self.impression}


@dataclass(frozen=True)
class TextOutput:
    """A free answer: radiology_qa and chat."""

    answer: str

    def json(self) -> dict[str, Any]:
        return {"answer": self.answer}


Output = LabelOutput | RadsOutput | AbnormalityOutput | TemporalOutput | NerOutput | ImpressionOutput | TextOutput
