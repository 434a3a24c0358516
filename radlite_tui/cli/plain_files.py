"""An answer out of the line mode: into a file, or through the terminal into the clipboard.

May import `assistant.answers`. A file is new, belongs to its user alone and says where the answer came from.
"""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path

from radlite_tui.assistant import answers
from radlite_tui.assistant.types import Answer
from radlite_tui.errors import BadInput, RadliteError

COPY_LIMIT = 74_994
"""Bytes that terminals take for the clipboard: their limit of 100,000 characters in base64, with room to spare."""


def save(answer: Answer, name: str) -> Path:
    """Write an answer with its provenance into a new file. Raises BadInput when there is one of that name."""
    path = Path(name).expanduser()
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(document(answer))
    except FileExistsError as error:
        raise BadInput(f"{name} exists already; name another file.") from error
    except ValueError as error:
        raise BadInput(f"{name!r} is no file name.") from error
    except OSError as error:
        raise RadliteError(f"{name} cannot be written: {error.strerror}; name another file.") from error
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
    if not sys.stdout.isatty() or os.environ.get("TERM", "") in ("", "dumb"):
        raise BadInput("This terminal cannot copy; use /save FILE instead.")
    data = answers.copied(answer).encode("ascii")
    if len(data) > COPY_LIMIT:
        raise BadInput(f"The answer is {len(data):,} bytes and terminals copy {COPY_LIMIT:,}; use /save FILE instead.")
    code = f"\x1b]52;c;{base64.b64encode(data).decode()}\x07"
    if os.environ.get("TMUX"):
        code = "\x1bPtmux;" + code.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    sys.stdout.write(code)
    sys.stdout.flush()
    return f"Asked the terminal to copy {len(data)} characters; some refuse without a word, then use /save FILE."
