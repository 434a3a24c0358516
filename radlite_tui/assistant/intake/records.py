"""Files of records, one a line: JSON lines and CSV, read alike, each record with the number of its line.

May import its siblings and `errors`. Never replaces a byte, and never knows what the fields mean.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from radlite_tui.assistant.intake.taken import UTF8
from radlite_tui.assistant.intake.text import decode
from radlite_tui.errors import BadInput
from radlite_tui.showing import display

Record = tuple[int, Mapping[str, Any]]
Columns = Sequence[Sequence[str]]


def records(path: Path, columns: Columns, tell: Callable[[str], None]) -> Iterator[Record]:
    """(line number, fields) of each record: CSV where the file is called so, else JSON lines. Raises BadInput.

    columns: names of which a CSV heading must have one each. tell: given a sentence where the encoding is a guess.
    """
    name = display(str(path))
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{name} cannot be read: {why(error)}.") from error
    if path.suffix.lower() == ".csv":
        yield from csv_records(data, name, columns, tell)
    else:
        yield from json_records(data, name)


def why(error: OSError) -> str:
    """What the system says, to stand before a full stop."""
    return (error.strerror or str(error)).rstrip(".")


def json_records(data: bytes, name: str) -> Iterator[Record]:
    """The object of each line. JSON is UTF-8 by its standard. Raises BadInput naming the line."""
    try:
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{name} is not valid UTF-8 (byte {error.start}); convert it first.") from error
    for number, line in enumerate(content.split("\n"), 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BadInput(f"{name}, line {number} is not JSON ({error}); correct it.") from error
        if not isinstance(fields, dict):
            raise BadInput(f"{name}, line {number} is not a JSON object; correct it.")
        yield number, fields


def csv_records(data: bytes, name: str, columns: Columns, tell: Callable[[str], None]) -> Iterator[Record]:
    """The fields of each record that are not empty. Raises BadInput when the heading lacks a column."""
    content, encoding = decode(data or b"\n", name)
    if encoding != UTF8:
        tell(f"{name} is read as {encoding}.")
    csv.field_size_limit(10_000_000)
    reader = csv.DictReader(io.StringIO(content, newline=""))
    heading = reader.fieldnames or ()
    if not all(set(names) & set(heading) for names in columns):
        raise BadInput(
            f"{name} needs a heading line with the columns {' and '.join(map(_either, columns))}; "
            f"it has {', '.join(heading) or 'none'}."
        )
    try:
        for fields in reader:
            yield reader.line_num, {key: value for key, value in fields.items() if key and value not in (None, "")}
    except csv.Error as error:
        raise BadInput(f"{name}, line {reader.line_num} is not CSV ({error}); correct it.") from error


def _either(names: Sequence[str]) -> str:
    first, *others = names
    return f"{first} (or {', '.join(others)})" if others else first
