"""How far a long stage is, in a line now and then with the time left. Imports nothing of ours."""

from __future__ import annotations

import time
from collections.abc import Callable

EVERY = 5.0
"""Seconds between two lines."""


class Progress:
    """Counts steps of a stage and says so, no more often than EVERY seconds and once at the end if it said anything."""

    def __init__(self, what: str, total: int, say: Callable[[str], None]) -> None:
        self._what, self._total, self._say = what, total, say
        self._begun = self._said = time.monotonic()
        self._done = 0

    def step(self) -> None:
        """One more step is done."""
        self._done += 1
        now = time.monotonic()
        if now - self._said < EVERY and not (self._done == self._total and self._said > self._begun):
            return
        self._said = now
        left = (now - self._begun) / self._done * (self._total - self._done)
        self._say(f"{self._what}: {self._done} of {self._total}, {left:.0f} s left")
