"""Anatomy and observations of a report as exact spans, in RadGraph's classes. May import its siblings in `tasks` only.

An entity that is not in the report is never shown as one: strict parsing refuses it, lenient drops it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from radlite_tui.errors import ParseError
from radlite_tui.segments import Form, Spans
from radlite_tui.tasks.base import Example, Task
from radlite_tui.tasks.outputs import Entity, NerOutput, Output, Span
from radlite_tui.tasks.reading import answer_text, expect, occurrences
from radlite_tui.tasks.report import Report

CLASSES = {
    "Anatomy": "anatomy",
    "Observation (Present)": "observation_present",
    "Observation (Absent)": "observation_absent",
    "Observation (Uncertain)": "observation_uncertain",
}
NOTHING = "none"
_HEADING = re.compile(
    r"^\s*[-*•]?\s*(anatomy|(?:observations?\s*)?\(?(?:definitely\s+)?(present|absent|uncertain)\)?)\s*:(.*)$",
    re.IGNORECASE,
)


class RadiologyNer(Task):
    """Classes after Jain S et al. RadGraph: extracting clinical entities and relations. NeurIPS Datasets 2021."""

    tag = "radiology_ner"
    title = "Entities"
    help = "Anatomy and observations (present, absent, uncertain), marked in the report"
    instruction = "List the anatomy and the present, absent and uncertain observations of this report, word for word."
    answer_format = (
        "Write four lines: 'Anatomy: a; b', 'Observation (Present): ...', 'Observation (Absent): ...', "
        "'Observation (Uncertain): ...', each in the order of the report, or 'none'."
    )
    metric = "rouge_l"
    max_tokens = 256

    def render(self, output: Output) -> str:
        found = expect(output, NerOutput)
        return "\n".join(
            f"{heading}: {'; '.join(' '.join(e.text.split()) for e in getattr(found, field)) or NOTHING}"
            for heading, field in CLASSES.items()
        )

    def shape(self, report: Report) -> Form:
        """Four headed lists of spans of the report: an entity that is not in it cannot be written."""
        spans = Spans(report.text, "; ", NOTHING)
        headings = [f"{heading}: " for heading in CLASSES]
        return (headings[0], spans, *(part for heading in headings[1:] for part in (f"\n{heading}", spans)))

    def parse(self, text: str, report: Report, *, lenient: bool = False) -> NerOutput:
        text = answer_text(text, lenient=lenient)
        phrases = self._loose(text) if lenient else self._strict(text)
        taken: set[Span] = set()
        located: dict[str, tuple[Entity, ...]] = {}
        for field in CLASSES.values():
            spans, lost = locate(report.text, phrases.get(field, []), taken)
            if lost and not lenient:
                raise ParseError(f"The answer names {lost[0]!r}, which is not in the report that often.")
            taken.update(spans)
            located[field] = tuple(Entity(report.text[start:end], start, end) for start, end in sorted(spans))
        return NerOutput(**located)

    @staticmethod
    def _strict(text: str) -> dict[str, list[str]]:
        lines = text.splitlines()
        if len(lines) != len(CLASSES) or any(
            not line.startswith(f"{heading}: ") for line, heading in zip(lines, CLASSES, strict=True)
        ):
            raise ParseError(f"Expected four lines, headed {', '.join(CLASSES)}.")
        bodies = (line.partition(": ")[2] for line in lines)
        return {
            field: [] if body.strip() == NOTHING else body.split("; ")
            for field, body in zip(CLASSES.values(), bodies, strict=True)
        }

    @staticmethod
    def _loose(text: str) -> dict[str, list[str]]:
        """Any of the four headings, in any order; other lines are passed over."""
        phrases: dict[str, list[str]] = {}
        for line in text.splitlines():
            match = _HEADING.match(line)
            if match is None:
                continue
            field = f"observation_{match[2].lower()}" if match[2] else "anatomy"
            named = [phrase.strip(" .\"'`") for phrase in match[3].split(";")]
            phrases.setdefault(field, []).extend(p for p in named if p and p.lower() not in (NOTHING, "n/a", "-"))
        if not phrases:
            raise ParseError("Expected lines such as 'Anatomy: left lung; pleura'.")
        return phrases

    examples = (
        Example(
            Report("Small left pleural effusion. No pneumothorax. Opacity in the right base may be atelectasis."),
            "Anatomy: left pleural; right base\nObservation (Present): Small; effusion; Opacity\n"
            "Observation (Absent): pneumothorax\nObservation (Uncertain): atelectasis",
        ),
        Example(
            Report(
                "Heart is mildly enlarged. Lungs are clear. Mediastinal contours are normal. No acute rib fracture."
            ),
            "Anatomy: Heart; Lungs; Mediastinal contours; rib\nObservation (Present): mildly enlarged; clear; "
            "normal\nObservation (Absent): fracture\nObservation (Uncertain): none",
        ),
        Example(
            Report(
                "Endotracheal tube ends above the carina. Possible edema in both lungs. No consolidation or effusion."
            ),
            "Anatomy: carina; both lungs\nObservation (Present): Endotracheal tube\n"
            "Observation (Absent): consolidation; effusion\nObservation (Uncertain): edema",
        ),
    )
    demonstrations = (
        Example(
            Report(
                "CHEST RADIOGRAPH\n\nFINDINGS: There is a dense consolidation in the right middle lobe. Linear "
                "scarring at the left base. No pleural effusion. No pneumothorax. The aorta is tortuous. A hazy "
                "density at the right hilum may reflect lymphadenopathy.\n\nIMPRESSION: Right middle lobe pneumonia."
            ),
            "Anatomy: right middle lobe; left base; pleural; aorta; right hilum; Right middle lobe\n"
            "Observation (Present): consolidation; Linear scarring; tortuous; hazy density; pneumonia\n"
            "Observation (Absent): effusion; pneumothorax\nObservation (Uncertain): lymphadenopathy",
        ),
    )


def locate(text: str, phrases: Iterable[str], taken: set[Span]) -> tuple[list[Span], list[str]]:
    """Spans of the phrases in text, and the phrases that have none left.

    Phrases come in the order of the report, so each is looked for after the one before; a repeated phrase takes the
    next occurrence. Occurrences that another class took are avoided while that loses nothing.
    """
    phrases = list(phrases)
    apart = _walk(text, phrases, taken)
    if apart is not None:
        return apart, []
    inside = _walk(text, phrases, set())
    if inside is not None:
        return inside, []
    spans: list[Span] = []
    lost = []
    for phrase in phrases:
        free = [span for span in occurrences(text, phrase) if span not in spans]
        free.sort(key=lambda span: (span in taken, span))
        spans += free[:1]
        lost += [] if free else [phrase]
    return spans, lost


def _walk(text: str, phrases: list[str], barred: set[Span]) -> list[Span] | None:
    """One occurrence a phrase, each after the one before and none overlapping `barred`; None if that cannot be."""
    spans: list[Span] = []
    cursor = 0
    for phrase in phrases:
        span = next(
            (
                (start, end)
                for start, end in occurrences(text, phrase)
                if start >= cursor and not any(start < b_end and b_start < end for b_start, b_end in barred)
            ),
            None,
        )
        if span is None:
            return None
        spans.append(span)
        cursor = span[1]
    return spans


TASK = RadiologyNer()
