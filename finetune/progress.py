"""How far a training is and how long it still takes, in a line now and then. Imports the standard library only."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

EVERY = 15.0
"""Seconds between two lines."""


@dataclass
class Progress:
    """Says `NAME: step 120 of 750, loss 0.61, 4 min left`, the first step it was told of being where it began."""

    name: str
    say: Callable[[str], None]
    every: float = EVERY
    _began: tuple[float, float] | None = None
    _said: float = field(default_factory=time.monotonic)

    def at(self, step: int, steps: int, loss: float | None, share: float | None = None) -> None:
        """share: of the run, where something else than steps decides when it ends."""
        now = time.monotonic()
        done = share if share is not None else step / max(steps, 1)
        if self._began is None:
            self._began = (now, done)
        if now - self._said < self.every and step < steps:
            return
        self._said = now
        told = f", loss {loss:.3f}" if loss is not None else ""
        self.say(f"{self.name}: step {step:,} of {steps:,}{told}{self._left(now, done)}")

    def _left(self, now: float, done: float) -> str:
        began, first = self._began or (now, done)
        if done >= 1.0 or done <= first:
            return ""
        return f", {duration((now - began) / (done - first) * (1.0 - done))} left"


def duration(seconds: float) -> str:
    """A time as one reads it: `40 s`, `12 min`, `3 h 05 min`."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{round(seconds)} s"
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
