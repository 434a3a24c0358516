"""From files to a set: read, check, keep groups together, drop what crosses splits, save with a manifest.

May import everything in `finetune.corpus`; datasets inside functions. Nothing is fetched, and nothing is written
outside the folder of the set.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from finetune.corpus import arrow, near, seen
from finetune.corpus.case import Split
from finetune.corpus.row import SPLITS, Row, row_of
from finetune.corpus.source import Item, Library, Skipped, Source, any_of, lacking, missing, sources
from finetune.corpus.summary import Summary
from radlite_tui.errors import BadInput

Say = Callable[[str], None]
SYNTHETIC = "synthetic"
SYNTHETIC_SEED = 11
TOLD = 25_000
"""Every how many items the reading says how far it is."""


@dataclass(frozen=True)
class Plan:
    """What a build takes. only: names of sources, or none for all that are there. synthetic: cases a task in train."""

    library: Library
    only: tuple[str, ...] = ()
    synthetic: int = 0
    accept_changes: bool = False


@dataclass
class Refused:
    """Cases that were left out, by source, task and reason, with the first id of each."""

    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    first: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def add(self, case: Item, reason: str) -> None:
        key = (case.source, case.task, reason)
        self.counts[key] += 1
        self.first.setdefault(key, case.id)

    def lines(self) -> Iterator[str]:
        for key, count in sorted(self.counts.items()):
            yield f"left out: {count:,} of {key[0]}, {key[1]}: {key[2]} (the first is {self.first[key]})"


def known(names: Sequence[str]) -> None:
    """Raises BadInput for a name that is no source."""
    every = [*sources(), SYNTHETIC]
    for name in names:
        if name not in every:
            raise BadInput(f"There is no source {name!r}; the sources are {', '.join(every)}.")


def chosen(plan: Plan, say: Say) -> list[Source]:
    """The sources to read. Raises BadInput for an unknown one, and for one that is there in part or asked for."""
    known(plan.only)
    taken = []
    for name, source in sources().items():
        if plan.only and name not in plan.only:
            continue
        lost = lacking(plan.library, source)
        if lost and (name in plan.only or any_of(plan.library, source)):
            raise BadInput(missing(plan.library, source, lost))
        if lost:
            say(f"{name}: not there, left out")
            continue
        taken.append(source)
    return taken


def build(plan: Plan, folder: Path, say: Say) -> Summary:
    """Make the set in `folder`: rows by split, manifest.json. Returns what it holds."""
    taken = chosen(plan, say)
    if (folder / "rows").exists() and not (folder / "rows" / "dataset_dict.json").is_file():
        raise BadInput(f"{folder} holds something called rows that no build made; give another folder.")
    before = arrow.manifest(folder).get("files", {})
    files: seen.Seen = {}
    for source in taken:
        found = seen.look(plan.library, source)
        if not plan.accept_changes:
            seen.check(plan.library, source, found, before)
        files |= found
    folder.mkdir(parents=True, exist_ok=True)
    work = folder / "rows.part"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    refused = Refused()
    rows = arrow.stream(work / "all.arrow", _rows(_items(taken, plan, say), refused, say))
    if not len(rows):
        shutil.rmtree(work)
        raise BadInput(f"No source in {plan.library.root} gives a row; see `python -m finetune data --list`.")
    _no_id_twice(rows["id"])
    splits, moved = settled(rows["group"], rows["split"])
    say(f"{len(rows):,} rows; {moved:,} follow their group into another split; looking for near-duplicates")
    dropped = near.crossing(_Looked(rows), splits)
    kept = [number for number in range(len(rows)) if number not in dropped]
    arrow.save(work / "saved", rows, splits, kept)
    summary = Summary()
    hashes = {split: hashlib.sha256() for split in SPLITS}
    for number in kept:
        row = {**rows[number], "split": splits[number]}
        summary.add(row)
        hashes[splits[number]].update(json.dumps(row, sort_keys=True, ensure_ascii=False).encode())
    facts = {
        "files": files,
        "rows": summary.json(),
        "left_out": {"/".join(key): count for key, count in sorted(refused.counts.items())},
        "near_duplicates": _by_source(rows, dropped),
        "moved_with_their_group": moved,
        "synthetic": plan.synthetic,
        "sha256": {split: state.hexdigest() for split, state in hashes.items()},
        "versions": {name: version(name) for name in ("datasets", "pyarrow", "datasketch")},
    }
    _put(folder, work, facts)
    for line in refused.lines():
        say(line)
    for name, count in _by_source(rows, dropped).items():
        say(f"near-duplicates across splits removed: {count:,} of {name}")
    return summary


def _items(taken: Sequence[Source], plan: Plan, say: Say) -> Iterator[Item]:
    """Every case of the sources, and the synthetic ones that were asked for."""
    for source in taken:
        say(f"{source.name}: reading")
        yield from source.read(plan.library)
    if plan.synthetic and (not plan.only or SYNTHETIC in plan.only):
        from finetune import corpus

        say(f"{SYNTHETIC}: writing")
        wanted = [task for tasks in corpus.TASKS.values() for task in tasks]
        for split in SPLITS:
            count = plan.synthetic if split == "train" else max(1, plan.synthetic // 10)
            yield from corpus.build(dict.fromkeys(wanted, count), split, SYNTHETIC_SEED)


def _rows(items: Iterator[Item], refused: Refused, say: Say) -> Iterator[Row]:
    """The rows of the cases that pass their task's parser; the others are counted."""
    for number, item in enumerate(items, 1):
        if number % TOLD == 0:
            say(f"{item.source}: {number:,} items read in all")
        if isinstance(item, Skipped):
            refused.add(item, item.reason)
            continue
        try:
            yield row_of(item)
        except BadInput as error:
            refused.add(item, str(error))


