"""Rows of scores as a Markdown table, and the block of a document they go into. Imports siblings only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evals.routes import METRIC_NAMES
from evals.score import Row
from radlite_tui.errors import BadInput
from radlite_tui.tasks.base import Mode

BEGIN, END = "<!-- scores: begin -->", "<!-- scores: end -->"


def markdown(rows: Sequence[Row]) -> str:
    """A line a task and model, a column a mode (untuned first): score and 95 % interval beside the majority one."""
    modes = sorted({r.mode for r in rows}, key=[str(mode) for mode in Mode].index)
    lines = [
        "| task | metric | model | majority answer | " + " | ".join(modes) + " |",
        "|---|---|---|---|" + "---|" * len(modes),
    ]
    by_key = {(r.task, r.model, r.mode): r for r in rows}
    for task, model in dict.fromkeys((r.task, r.model) for r in rows):
        own = [by_key.get((task, model, mode)) for mode in modes]
        some = next(r for r in own if r is not None)
        cells = [f"{r.value:.2f} ({r.low:.2f}-{r.high:.2f}), n {r.n}" if r else "" for r in own]
        lines.append(
            f"| `{task}` | {METRIC_NAMES[some.metric]} | {model} | {some.majority:.2f} | " + " | ".join(cells) + " |"
        )
    return "\n".join(lines)


def insert(path: Path, text: str, markers: tuple[str, str] = (BEGIN, END)) -> None:
    """Replace what stands between the two markers of a document. Raises BadInput when they are not there."""
    begin, end = markers
    head, rest = require_markers(path, markers).split(begin, 1)
    tail = rest.split(end, 1)[1]
    path.write_text(f"{head}{begin}\n{text}\n{end}{tail}", encoding="utf-8")


def require_markers(path: Path, markers: tuple[str, str] = (BEGIN, END)) -> str:
    """The document's text. Raises BadInput when it cannot be read or lacks the markers, in their order."""
    begin, end = markers
    try:
        document = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}); name a document to put the table into.") from error
    if begin not in document or end not in document.split(begin, 1)[1]:
        raise BadInput(f"{path} has no lines {begin} and {end} to put the table between.")
    return document
