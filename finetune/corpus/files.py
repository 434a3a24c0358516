"""Reads the file formats data sets come in, with errors that name the file, the line and what is wrong with it.

Standard library, python-calamine (Excel) and ijson (large JSON) inside functions. Must never know a data set.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from radlite_tui.errors import BadInput

csv.field_size_limit(min(sys.maxsize, 2**31 - 1))


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turns what can go wrong with a file into one sentence that names it."""
    try:
        yield
    except (UnicodeDecodeError, csv.Error, json.JSONDecodeError, gzip.BadGzipFile, EOFError) as error:
        raise BadInput(f"{path} cannot be read ({error}); get the file again.") from error
    except (zipfile.BadZipFile, tarfile.TarError) as error:
        raise BadInput(f"{path} is not a complete archive ({error}); get the file again.") from error
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror or error}); check the file and its rights.") from error


def changed(path: Path, what: str) -> BadInput:
    """The error of a file that is not in the format its reader knows."""
    return BadInput(f"{path}: {what}; the owner may have changed the format, see the source's page in docs/data.")


def text(path: Path) -> str:
    """All of a UTF-8 text file."""
    with reading(path):
        return path.read_text(encoding="utf-8-sig")


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def table(path: Path, columns: Sequence[str]) -> Iterator[dict[str, str]]:
    """The rows of a CSV file (or .csv.gz) with a header. Raises BadInput when it lacks one of the columns."""
    with reading(path), _opened(path) as lines:
        rows = csv.DictReader(lines)
        header = rows.fieldnames or []
        if lost := [column for column in columns if column not in header]:
            raise changed(path, f"the header lacks {', '.join(lost)}")
        for row in rows:
            yield {key: value or "" for key, value in row.items() if isinstance(key, str)}


def json_lines(path: Path, keys: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The objects of a JSON-lines file. Raises BadInput naming the line that lacks a key."""
    with reading(path), _opened(path) as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    row = json.loads(line)
                except json.JSONDecodeError as error:
                    raise changed(path, f"line {number} is not JSON ({error.msg})") from None
                yield checked(row, keys, path, f"line {number}")


def json_object(path: Path) -> dict[str, Any]:
    """A JSON file that holds one object."""
    with reading(path), _opened(path) as file:
        value = json.load(file)
    if not isinstance(value, dict):
        raise changed(path, "it does not hold one JSON object")
    return value


def json_items(path: Path) -> Iterator[tuple[str, Any]]:
    """Key and value of a JSON object of any size, one after the other, without holding all of it."""
    import ijson

    found = False
    with reading(path), path.open("rb") as file:
        try:
            for item in ijson.kvitems(file, "", use_float=True):
                found = True
                yield item
        except ijson.JSONError as error:
            raise BadInput(f"{path} cannot be read ({error}); get the file again.") from error
    if not found:
        raise changed(path, "it does not hold one JSON object with items")


def checked(row: Any, keys: Sequence[str], path: Path, where: str) -> dict[str, Any]:
    """`row` if it is an object with all these keys. Raises BadInput naming the file and the place."""
    if not isinstance(row, dict):
        raise changed(path, f"{where} is not an object")
    if lost := [key for key in keys if key not in row]:
        raise changed(path, f"{where} lacks {', '.join(lost)}")
    return row


def sheet(path: Path, columns: Sequence[str]) -> Iterator[Mapping[str, str]]:
    """The rows of an Excel file's first sheet under its header. Raises BadInput when it lacks one of the columns."""
    from python_calamine import CalamineError, CalamineWorkbook

    with reading(path):
        try:
            rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).iter_rows()
        except CalamineError as error:
            raise BadInput(f"{path} is not an Excel file that can be read ({error}); get the file again.") from error
        header = [str(cell).strip() for cell in next(rows, [])]
        if lost := [column for column in columns if column not in header]:
            raise changed(path, f"the header lacks {', '.join(lost)}")
        for row in rows:
            yield {name: _plain(cell) for name, cell in zip(header, row, strict=False)}


def _plain(cell: Any) -> str:
    """A cell as text; Excel keeps whole numbers as floats."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def members(path: Path, suffix: str) -> Iterator[tuple[str, bytes]]:
    """Name and content of the files of a .tgz archive that end in suffix, in the archive's order."""
    with reading(path), tarfile.open(path, "r:*") as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() and member.name.endswith(suffix) else None
            if file is not None:
                yield member.name, file.read()
