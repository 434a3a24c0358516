"""An `Answer` or a `Plan` as the command contract's JSON object, and as plain lines of text.

May import `tasks` and its siblings. Pure; what a model or a report wrote is passed through `intake.display`, so it
can be put on any terminal. Says nothing that was not measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from radlite_tui import NOT_FOR_CLINICAL_USE, tasks
from radlite_tui.assistant.intake import display
from radlite_tui.assistant.types import Answer, Plan, Warning
from radlite_tui.engine.protocol import Stats
from radlite_tui.tasks.outputs import (
    AbnormalityOutput,
    Change,
    ImpressionOutput,
    LabelOutput,
    NerOutput,
    Output,
    RadsOutput,
    TemporalOutput,
)
from radlite_tui.tasks.report import Report

STATS = (
    "prompt_tokens",
    "cached_tokens",
    "completion_tokens",
    "prefill_s",
    "decode_s",
    "first_token_s",
    "total_s",
    "prefill_tok_s",
    "decode_tok_s",
    "load_s",
)
ARROWS = {"new": "+", "worsened": "↑", "improved": "↓", "resolved": "✓", "unchanged": "="}
STATUS_MARKS = {"positive": "+", "negative": "-", "uncertain": "?", "not_mentioned": " "}
ENTITY_KINDS = (
    ("anatomy", "Anatomy", "‹›"),
    ("observation_present", "Present", "⊕"),
    ("observation_absent", "Absent", "⊖"),
    ("observation_uncertain", "Uncertain", "⊘"),
)
PACS = {
    "↑": "^", "↓": "v", "✓": "*", "‹": "<", "›": ">", "⊕": "+", "⊖": "-", "⊘": "?", "×": "x", "–": "-", "—": "-",
    "≥": ">=", "≤": "<=", "·": "-", "…": "...", "“": '"', "”": '"', "‘": "'", "’": "'", "°": " deg", "µ": "u",
    "±": "+/-", "→": "->",
}  # fmt: skip


def ask_json(answer: Answer) -> dict[str, Any]:
    """The object of `ask --json`."""
    return {
        "task": answer.task,
        "routing": routing_json(answer.plan),
        "model": answer.model.json(),
        "mode": str(answer.mode),
        "text": answer.text,
        "parsed": bool(answer.parsed),
        "parse": answer.parsed,
        "parse_error": answer.parse_error,
        "output": answer.output.json() if answer.output is not None else None,
        "warnings": [warning_json(warning) for warning in answer.warnings],
        "stats": stats_json(answer.stats),
        "finish": answer.finish,
        "seed": answer.seed,
        "version": answer.version,
        "calibration": answer.plan.calibration,
        **answer.extra,
    }


def routing_json(plan: Plan) -> dict[str, Any]:
    """The `routing` object of `ask --json`; its reason names both choices, the task and the model."""
    routing = plan.routing
    return {
        "confidence": round(routing.confidence, 4),
        "by": routing.by,
        "alternatives": [[tag, round(share, 4)] for tag, share in routing.alternatives],
        "reason": reason(plan),
    }


def reason(plan: Plan) -> str:
    """Why this task, and why this model."""
    return "; ".join(part for part in (plan.routing.reason, plan.model_reason) if part)


def route_json(plan: Plan, seconds: float) -> dict[str, Any]:
    """The object of `route --json`."""
    return {
        "task": plan.routing.task,
        "confidence": round(plan.routing.confidence, 4),
        "abstained": plan.routing.abstained,
        "alternatives": [[tag, round(share, 4)] for tag, share in plan.routing.alternatives],
        "model": plan.model,
        "mode": str(plan.mode) if plan.mode is not None else None,
        "reason": reason(plan),
        "seconds": round(seconds, 6),
    }


def warning_json(warning: Warning) -> dict[str, Any]:
    return {
        "kind": warning.kind,
        "message": warning.message,
        "span": list(warning.span) if warning.span is not None else None,
    }


def stats_json(stats: Stats) -> dict[str, Any]:
    """Counts as they are, seconds and rates rounded to what a clock can tell."""
    figures = asdict(stats)
    return {name: round(figures[name], 6) if isinstance(figures[name], float) else figures[name] for name in STATS}


def percent(share: float) -> str:
    """A probability for reading: never "100 %" or "0 %" for what is neither."""
    if 0.995 <= share < 1:
        return "> 99 %"
    if 0 < share < 0.005:
        return "< 1 %"
    return f"{share:.0%}".replace("%", " %")


def lines(answer: Answer) -> list[str]:
    """The answer in plain lines: its output laid out for what it is, or the text as written when it does not parse."""
    if answer.output is None:
        return display(answer.text).splitlines() or [""]
    return [display(line) for line in output_lines(answer.output, answer.plan.ask.report)]


def output_lines(output: Output, report: Report) -> list[str]:
    """One output in plain lines, one function a shape."""
    if isinstance(output, RadsOutput):
        return rads_lines(output)
    if isinstance(output, LabelOutput):
        return label_lines(output.label, output.probabilities)
    if isinstance(output, AbnormalityOutput):
        return grid_lines(output)
    if isinstance(output, TemporalOutput):
        return change_lines(output.changes, report)
    if isinstance(output, NerOutput):
        return entity_lines(output)
    return (output.impression if isinstance(output, ImpressionOutput) else output.answer).splitlines() or [""]


def label_lines(label: str, probabilities: Mapping[str, float]) -> list[str]:
    """The label with its percentage, then the next likeliest."""
    if label not in probabilities:
        return [label]
    ranked = sorted(((p, name) for name, p in probabilities.items() if name != label and p >= 0.005), reverse=True)
    others = ", ".join(f"{name} {percent(p)}" for p, name in ranked[:3])
    first = f"{label}  {percent(probabilities[label])}"
    return [first, f"next: {others}"] if others else [first]


def rads_lines(output: RadsOutput) -> list[str]:
    found = label_lines(output.label, output.probabilities)
    if output.modifiers:
        found.append(f"modifiers: {', '.join(output.modifiers)}")
    if output.management:
        found.append(f"management: {output.management}")
    return found


def grid_lines(output: AbnormalityOutput) -> list[str]:
    """All labels, one a line: mark, label, status, percentage."""
    width = max(len(label) for label in output.labels) if output.labels else 0
    rows = []
    for label, status in output.labels.items():
        share = output.probabilities.get(label, {}).get(status)
        row = f"{STATUS_MARKS.get(status, ' ')} {label:<{width}}  {status.replace('_', ' '):<13}"
        rows.append(f"{row} {percent(share):>6}" if share is not None else row.rstrip())
    return rows


def change_lines(changes: tuple[Change, ...], report: Report) -> list[str]:
    """One change a line: arrow, status, finding, and the words it rests on."""
    if not changes:
        return ["no change listed"]
    rows = []
    for change in changes:
        row = f"{ARROWS.get(change.status, ' ')} {change.status:<9}  {change.finding}"
        if change.evidence is not None:
            start, end = change.evidence
            row += f'  ("{" ".join(report.text[start:end].split())}")'
        rows.append(row)
    return rows


def entity_lines(output: NerOutput) -> list[str]:
    """One entity class a line, with its glyph."""
    rows = []
    for name, title, glyph in ENTITY_KINDS:
        found = [entity.text for entity in getattr(output, name)]
        marked = [f"‹{text}›" if name == "anatomy" else f"[{text}]{glyph}" for text in found]
        rows.append(f"{title + ':':<10} {'; '.join(marked) if marked else '-'}")
    return rows


def copied(answer: Answer) -> str:
    """What copying an answer gives: the output alone, in plain ASCII that any PACS text field takes."""
    output = answer.output
    if isinstance(output, (RadsOutput, LabelOutput)):
        return pacs(output.label)
    if isinstance(output, NerOutput):
        rows = [f"{title}: {'; '.join(e.text for e in getattr(output, name))}" for name, title, _ in ENTITY_KINDS]
        return pacs("\n".join(rows))
    if isinstance(output, AbnormalityOutput):
        rows = [f"{label}: {status.replace('_', ' ')}" for label, status in output.labels.items()]
        return pacs("\n".join(rows))
    if isinstance(output, TemporalOutput):
        return pacs("\n".join(f"{change.status}: {change.finding}" for change in output.changes))
    return pacs("\n".join(lines(answer)))


def pacs(text: str) -> str:
    """Plain ASCII: known signs spelled out, what is left without an ASCII form shown as its code point."""
    from unicodedata import normalize

    spelled = "".join(PACS.get(c, c) for c in display(text))
    plain = normalize("NFKD", spelled)
    return "".join(
        c
        if c == "\n" or " " <= c <= "~"
        else " "
        if c == "\t"
        else ""
        if 0x300 <= ord(c) < 0x370
        else f"<U+{ord(c):04X}>"
        for c in plain
    )


def route_line(plan: Plan) -> str:
    """One line: task, model, mode and how sure, or that nobody knows."""
    routing = plan.routing
    if routing.task is None:
        near = ", ".join(f"{tag} {percent(share)}" for tag, share in routing.alternatives[:3])
        return f"not sure: {near}" if near else "not sure"
    return f"{tasks.get(routing.task).title} on {plan.model}, {plan.mode} ({sure(plan)})"


def sure(plan: Plan) -> str:
    """How the task was chosen, for reading."""
    if plan.routing.by == "classifier":
        return f"{percent(plan.routing.confidence)} sure of the task"
    return {"tag": "task by tag", "rule": "task by the words' form"}.get(plan.routing.by, "task chosen")


def stats_line(stats: Stats) -> str:
    """Speed in one line; only figures there are."""
    parts = []
    if stats.prompt_tokens:
        cached = f" ({stats.cached_tokens} from cache)" if stats.cached_tokens else ""
        parts.append(f"{stats.prompt_tokens} prompt tokens{cached}")
    if stats.prefill_tok_s:
        parts.append(f"read at {stats.prefill_tok_s:.0f} tok/s")
    if stats.first_token_s:
        parts.append(f"{stats.first_token_s:.1f} s to first token")
    if stats.completion_tokens:
        parts.append(f"{stats.completion_tokens} tokens")
    if stats.decode_tok_s:
        parts.append(f"{stats.decode_tok_s:.1f} tok/s")
    return ", ".join(parts)


def notice(answer: Answer) -> str:
    """What every answer is shown with."""
    if answer.model.demonstration:
        return f"{NOT_FOR_CLINICAL_USE}. {answer.model.title} is a tiny demonstration model trained on synthetic text."
    return f"{NOT_FOR_CLINICAL_USE}."
