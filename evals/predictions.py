"""Predictions: what a model answered on a case, one JSON object a line, safe against a crash.

Imports orjson and our errors. A results folder holds `predictions.jsonl`; a line that was cut by a crash is dropped
on reading and predicted again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from operator import itemgetter
from pathlib import Path
from typing import Any

import orjson

from radlite_tui.errors import BadInput

SCHEMA = 1
FILE = "predictions.jsonl"
Key = tuple[str, str, str]
"""Case, model and mode."""


@dataclass(frozen=True)
class Prediction:
    """One answer to one case. gold and text are in the task's canonical answer format.

    report, prior and words are kept so that a score can be computed without the corpus. gold: "" where nobody gave one.
    finish: stop | length | refused (it cannot be asked, and never could) | error (it might be answered another time).
    error: the sentence when there was no answer. probabilities: as in the output of a
    closed answer (label -> [0, 1]; for the grid of abnormalities label -> status -> [0, 1]), before any temperature;
    None for free answers. quantization: of the weights, as the model's manifest has it. backend: local, or the server's
    host and port. settings: what else an answer depends on (see `asking.Manner`). source: where the case is from. host:
    the machine that asked; date: when, in UTC.
    """

    case: str
    group: str
    task: str
    subset: str
    model: str
    mode: str
    report: str
    prior: str | None
    words: str
    gold: str
    text: str
    finish: str
    error: str
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    total_s: float
    sha256: str
    adapter_sha256: str | None
    version: str
    prompt_version: str
    schema: int = SCHEMA
    probabilities: Mapping[str, Any] | None = None
    quantization: str = ""
    backend: str = "local"
    settings: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    host: str = ""
    date: str = ""

    @property
    def key(self) -> Key:
        """What makes a prediction unique in a results folder."""
        return (self.case, self.model, self.mode)


_FIELDS = frozenset(f.name for f in fields(Prediction))
_TEXTS = ("case", "group", "task", "subset", "model", "mode", "report", "words", "gold", "text")
_texts = itemgetter(*_TEXTS)
_NEEDED = frozenset((*_TEXTS, "prior", "finish", "error", "total_s", "completion_tokens", "version", "prompt_version"))


def rows(folder: Path, start: int = 0, end: int | None = None) -> Iterator[dict[str, Any]]:
    """Every whole line of a results folder as a dictionary with the fields of Prediction, checked; duplicates are not.

    start, end: bytes of the file, where lines begin. Raises BadInput naming file and line for a malformed line or one
    of another version.
    """
    path = folder / FILE
    if not path.exists():
        return
    known: set[tuple[str, ...]] = set()
    with path.open("rb") as lines:
        place = lines.seek(start)
        for line in lines:
            if not line.endswith(b"\n") or (end is not None and place >= end):
                return
            try:
                row = orjson.loads(line)
            except ValueError as error:
                raise BadInput(f"{where(path, place)}: not a JSON object; remove the line and run again.") from error
            if not isinstance(row, dict) or row.get("schema") != SCHEMA:
                raise BadInput(f"{where(path, place)}: written by another version; use another --out folder.")
            names = tuple(row)
            if names not in known:
                if not row.keys() <= _FIELDS:
                    raise BadInput(f"{where(path, place)}: written by another version; use another --out folder.")
                if not row.keys() >= _NEEDED:
                    raise BadInput(f"{where(path, place)}: not a whole prediction; remove the line and run again.")
                known.add(names)
            if set(map(type, _texts(row))) != {str}:
                raise BadInput(f"{where(path, place)}: not a whole prediction; remove the line and run again.")
            place += len(line)
            yield row


def where(path: Path, place: int) -> str:
    """File and line of the line that begins at this byte."""
    return f"{path}, line {line_number(path, place)}"


def line_number(path: Path, place: int) -> int:
    """The number of the line that begins at this byte, from 1."""
    with path.open("rb") as file:
        number, left = 1, place
        while left > 0 and (block := file.read(min(left, 1 << 20))):
            number, left = number + block.count(b"\n"), left - len(block)
    return number


def ranges(folder: Path, size: int) -> list[tuple[int, int]]:
    """(start, end) of parts of the file of about `size` bytes, each of whole lines."""
    path = folder / FILE
    if not path.exists():
        return []
    found, total = [], path.stat().st_size
    with path.open("rb") as file:
        start = 0
        while start < total:
            file.seek(min(start + size, total))
            file.readline()
            found.append((start, file.tell()))
            start = file.tell()
    return found


def once(path: Path) -> Callable[[Key], None]:
    """A check for the lines of one file in order: raises BadInput for the second line of a case, model and mode."""
    seen: set[Key] = set()
    number = 0

    def check(key: Key) -> None:
        nonlocal number
        number += 1
        if key in seen:
            case, model, mode = key
            raise BadInput(f"{path}, line {number}: case {case} of {model}, {mode} is there twice; remove one line.")
        seen.add(key)

    return check


def read(folder: Path) -> Iterator[Prediction]:
    """Every whole prediction of a results folder. Raises BadInput for a malformed line, one of another version, or a
    case that is there twice."""
    check = once(folder / FILE)
    for row in rows(folder):
        found = Prediction(**row)
        check(found.key)
        yield found


class Writer:
    """Appends predictions, each flushed to disk as a whole line. Use as a context manager."""

    def __init__(self, folder: Path) -> None:
        path = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            cut_short(path)
            self._file = path.open("ab")
        except OSError as error:
            raise BadInput(f"{path} cannot be written ({error.strerror}); use another --out folder.") from error

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, prediction: Prediction) -> None:
        self._file.write(orjson.dumps(prediction) + b"\n")
        self._file.flush()


def cut_short(path: Path) -> None:
    """Drop what a crash left of a last line."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        end = file.seek(0, 2)
        while end:
            start = max(0, end - 65536)
            file.seek(start)
            found = file.read(end - start).rfind(b"\n")
            if found >= 0:
                file.truncate(start + found + 1)
                return
            end = start
        file.truncate(0)


def without(folder: Path, dropped: Callable[[Prediction], bool]) -> int:
    """Rewrite a results folder without some predictions, whole or not at all; returns how many went."""
    path = folder / FILE
    found = list(read(folder))
    kept = [one for one in found if not dropped(one)]
    if len(kept) < len(found):
        beside = path.with_suffix(".rewritten")
        beside.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in kept))
        beside.replace(path)
    return len(found) - len(kept)
