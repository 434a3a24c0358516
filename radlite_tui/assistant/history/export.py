"""A conversation as Markdown, JSON or plain text, each answer with its provenance and the not-for-clinical-use notice.

May import its siblings and `answers`. Control characters of reports and answers are shown as text; a report cannot
change the document it is quoted in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from radlite_tui import NOT_FOR_CLINICAL_USE, __version__, tasks
from radlite_tui.assistant import answers
from radlite_tui.assistant.history import coding, compared
from radlite_tui.assistant.history.records import FAILED, INTERRUPTED, WRITING, Kept, KeptConversation, KeptTurn
from radlite_tui.assistant.intake import display
from radlite_tui.errors import BadInput

FORMATS = {"markdown": ".md", "json": ".json", "plain": ".txt"}
ENDED = {
    WRITING: "still being written",
    INTERRUPTED: "cut off; this is what there was",
    "cancelled": "stopped; this is what there was",
    "length": "cut at the token limit",
    FAILED: "failed",
}


def export(kept: Sequence[KeptConversation], form: str) -> str:
    """Conversations in one of FORMATS, ending in a line end. Raises BadInput for another."""
    if form not in FORMATS:
        raise BadInput(f"{form!r} is no format; use one of {', '.join(FORMATS)}.")
    if form == "json":
        return json.dumps(as_object(kept), ensure_ascii=False, indent=2) + "\n"
    write = markdown if form == "markdown" else plain
    return "\n".join(write(one) for one in kept)


def format_of(path: Path) -> str:
    """The format a file's ending asks for; Markdown where it says nothing."""
    return next((name for name, ending in FORMATS.items() if path.suffix.lower() == ending), "markdown")


def moment(seconds: float) -> str:
    """A time as people here read it, with its zone."""
    return datetime.fromtimestamp(seconds).astimezone().isoformat(sep=" ", timespec="seconds")


def as_object(kept: Sequence[KeptConversation]) -> dict[str, Any]:
    return {
        "notice": NOT_FOR_CLINICAL_USE,
        "exported_by": f"radlite-tui {__version__}",
        "conversations": [conversation_object(one) for one in kept],
    }


def conversation_object(kept: KeptConversation) -> dict[str, Any]:
    summary = kept.summary
    return {
        "id": summary.id,
        "title": summary.title,
        "created": moment(summary.created),
        "touched": moment(summary.touched),
        "kind": summary.kind,
        **({"comparison": compared.as_object(kept)} if compared.is_one(kept) else {}),
        "turns": [turn_object(summary.id, turn) for turn in kept.turns],
    }


def turn_object(conversation: int, turn: KeptTurn) -> dict[str, Any]:
    report = turn.ask.report
    return {
        "id": f"{conversation}.{turn.number}",
        "follows": f"{conversation}.{turn.parent}" if turn.parent else None,
        "asked_at": moment(turn.created),
        "words": turn.ask.words,
        "report": {"text": report.text, "prior": report.prior, "source": report.source},
        "state": turn.answer.state,
        "text": turn.answer.text,
        "trouble": turn.answer.trouble,
        "answer": dict(turn.answer.result) or None,
        "provenance": dict(turn.answer.provenance),
        "notice": NOT_FOR_CLINICAL_USE,
    }


def facts(turn: KeptTurn) -> list[tuple[str, str]]:
    """The provenance in words, only what is known."""
    kept = turn.answer.provenance
    model = kept.get("model", {})
    rows = [
        ("task", kept.get("task") or turn.routing.task),
        ("model", model.get("title") or turn.model),
        ("mode", turn.mode),
        ("model SHA-256", model.get("sha256")),
        ("adapter SHA-256", model.get("adapter_sha256")),
        ("quantisation", model.get("quantization")),
        *((name.replace("_", " "), kept.get(name)) for name in ("prompt_version", "request_sha256", "seed")),
        ("token limit", kept.get("max_tokens")),
        ("RadLite", kept.get("version")),
        ("llama-cpp-python", kept.get("llama_cpp")),
        ("processor", kept.get("processor")),
        ("engine", ", ".join(f"{name} {value}" for name, value in kept.get("engine", {}).items() if value is not None)),
    ]
    return [(name, display(str(value))) for name, value in rows if value not in (None, "")]


