"""Answers become text that can be drawn: one function a shape of output. Pure: no widget, no I/O.

May import Textual's `Content` and the assistant's types. Must never show a meaning by colour alone: every state has
a glyph or a word. Text of the user and of models is put in as text, never as markup.
"""

from __future__ import annotations

from collections.abc import Mapping

from textual.content import Content

from radlite_tui.assistant import grounds
from radlite_tui.assistant.types import Answer
from radlite_tui.tasks import rads
from radlite_tui.tasks.outputs import (
    AbnormalityOutput,
    Entity,
    ImpressionOutput,
    LabelOutput,
    NerOutput,
    Output,
    RadsOutput,
    TemporalOutput,
)
from radlite_tui.tasks.report import Report
from radlite_tui.tui.lines import MUTED, hang, lines, percent

GRID = {"positive": "+", "negative": "-", "uncertain": "?", "not_mentioned": "·"}
GRID_WORDS = {
    "positive": "positive",
    "negative": "negative",
    "uncertain": "uncertain",
    "not_mentioned": "not mentioned",
}
GRID_STYLES = {
    "positive": "bold $text-error",
    "negative": "",
    "uncertain": "bold $text-warning",
    "not_mentioned": MUTED,
}
ARROWS = {"new": "✚", "worsened": "↑", "improved": "↓", "resolved": "✓", "unchanged": "="}
ARROW_STYLES = {
    "new": "bold $text-error",
    "worsened": "bold $text-error",
    "improved": "bold $text-success",
    "resolved": "bold $text-success",
    "unchanged": "bold",
}
ENTITY_MARKS = {
    "anatomy": ("‹", "›", "underline"),
    "observation_present": ("[", "]⊕", "bold"),
    "observation_absent": ("[", "]⊖", "italic"),
    "observation_uncertain": ("[", "]⊘", "bold italic"),
}
ENTITY_NAMES = {
    "anatomy": "‹ › anatomy",
    "observation_present": "[ ]⊕ present",
    "observation_absent": "[ ]⊖ absent",
    "observation_uncertain": "[ ]⊘ uncertain",
}
LONGEST_BAR = 30
EVIDENCE_STYLE = "bold underline"
MARK_STYLES = {
    "anatomy": "underline",
    "observation_present": "bold reverse",
    "observation_absent": "italic underline",
    "observation_uncertain": "italic reverse",
}


def badge(label: str) -> Content:
    """The answer's label, where the eye looks first: reversed, so that it stands out without colour."""
    return Content.styled(f" {label} ", "bold reverse")


