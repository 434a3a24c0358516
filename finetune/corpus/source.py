"""What a data set is to us: where it comes from, which files its owner hands out, and how its gold maps to our tasks.

A reader is one module of `finetune.corpus.sources` with a `SOURCE`; being there registers it. Files are read where they
lie and never fetched. May import `Case`, `radlite_tui.tasks` and errors; must never import torch, nor open a socket.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Literal

from finetune.corpus.case import Case, Split
from radlite_tui.errors import BadInput
from radlite_tui.tasks.outputs import Output
from radlite_tui.tasks.report import Report

Access = Literal["open", "on request", "credentialed"]
OWN_SPLITS: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "dev": "validation",
    "val": "validation",
    "valid": "validation",
    "validate": "validation",
    "validation": "validation",
    "test": "test",
}


@dataclass(frozen=True)
class Expected:
    """A file as its owner names it. path: below the source's folder; `*` stands for what varies, such as a version.

    sha256: where a checksum is publicly known. needed: without it nothing can be read; others add to what is read.
    """

    path: str
    holds: str
    sha256: str = ""
    needed: bool = True


@dataclass(frozen=True)
class Skipped:
    """An item a reader passes over, to be counted: gold that none of our answers can say, for instance."""

    id: str
    task: str
    source: str
    reason: str


Item = Case | Skipped


@dataclass(frozen=True)
class Library:
    """The folder that holds a folder for each source."""

    root: Path

    def folder(self, name: str) -> Path:
        """Where the files of a source lie."""
        return self.root / name

    def find(self, source: Source, expected: Expected) -> Path | None:
        """The file, or the first that matches; None when there is none."""
        folder = self.folder(source.name)
        found = (path for path in sorted(folder.glob(expected.path)) if path.is_file()) if folder.is_dir() else ()
        return next(iter(found), None)

    def path(self, source: Source, name: str) -> Path:
        """A file that must be there. Raises BadInput saying where it comes from."""
        expected = next(e for e in source.files if e.path == name)
        found = self.find(source, expected)
        if found is None:
            raise BadInput(missing(self, source, [expected]))
        return found

    def optional(self, source: Source, name: str) -> Path | None:
        """A file that may be missing."""
        return self.find(source, next(e for e in source.files if e.path == name))


@dataclass(frozen=True)
class Source:
    """A data set. tasks: tag -> how its gold is made. rows: tag -> how many there can be at most, by the
    owner's counts of reports and questions.

    needs: other sources whose files it reads, such as the reports its labels belong to.
    """

    name: str
    title: str
    home: str
    licence: str
    access: Access
    files: tuple[Expected, ...]
    tasks: Mapping[str, str]
    read: Callable[[Library], Iterator[Item]]
    rows: Mapping[str, int] = field(default_factory=dict)
    needs: tuple[str, ...] = ()

    def case(
        self,
        key: str,
        task: str,
        report: str,
        gold: Output,
        *,
        group: str,
        split: str = "",
        words: str = "",
        prior: str | None = None,
    ) -> Case:
        """A case. key: what tells it from the source's others of the task. split: the owner's, if there is one."""
        return Case(
            f"{self.name}/{key}/{task}",
            task,
            Report(report, prior, self.name),
            gold,
            words=words,
            split=split_of(group, split),
            group=group,
            source=self.name,
            licence=self.licence,
        )


def sources() -> dict[str, Source]:
    """Every reader there is, by name: the modules of `finetune.corpus.sources`."""
    from finetune.corpus import sources as package

    found = {}
    for module in iter_modules(package.__path__):
        source: Source = import_module(f"{package.__name__}.{module.name}").SOURCE
        found[source.name] = source
    return dict(sorted(found.items()))


def lacking(library: Library, source: Source) -> list[Expected]:
    """The needed files that are not there, those of the sources it needs included."""
    own = [e for e in source.files if e.needed and library.find(source, e) is None]
    every = sources()
    return own + [e for name in source.needs for e in lacking(library, every[name])]


def any_of(library: Library, source: Source) -> bool:
    """Whether at least one of its files is there."""
    return any(library.find(source, e) is not None for e in source.files)


def missing(library: Library, source: Source, lost: list[Expected]) -> str:
    """One sentence about missing files: which, where they belong and where they come from."""
    own = [e.path for e in lost if any(e.path == known.path for known in source.files)]
    others = [e.path for e in lost if e.path not in own]
    where = f" in {library.folder(source.name)}" if own else ""
    names = ", ".join(own + others)
    also = f" (of {', '.join(source.needs)})" if others else ""
    return (
        f"{source.name} lacks {names}{also}{where}; get it from {source.home} ({source.access}), "
        f"or leave the source out (docs/data/{source.name}.md)."
    )


def split_of(group: str, given: str = "") -> Split:
    """The owner's split where there is one, else eight groups of ten to train and one each to the others, by hash."""
    if given:
        known = OWN_SPLITS.get(given.strip().lower())
        if known is None:
            raise BadInput(f"the split {given!r} is unknown; known are {', '.join(OWN_SPLITS)}")
        return known
    tenth = blake2b(group.encode(), digest_size=8).digest()[0] % 10
    return "test" if tenth == 9 else "validation" if tenth == 8 else "train"
