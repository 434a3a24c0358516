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
        places, values = [], []
        for name, value in found.items():
            grid = isinstance(value, dict)
            for label, chance in value.items() if grid else ((name, value),):
                key = (name if grid else "", label)
                place = self._place.get(key)
                if place is None:
                    place = self._place[key] = len(self._place)
                places.append(place)
                values.append(chance)
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