def bars(probabilities: Mapping[str, float], width: int, top: int = 3) -> list[Content]:
    """The most probable labels, one line each: label, bar, percentage."""
    best = sorted(probabilities.items(), key=lambda item: -item[1])[:top]
    if not best:
        return []
    longest = max(len(label) for label, _ in best)
    room = max(4, min(LONGEST_BAR, width - longest - 10))
    drawn = []
    for label, probability in best:
        halves = round(probability * room * 2)
        bar = "█" * (halves // 2) + "▌" * (halves % 2)
        drawn.append(
            Content.assemble(f"{label:<{longest}} ", (f"{bar:<{room}}", "$text-primary"), f" {percent(probability):>6}")
        )
    return drawn


def draw(output: Output, report: Report, width: int) -> Content:
    """A parsed answer, `width` columns wide."""
    if isinstance(output, RadsOutput):
        return draw_rads(output, width)
    if isinstance(output, LabelOutput):
        return lines([badge(output.label), *bars(output.probabilities, width)])
    if isinstance(output, AbnormalityOutput):
        return draw_grid(output, width)
    if isinstance(output, TemporalOutput):
        return draw_changes(output, report, width)
    if isinstance(output, NerOutput):
        return draw_entities(output, report, width)
    return Content(output.impression if isinstance(output, ImpressionOutput) else output.answer)


def draw_rads(output: RadsOutput, width: int) -> Content:
    """Category badge, its modifiers, the most probable categories, and the system's own recommendation."""
    head = badge(output.label)
    if output.modifiers:
        head = Content.assemble(head, f"  modifiers: {', '.join(output.modifiers)}")
    parts = [head, *bars(output.probabilities, width)]
    system = rads.system(output.system)
    if output.management and system is not None:
        parts.append(hang(Content.styled("Management: ", "bold"), output.management, width))
        whose = "" if system.advice == "the system's own table" else f"; {system.advice}"
        parts.append(hang(Content(" " * 12), f"{system.edition}{whose}", width, MUTED))
    elif output.management:
        parts.append(Content(output.management))
    return lines(parts)


def draw_grid(output: AbnormalityOutput, width: int) -> Content:
    """The 14 labels in columns, each with its glyph, and how sure where that is known; then the legend."""
    cells = [grid_cell(label, status, output.probabilities.get(label, {})) for label, status in output.labels.items()]
    longest = max((cell.cell_length for cell in cells), default=1)
    columns = max(1, min(3, (width + 2) // (longest + 2)))
    rows = -(-len(cells) // columns)
    drawn = []
    for row in range(rows):
        here = [cells[i] for i in range(row, len(cells), rows)]
        drawn.append(Content("  ").join([cell.pad_right(longest - cell.cell_length) for cell in here]))
    legend = "   ".join(f"{glyph} {GRID_WORDS[status]}" for status, glyph in GRID.items())
    return lines([*drawn, Content.styled(legend, MUTED)])


def grid_cell(label: str, status: str, probabilities: Mapping[str, float]) -> Content:
    sure = f" {percent(probabilities[status])}" if status in probabilities else ""
    return Content.assemble((f"{GRID[status]} {label}", GRID_STYLES[status]), (sure, MUTED))


def draw_changes(output: TemporalOutput, report: Report, width: int) -> Content:
    """One change a line: arrow, word, finding; beneath it the sentence of the current report it rests on."""
    if not output.changes:
        return Content("No change is listed.")
    drawn = []
    for change in output.changes:
        arrow = f"{ARROWS[change.status]} {change.status:<9}"
        drawn.append(hang(Content.assemble((arrow, ARROW_STYLES[change.status]), " "), change.finding, width))
        if change.evidence is not None:
            sentence = " ".join(report.text[slice(*change.evidence)].split())
            drawn.append(hang(Content(" " * 12), f"“{sentence}”", width, MUTED))
    return lines(drawn)


def entity_spans(output: NerOutput) -> list[tuple[int, int, str]]:
    """(start, end, class) of every entity, by place; of two that overlap the first and longest is kept."""
    found: list[tuple[int, int, str]] = []
    for kind in ENTITY_MARKS:
        entities: tuple[Entity, ...] = getattr(output, kind)
        found += [(entity.start, entity.end, kind) for entity in entities]
    kept: list[tuple[int, int, str]] = []
    for start, end, kind in sorted(found, key=lambda span: (span[0], -span[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end, kind))
    return kept


def draw_entities(output: NerOutput, report: Report, width: int) -> Content:
    """The report with each entity marked by brackets, glyph and style; then the entities of each class."""
    parts: list[str | tuple[str, str]] = []
    at = 0
    for start, end, kind in entity_spans(output):
        opening, closing, style = ENTITY_MARKS[kind]
        parts += [report.text[at:start], (f"{opening}{report.text[start:end]}{closing}", style)]
        at = end
    parts.append(report.text[at:])
    marked = Content.assemble(*parts)
    listed = []
    for kind, name in ENTITY_NAMES.items():
        entities = getattr(output, kind)
        texts = "; ".join(" ".join(entity.text.split()) for entity in entities) or "none"
        listed.append(hang(Content.styled(f"{name:<14} ", "bold"), texts, width))
    return lines([marked, Content(""), *listed])


def marks(answer: Answer) -> tuple[tuple[int, int, str], ...]:
    """(start, end, style) of the places in the report an answer speaks of: entities, evidence, warnings."""
    if isinstance(answer.output, NerOutput):
        return tuple((start, end, MARK_STYLES[kind]) for start, end, kind in entity_spans(answer.output))
    places = {warning.span for warning in answer.warnings if warning.span is not None}
    if isinstance(answer.output, TemporalOutput):
        places |= {change.evidence for change in answer.output.changes if change.evidence is not None}
    places |= set(grounds.grounds(answer))
    return tuple((start, end, EVIDENCE_STYLE) for start, end in sorted(places))


def draw_raw(text: str, why: str) -> Content:
    """An answer that does not have its task's form: said so, then shown as the model wrote it."""
    reason = f" ({why.rstrip('.')})" if why else ""
    sentence = f"⚠ This answer does not have the form the task asks for{reason}. As the model wrote it:"
    return lines([Content.styled(sentence, "$text-warning"), Content(text.strip() or "(nothing)")])
