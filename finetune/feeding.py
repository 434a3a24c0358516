"""Rows in training order, as the datasets that TRL trains on: batched by like length, or packed.

May import numpy, pyarrow, datasets and trl (inside functions) and its siblings. Rows arrive tokenised, the loss is on
their answers alone, and none is ever cut.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finetune.mixture import order
from finetune.ragged import Ragged
from finetune.recipe import Adapter
from finetune.rows import TASKS
from radlite_tui.errors import BadInput

POOL = 32
"""Batches sorted by length together, so that a batch holds rows of like length and little padding."""
IGNORED = -100
"""The label of a token without loss."""


def sequence(rows: Ragged, adapter: Adapter, seed: int) -> list[int]:
    """Row indices in training order: the task mixture, batched by like length, batches shuffled, all by the seed."""
    by_task = {tag: np.flatnonzero(rows.marks["task"] == i) for i, tag in enumerate(TASKS)}
    sizes = {tag: len(items) for tag, items in by_task.items()}
    picks = [int(by_task[tag][item]) for tag, item in order(sizes, adapter.mixture, adapter.rows, seed)]
    return alike(picks, rows.lengths(), adapter.batch, seed)


def alike(picks: Sequence[int], lengths: NDArray[np.int64], batch: int, seed: int) -> list[int]:
    """The picks in another order: batches of like length, drawn from pools of neighbours, shuffled by the seed."""
    rng = random.Random(f"batches/{seed}")
    batches: list[list[int]] = []
    pool = POOL * batch
    for start in range(0, len(picks), pool):
        near = sorted(picks[start : start + pool], key=lambda i: int(lengths[i]))
        some = [near[i : i + batch] for i in range(0, len(near), batch)]
        rng.shuffle(some)
        batches += some
    return [index for batch in batches for index in batch]


def dataset(rows: Ragged, chosen: Sequence[int]) -> Any:
    """The chosen rows as a datasets.Dataset with `input_ids` and `labels`, IGNORED but on answers."""
    import pyarrow as pa
    from datasets import Dataset

    numbers = np.asarray(chosen, dtype=np.int64)
    lengths = rows.lengths()[numbers]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    ids = (
        np.concatenate([rows[number] for number in numbers]).astype(np.int32) if len(numbers) else np.zeros(0, np.int32)
    )
    places = np.arange(len(ids)) - np.repeat(offsets[:-1], lengths)
    labels = np.where(places < np.repeat(rows.marks["answer"][numbers], lengths), IGNORED, ids).astype(np.int32)
    columns = {
        name: pa.ListArray.from_arrays(offsets, values) for name, values in (("input_ids", ids), ("labels", labels))
    }
    return Dataset(pa.table(columns))


def packed(rows: Ragged, chosen: Sequence[int], context: int, seed: int) -> Any:
    """The chosen rows packed by TRL's best-fit decreasing into rows of at most `context` tokens, shuffled by the seed.

    The column `seq_lengths` says where each row begins; TRL's collator turns it into positions that start anew, by
    which transformers keeps rows from seeing each other. Raises BadInput for a row that would be cut.
    """
    from trl import pack_dataset

    longest = int(rows.lengths()[np.asarray(chosen, dtype=np.int64)].max(initial=0))
    if longest > context:
        raise BadInput(f"A row of {longest:,} tokens does not fit the context of {context:,}; make the index again.")
    together = pack_dataset(dataset(rows, chosen), context, "bfd", {"load_from_cache_file": False})
    return together.shuffle(seed=seed, load_from_cache_file=False)


def by_task(rows: Ragged) -> dict[str, Any]:
    """The rows of each task, shortest first, as a dataset each, by tag; a task without rows has none."""
    found = {}
    for number, tag in enumerate(TASKS):
        own = np.flatnonzero(rows.marks["task"] == number)
        if len(own):
            found[tag] = dataset(rows, own[np.argsort(rows.lengths()[own], kind="stable")].tolist())
    return found
