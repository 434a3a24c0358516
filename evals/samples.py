"""The stored scores of a results folder: its predictions read as a stream, on all processors, each scored once.

Imports `gathering`; loads no model.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from evals.cells import Cell, Key, end_to_end
from evals.gathering import Gathering, Samples, Unusable, ordered
from evals.predictions import FILE, Prediction, line_number, once, ranges, rows
from radlite_tui.errors import BadInput

PART = 32_000_000
"""Bytes of a file that are read at a time by a process."""


def load(folder: Path) -> Samples:
    """The samples of a results folder, read on all processors where it is large. Raises BadInput for a line that cannot
    be used."""
    parts = ranges(folder, PART)
    workers = min(processors(), len(parts))
    if workers < 2:
        found = [_part(folder, *part) for part in parts]
    else:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            found = list(pool.map(_part, [folder] * len(parts), *zip(*parts, strict=True)))
    return joined(found, folder)


def _part(folder: Path, start: int, end: int) -> Samples:
    gathering = Gathering()
    try:
        for row in rows(folder, start, end):
            gathering.add(row)
    except Unusable as error:
        path = folder / FILE
        raise BadInput(f"{path}, line {line_number(path, start) + gathering.n - 1}: {error}") from None
    return gathering.samples()


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def joined(parts: Sequence[Samples], folder: Path) -> Samples:
    """Parts of one file, in order, as one. Raises BadInput for a case that is there twice."""
    own: dict[Key, list[Cell]] = {}
    for part in parts:
        for key, cell in part.cells.items():
            own.setdefault(key, []).append(cell)
    texts: dict[str, str] = {}
    cells = ordered({key: end_to_end(parts, texts) for key, parts in own.items()})
    stamps = dict.fromkeys(stamp for part in parts for stamp in part.stamps)
    found = Samples(cells, tuple(stamps), sum(p.n for p in parts), sum(p.unscored for p in parts))
    if any(len(set(cell.cases)) < len(cell.cases) for cell in cells.values()):
        check = once(folder / FILE)
        for row in rows(folder):
            check((row["case"], row["model"], row["mode"]))
    return found


def gather(predictions: Iterable[Prediction]) -> Samples:
    """The samples of predictions at hand."""
    gathering = Gathering()
    for one in predictions:
        gathering.add(vars(one))
    return gathering.samples()
