"""From a file or a stream to what was taken out of it; what cannot be a report is refused in one sentence.

May import its siblings, `tasks.report` and `errors`. Plain text is read here; every other format is read by its own
module in a process of its own (`apart`), so that no file can hold this one up or fill its memory.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from radlite_tui.assistant.intake import apart, text
from radlite_tui.assistant.intake.recognise import HEAD, recognise
from radlite_tui.assistant.intake.taken import Taken
from radlite_tui.errors import BadInput
from radlite_tui.showing import display
from radlite_tui.tasks.report import Report

DOCUMENT_LIMIT = 20_000_000
"""Bytes a document may have: pictures and attachments in it count, its text has the limit of every text."""
STANDARD_INPUT = "standard input"


@dataclass(frozen=True)
class Opened:
    """A report and its prior, and the sentences that say how they were read."""

    report: Report
    lines: tuple[str, ...] = ()


def read(path: str | Path) -> Taken:
    """What a file holds. Raises BadInput naming the file and what is wrong with it."""
    path = Path(path)
    name = display(str(path))
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise BadInput(f"{name} is a directory; give a report file.")
        with path.open("rb") as file:
            size = status.st_size if stat.S_ISREG(status.st_mode) else None
            return replace(read_from(file, name, size), source=display(path.name))
    except FileNotFoundError as error:
        raise BadInput(f"There is no file {name}; check the path.") from error
    except PermissionError as error:
        raise BadInput(f"{name} may not be read by this user; check its permissions.") from error
    except ValueError as error:
        raise BadInput(f"{name} is no file name.") from error
    except OSError as error:
        raise BadInput(f"{name} cannot be read: {error.strerror}.") from error


def read_from(stream: BinaryIO, name: str, size: int | None = None) -> Taken:
    """What an open stream holds. No more than the format's limit is ever read."""
    head = stream.read(HEAD)
    try:
        form = recognise(head)
    except BadInput as error:
        raise BadInput(f"{name} {error}") from error
    limit = DOCUMENT_LIMIT if form else text.LIMIT
    if size is not None and size > limit:
        raise BadInput(text.too_big(name, size, limit))
    data = head + stream.read(limit + 1 - len(head))
    if len(data) > limit:
        raise BadInput(text.too_big(name, None, limit))
    if not form:
        return text.take(data, name)
    taken = apart.read(form, data, name)
    text.check(taken.text, f"The text in {name}")
    if taken.prior is not None:
        text.check(taken.prior, f"The earlier report in {name}")
    return taken


def read_file(path: str | Path) -> str:
    """The text of a file. Raises BadInput naming the file and what is wrong with it."""
    return read(path).text


def read_stream(stream: BinaryIO, name: str = STANDARD_INPUT) -> str:
    """The text of an open binary stream, such as standard input. Raises BadInput."""
    return read_from(stream, name).text


def open_report(source: str, prior: str | None = None, stdin: BinaryIO | None = None) -> Opened:
    """A report from a file name, or from standard input for "-", with the prior's file if there is one.

    A prior of its own file wins over one that came in the report's file.
    """
    if source == "-" and prior == "-":
        raise BadInput("Only one of report and prior can come from standard input.")

    def take(name: str) -> Taken:
        if name == "-" and stdin is not None:
            return replace(read_from(stdin, STANDARD_INPUT), source=STANDARD_INPUT)
        return read(name)

    current = take(source)
    earlier = take(prior) if prior is not None else None
    report = Report(current.text, earlier.text if earlier is not None else current.prior, current.source)
    return Opened(report, (*current.lines(), *(earlier.lines() if earlier is not None else ())))


def read_report(source: str, prior: str | None = None, stdin: BinaryIO | None = None) -> Report:
    """`open_report` without the sentences."""
    return open_report(source, prior, stdin).report