def settled(groups: Sequence[str], given: Sequence[str]) -> tuple[list[Split], int]:
    """Each row's split, the same for all of a group, and how many rows that moved.

    Two sources may share a patient and disagree: then test wins over validation and validation over train, so what
    anybody holds out is trained on by nobody.
    """
    strictest: dict[str, int] = {}
    for group, split in zip(groups, given, strict=True):
        strictest[group] = max(strictest.get(group, 0), SPLITS.index(split))
    splits = [SPLITS[strictest[group]] for group in groups]
    return splits, sum(own != was for own, was in zip(splits, given, strict=True))


def _no_id_twice(ids: Sequence[str]) -> None:
    twice = [name for name, count in Counter(ids).items() if count > 1]
    if twice:
        raise BadInput(f"The id {twice[0]} is given to {Counter(ids)[twice[0]]} rows; its source has the item twice.")


class _Looked(Sequence[Row]):
    """Rows on disk by number, without their answers, as `near` reads them."""

    def __init__(self, rows: Any) -> None:
        self.rows = rows.select_columns(["report", "prior", "words"])

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, number: Any) -> Any:
        return self.rows[number]


def _by_source(rows: Any, dropped: dict[int, int]) -> dict[str, int]:
    """How many rows were dropped, by source and task."""
    found = rows.select(sorted(dropped)).select_columns(["source", "task"])
    return dict(sorted(Counter(f"{row['source']}, {row['task']}" for row in found).items()))


def _put(folder: Path, work: Path, facts: dict[str, Any]) -> None:
    """Put the saved rows and then the manifest in place, so that a manifest always describes whole rows."""
    (folder / arrow.MANIFEST).unlink(missing_ok=True)
    shutil.rmtree(folder / "rows", ignore_errors=True)
    (work / "saved").replace(folder / "rows")
    part = folder / f"{arrow.MANIFEST}.part"
    part.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(folder / arrow.MANIFEST)
    shutil.rmtree(work, ignore_errors=True)
