"""An answer out of the line mode: into a file, or through the terminal into the clipboard.

May import the assistant and `osc52`. A file is new, belongs to its user alone and says where the answer came from.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from radlite_tui import osc52
from radlite_tui.assistant import answers, kept
from radlite_tui.assistant.types import Answer
from radlite_tui.errors import BadInput


def save(answer: Answer, name: str) -> Path:
    """Write an answer with its provenance into a new file. Raises BadInput when there is one of that name, RadliteError
    when it cannot be written."""
    path = Path(name).expanduser()
    kept.write_new(path, document(answer))
    return path


def document(answer: Answer) -> str:
    """The answer, what was asked, what it warns of and what made it, as plain text."""
    made = [
        f"asked: {answer.plan.ask.words or '(nothing: the task was chosen)'}",
        f"task: {answer.task}",
        f"model: {answer.model.name} {answer.model.quantization} sha256 {answer.model.sha256}",
        *([f"adapter: sha256 {answer.model.adapter_sha256}"] if answer.model.adapter_sha256 else []),
        f"mode: {answer.mode}, seed {answer.seed}, radlite-tui {answer.version}, finish {answer.finish}",
        answers.notice(answer),
    ]
    warnings = [f"warning ({warning.kind}): {warning.message}" for warning in answer.warnings]
    return "\n".join([*answers.lines(answer), "", *warnings, *made]) + "\n"


def copy(answer: Answer) -> str:
    """Ask the terminal to take the answer into the clipboard (OSC 52), and say just that. Raises BadInput where there
    is no terminal that could."""
    if not sys.stdout.isatty() or os.environ.get("TERM", "") in ("", *osc52.DEAF):
        raise BadInput("This terminal cannot copy; use /save FILE instead.")
    text = answers.copied(answer)
    size = len(text.encode())
    if size > osc52.MOST:
        raise BadInput(f"The answer is {size:,} bytes and terminals copy {osc52.MOST:,}; use /save FILE instead.")
    sys.stdout.write(osc52.request(text, os.environ))
    sys.stdout.flush()
    return f"Asked the terminal to copy {len(text):,} characters; some refuse without a word, then use /save FILE."
