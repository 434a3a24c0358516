"""What a report is made of, whatever it is written as. Pure; imports nothing of ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

SYNTHETIC = (
    "All scores of ours are of demonstration models on synthetic cases: they show that the machinery works and say "
    "nothing about real reports. Not for clinical use."
)


@dataclass(frozen=True)
class Table:
    """caption: what it shows and whose figures they are. rows: a cell a column of the header, as text."""

    caption: str
    header: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class Picture:
    """A figure as SVG text; says: what it shows, for those who do not see it."""

    name: str
    says: str
    svg: str


@dataclass(frozen=True)
class Section:
    """A heading, what there is to say, lists of (lead, sentence), tables, and figures."""

    heading: str
    text: tuple[str, ...] = ()
    items: Sequence[tuple[str, str]] = ()
    tables: Sequence[Table] = ()
    pictures: Sequence[Picture] = field(default=())
