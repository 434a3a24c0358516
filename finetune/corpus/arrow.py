"""Rows as Arrow, by the `datasets` library: written as a stream, read back memory-mapped, saved by split.

May import datasets and pyarrow inside functions; must never import torch.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from finetune.corpus.case import Case, Split
from finetune.corpus.row import COLUMNS, SPLITS, Row, case_of
from radlite_tui.errors import BadInput

BATCH = 1000
MANIFEST = "manifest.json"


def features() -> Any:
    """The schema: ten columns of text."""
    from datasets import Features, Value

    return Features({column: Value("string") for column in COLUMNS})


def stream(path: Path, rows: Iterable[Row]) -> Any:
    """Write rows to an Arrow file as they come; returns them as a memory-mapped datasets.Dataset."""
    import pyarrow
    from datasets import Dataset

    schema = features().arrow_schema
    with pyarrow.OSFile(str(path), "wb") as file, pyarrow.ipc.new_stream(file, schema) as writer:
        batch: list[Row] = []
        for row in rows:
            batch.append(row)
            if len(batch) == BATCH:
                writer.write_table(pyarrow.Table.from_pylist(batch, schema=schema))
                batch = []
        writer.write_table(pyarrow.Table.from_pylist(batch, schema=schema))
    return Dataset.from_file(str(path))


def save(folder: Path, rows: Any, splits: Sequence[Split], kept: Sequence[int]) -> None:
    """Save the kept rows as a datasets.DatasetDict, each in its split, the `split` column set to it."""
    from datasets import DatasetDict, disable_progress_bars

    disable_progress_bars()
    parts = {}
    for split in SPLITS:
        numbers = [number for number in kept if splits[number] == split]
        if not numbers:  # datasets cannot read back a split without rows
            continue
        part = rows.select(numbers).remove_columns("split").add_column("split", [split] * len(numbers))
        parts[split] = part.select_columns(list(COLUMNS)).cast(features())
    DatasetDict(parts).save_to_disk(str(folder))


def load(folder: Path) -> Any:
    """The datasets.DatasetDict of a built set, all three splits. Raises BadInput when there is none."""
    from datasets import Dataset, load_from_disk

    if not (folder / MANIFEST).is_file():
        raise BadInput(f"There is no built set in {folder}; run `python -m finetune data --build {folder}` first.")
    rows = load_from_disk(str(folder / "rows"))
    for split in SPLITS:
        if split not in rows:
            rows[split] = Dataset.from_dict({column: [] for column in COLUMNS}, features=features())
    return rows


def cases(folder: Path, split: Split) -> Iterator[Case]:
    """The cases of a split of a built set, for training or evaluation."""
    for row in load(folder)[split]:
        yield case_of(row)


def manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a built set; empty when there is none yet."""
    path = folder / MANIFEST
    if not path.is_file():
        return {}
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadInput(f"{path} is not JSON ({error}); delete the folder and build the set again.") from None
    return found
