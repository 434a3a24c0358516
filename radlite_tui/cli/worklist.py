"""The files of a worklist: requests in (JSONL or CSV), answers out (JSONL), a line each.

May import `assistant.intake` and `errors`. A line is on disk before the next one is asked; what was cut off in the
middle by a crash is taken away on resume, and nothing that is whole is ever rewritten.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from radlite_tui.assistant.intake import display
from radlite_tui.assistant.intake.records import records, why
from radlite_tui.cli.output import narrate
from radlite_tui.errors import BadInput, RadliteError

FIELDS = ("text", "file", "prior", "words", "task")
COLUMNS = (("id",), ("text", "file"))


@dataclass(frozen=True)
class Row:
    """One request of a worklist. file: a report file instead of the text, beside the worklist or by its whole path.
    problem: why it cannot be asked, or empty."""

    id: str | int
    line: int
    text: str = ""
    file: Path | None = None
    prior: str | None = None
    words: str = ""
    task: str | None = None
    problem: str = ""


def read(path: Path) -> list[Row]:
    """Every request of a worklist. Raises BadInput for what makes the whole file unusable: no ids, ids twice."""
    name = display(str(path))
    rows: list[Row] = []
    seen: dict[str, int] = {}
    for line, fields in records(path, COLUMNS, narrate):
        row = to_row(fields, line, name, path.parent)
        if str(row.id) in seen:
            raise BadInput(f"{name} has the id {row.id!r} in lines {seen[str(row.id)]} and {line}; ids must differ.")
        seen[str(row.id)] = line
        rows.append(row)
    if not rows:
        raise BadInput(f"{name} has no requests; give one JSON object a line, or CSV with a heading line.")
    return rows


def to_row(fields: Mapping[str, Any], line: int, name: str, folder: Path = Path()) -> Row:
    """One request. A line without a usable id raises BadInput; any other fault is the row's own problem."""
    identity = fields.get("id")
    if not isinstance(identity, (str, int)) or isinstance(identity, bool) or identity == "":
        raise BadInput(f"{name}, line {line} has no id (a text or a whole number); give each line its own.")
    for field in FIELDS:
        if not isinstance(fields.get(field), (str, type(None))):
            return Row(identity, line, problem=f"{field!r} is not a text.")
    if fields.get("file") and fields.get("text"):
        return Row(identity, line, problem="'text' and 'file' are both given; leave one out.")
    return Row(
        identity,
        line,
        file=folder / fields["file"] if fields.get("file") else None,
        text=fields.get("text") or "",
        prior=fields.get("prior") or None,
        words=fields.get("words") or "",
        task=fields.get("task") or None,
    )


class Results:
    """The output file: appended to a line at a time, each line forced to disk; one process at a time."""

    def __init__(self, path: Path, *, resume: bool) -> None:
        self._path = path
        self._name = display(str(path))
        self._resume = resume

    def __enter__(self) -> Results:
        try:
            self._file: BinaryIO = self._path.open("a+b")
        except OSError as error:
            raise BadInput(f"{self._name} cannot be written: {why(error)}.") from error
        try:
            self._lock()
            self.done = self._read_done()
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, record: Mapping[str, Any]) -> None:
        """One finished line, on disk when this returns."""
        try:
            self._file.write(json.dumps(record, ensure_ascii=True).encode() + b"\n")
            self._file.flush()
            if self._path.is_file():
                os.fsync(self._file.fileno())
        except OSError as error:
            raise RadliteError(f"{self._name} cannot be written: {why(error)}; free space and --resume.") from error
        self.done.add(str(record["id"]))

    def _lock(self) -> None:
        """Two runs into one file would each write what the other has."""
        try:
            import fcntl
        except ImportError:
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BadInput(
                f"{self._name} is being written by another run; wait for it or name another file."
            ) from error

    def _read_done(self) -> set[str]:
        """The ids of whole lines already there; a last line without its end is removed."""
        if not self._path.is_file():
            return set()
        self._file.seek(0)
        content = self._file.read()
        if content and not self._resume:
            raise BadInput(f"{self._name} is not empty; add --resume to go on with it, or name another file.")
        whole = content[: content.rfind(b"\n") + 1]
        done: set[str] = set()
        for number, line in enumerate(whole.split(b"\n")[:-1], 1):
            try:
                done.add(str(json.loads(line)["id"]))
            except (ValueError, KeyError, TypeError) as error:
                raise BadInput(f"{self._name}, line {number} is no result of a batch; name another file.") from error
        if len(whole) < len(content):
            self._file.truncate(len(whole))
        return done
