"""Label probabilities of many answers as one array: a mapping an answer would take a hundred times the memory.

Pure numpy; imports nothing of ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Chances(Sequence["Mapping[str, Any] | None"]):
    """One mapping an answer (label -> probability, for a grid finding -> status -> probability), or None where it has
    none. columns: (finding, label), finding "" for a single label; values: answers x columns, not a number where the
    answer has none."""

    columns: tuple[tuple[str, str], ...]
    values: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.values)

    @overload
    def __getitem__(self, place: int) -> Mapping[str, Any] | None: ...
    @overload
    def __getitem__(self, place: slice) -> Chances: ...
    def __getitem__(self, place: int | slice) -> Mapping[str, Any] | Chances | None:
        if isinstance(place, slice):
            return replace(self, values=self.values[place])
        row = self.values[place]
        if not len(row) or np.isnan(row[0]):
            return None
        found: dict[str, Any] = {}
        for (finding, label), value in zip(self.columns, row.tolist(), strict=True):
            if value > 0:
                (found.setdefault(finding, {}) if finding else found)[label] = value
        return found

    def __iter__(self) -> Iterator[Mapping[str, Any] | None]:
        return (self[place] for place in range(len(self)))

    def at(self, places: Any) -> Chances:
        """The answers at these places."""
        return replace(self, values=self.values[places])

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which answers have probabilities."""
        return np.asarray(~np.isnan(self.values).any(axis=1) if self.columns else np.zeros(len(self), bool))

    def findings(self) -> list[tuple[str, list[int]]]:
        """Each finding (one, "", for single labels) with its columns, in order."""
        found: dict[str, list[int]] = {}
        for place, (finding, _) in enumerate(self.columns):
            found.setdefault(finding, []).append(place)
        return list(found.items())


class Filling:
    """Probabilities as they come, in rows that grow; columns are added when a label is first seen."""

    def __init__(self) -> None:
        self._place: dict[tuple[str, str], int] = {}
        self._places: dict[tuple[Any, ...], NDArray[np.int64]] = {}
        self._values = np.zeros((64, 8), np.float32)
        self._rows = 0

    def add(self, found: Mapping[str, Any] | None) -> None:
        """One answer's mapping, or None."""
        if self._rows == len(self._values):
            self._grow(self._rows * 2, self._values.shape[1])
        row = self._rows
        self._rows += 1
        if not found:
            self._values[row] = np.nan
            return
        grid = isinstance(next(iter(found.values())), dict)
        shape = tuple((name, *own) for name, own in found.items()) if grid else tuple(found)
        places = self._places.get(shape)
        if places is None:
            names = [(name, label) for name in found for label in (found[name] if grid else ())] or [
                ("", n) for n in found
            ]
            places = np.array([self._place.setdefault(name, len(self._place)) for name in names])
            self._places[shape] = places
        values = [chance for own in found.values() for chance in own.values()] if grid else list(found.values())
        if len(self._place) > self._values.shape[1]:
            self._grow(len(self._values), max(len(self._place), 2 * self._values.shape[1]))
        self._values[row, places] = values

    def _grow(self, rows: int, columns: int) -> None:
        wider = np.zeros((rows, columns), np.float32)
        wider[: self._rows, : self._values.shape[1]] = self._values[: self._rows]
        blank = np.isnan(wider[: self._rows, 0])
        wider[: self._rows][blank] = np.nan
        self._values = wider

    def done(self) -> Chances:
        """What was added, findings and labels in alphabetical order."""
        order = sorted(self._place, key=lambda key: key)
        places = [self._place[key] for key in order]
        return Chances(tuple(order), self._values[: self._rows][:, places])


def joined(parts: Sequence[Chances]) -> Chances:
    """The parts one after another, with the columns of all."""
    columns = tuple(sorted({column for part in parts for column in part.columns}))
    place = {column: i for i, column in enumerate(columns)}
    values = np.zeros((sum(map(len, parts)), len(columns)), np.float32)
    start = 0
    for part in parts:
        own = values[start : start + len(part)]
        own[:, [place[column] for column in part.columns]] = part.values
        own[~part.known] = np.nan
        start += len(part)
    return Chances(columns, values)