def said(turn: KeptTurn) -> list[str]:
    """The answer in lines, its warnings and how it ended."""
    kept = turn.answer
    answer = coding.answer_of(turn)
    body = answers.lines(answer) if answer is not None and whole(kept) else display(kept.text).splitlines()
    rows = body or ["(nothing)"]
    if answer is not None:
        rows = rows + [f"Warning: {display(warning.message)}" for warning in answer.warnings]
    if kept.state in ENDED:
        trouble = f": {display(kept.trouble)}" if kept.trouble else ""
        rows = [*rows, f"({ENDED[kept.state]}{trouble})"]
    return rows


def whole(kept: Kept) -> bool:
    return kept.state in ("stop", "length")


def question(turn: KeptTurn) -> str:
    words = display(turn.ask.words.strip())
    return words or f"(no words: {tasks.get(turn.routing.task or tasks.CHAT).title} was picked)"


def heading(kept: KeptConversation, turn: KeptTurn) -> str:
    """What stands over an answer: its question, or whose column it is."""
    return display(f"{turn.model}, {turn.mode}") if compared.is_one(kept) else question(turn)


def markdown(kept: KeptConversation) -> str:
    """One conversation. What a report or a model wrote stands in fences that it cannot close."""
    summary = kept.summary
    rows = [
        f"# {escaped(display(summary.name))}",
        "",
        f"**{NOT_FOR_CLINICAL_USE}.** Kept {moment(summary.created)}.",
        "",
    ]
    about = [f"- {name}: {escaped(value)}" for name, value in compared.facts(kept)]
    rows += [*about, ""] if about else []
    before = None
    for turn in kept.turns:
        report = turn.ask.report
        if report != before:
            rows += report_rows(report.text, f"Report ({report.source})" if report.source else "Report")
            rows += report_rows(report.prior or "", "Earlier report")
            before = report
        over = escaped(heading(kept, turn))
        rows += [f"## {summary.id}.{turn.number} {over}", "", *fenced("\n".join(said(turn))), ""]
        rows += [f"- {name}: {escaped(value)}" for name, value in [*compared.marks(kept, turn), *facts(turn)]]
        rows += [f"- {NOT_FOR_CLINICAL_USE}", ""]
    return "\n".join(rows)


def report_rows(text: str, heading: str) -> list[str]:
    return [f"## {escaped(display(heading))}", "", *fenced(display(text)), ""] if text.strip() else []


def fenced(text: str) -> list[str]:
    """Text in a fence longer than any in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", text, fence]


def escaped(text: str) -> str:
    """One line of text that Markdown does not read as marks."""
    return re.sub(r"([\\`*{}\[\]<>#|])", r"\\\1", " ".join(text.split()))


def plain(kept: KeptConversation) -> str:
    """One conversation in plain lines."""
    summary = kept.summary
    rows = [display(summary.name), f"{NOT_FOR_CLINICAL_USE}. Kept {moment(summary.created)}.", ""]
    about = [f"  {name}: {value}" for name, value in compared.facts(kept)]
    rows += [*about, ""] if about else []
    before = None
    for turn in kept.turns:
        report = turn.ask.report
        if report != before:
            source = f" ({display(report.source)})" if report.source else ""
            rows += [f"REPORT{source}", display(report.text), ""] if report.text.strip() else []
            rows += ["EARLIER REPORT", display(report.prior or ""), ""] if (report.prior or "").strip() else []
            before = report
        over = heading(kept, turn) if compared.is_one(kept) else f"ASKED: {question(turn)}"
        rows += [f"{summary.id}.{turn.number} {over}", *said(turn), ""]
        rows += [f"  {name}: {value}" for name, value in [*compared.marks(kept, turn), *facts(turn)]]
        rows += [f"  {NOT_FOR_CLINICAL_USE}.", ""]
    return "\n".join(rows)
