"""Cases as JSON lines: `write` and `read` are inverses. Imports `radlite_tui.tasks` outputs and `Case` only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from finetune.corpus.case import Case
from radlite_tui.errors import BadInput
from radlite_tui.tasks.outputs import (
    AbnormalityOutput,
    Change,
    Entity,
    ImpressionOutput,
    LabelOutput,
    NerOutput,
    Output,
    RadsOutput,
    TemporalOutput,
    TextOutput,
)
from radlite_tui.tasks.report import Report

_PLAIN: dict[str, type[LabelOutput | AbnormalityOutput | ImpressionOutput | TextOutput]] = {
    c.__name__: c for c in (LabelOutput, AbnormalityOutput, ImpressionOutput, TextOutput)
}


def write(path: Path, cases: Iterable[Case]) -> int:
    """Write the cases, one a line, in UTF-8. Returns how many."""
    count = 0
    with path.open("w", encoding="utf-8") as out:
        for case in cases:
            row = asdict(case)
            row["gold"]["shape"] = type(case.gold).__name__
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


def read(path: Path) -> Iterator[Case]:
    """The cases of a file written by `write`. Raises BadInput naming the file and line."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield case(json.loads(line))
            except (KeyError, TypeError, ValueError) as error:
                raise BadInput(f"{path}, line {number}: not a case ({error}).") from None


def case(row: Mapping[str, Any]) -> Case:
    """The case of a line's object. Raises KeyError, TypeError or ValueError when it is none."""
    gold = _output(dict(row["gold"]))
    return Case(**{**row, "report": Report(**row["report"]), "gold": gold, "tags": tuple(row["tags"])})


def _output(row: dict[str, Any]) -> Output:
    shape = row.pop("shape")
    if shape in _PLAIN:
        return _PLAIN[shape](**row)
    if shape == "RadsOutput":
        return RadsOutput(**row | {"modifiers": tuple(row["modifiers"])})
    if shape == "NerOutput":
        return NerOutput(**{kind: tuple(Entity(**e) for e in found) for kind, found in row.items()})
    if shape == "TemporalOutput":
        return TemporalOutput(tuple(_change(change) for change in row["changes"]))
    raise ValueError(f"unknown output {shape!r}")


def _change(row: dict[str, Any]) -> Change:
    evidence = row["evidence"]
    return Change(row["status"], row["finding"], (evidence[0], evidence[1]) if evidence else None)
