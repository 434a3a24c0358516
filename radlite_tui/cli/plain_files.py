"""An answer out of the line mode: into a file, or by any way there is into the clipboard.

May import the assistant and `plain_input`. A file is new, belongs to its user alone and says where the answer came
from.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from radlite_tui.assistant import answers, kept
from radlite_tui.assistant.clipboard import Route
from radlite_tui.assistant.copying import NOTHING, Copied, Copier, paged
from radlite_tui.assistant.types import Answer
from radlite_tui.cli.plain_input import Lines, asking
from radlite_tui.errors import RadliteError

AGAIN = "If nothing can be pasted, use /save FILE."
LETTERS = {"s": Route.PAGER, "f": Route.FILE}
WAYS = {Route.PAGER: "shows it to select from", Route.FILE: "writes it to a file that only you can read"}


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


def copy(answer: Answer, preference: str, lines: Lines, tell: Callable[[str], None]) -> str:
    """Copy an answer by the first way there is from here; says which. What needs a hand, a person chooses; a pipe gets
    the file. Raises RadliteError where nothing took it."""
    shown = sys.stdout.isatty()
    copier = Copier(preference, write if shown else None, paged, AGAIN)
    text = answers.copied(answer)
    done = copier.copy(text)
    if not done.by_hand:
        said = done.said
    elif lines.person:
        way = chosen(done, lines, tell)
        said = copier.by(way, text) if way is not None else "It was left."
    else:
        said = copier.by(done.by_hand[-1], text)
    if not said:
        raise RadliteError(f"{NOTHING} Use /save FILE instead.")
    return said


def write(sequence: str) -> None:
    """For the terminal, after what it shows already."""
    sys.stdout.write(sequence)
    sys.stdout.flush()


def chosen(done: Copied, lines: Lines, tell: Callable[[str], None]) -> Route | None:
    """The way a person takes; None for none of them."""
    offered = {letter: way for letter, way in LETTERS.items() if way in done.by_hand}
    tell(done.why)
    said = ", ".join(f"{letter} {WAYS[way]}" for letter, way in offered.items())
    while (line := asking(f"{said}, Enter leaves it: ", lines, tell)) is not None:
        word = line.strip().lower()
        if not word or word in offered:
            return offered.get(word)
        tell(f"Type {' or '.join(offered)}, or press Enter.")
    return None
