"""Where the time of one thread goes, by own timers around the calls that matter. Standard library only.

Every moment is charged to exactly one label: that of the innermost timed call, or `REST` where there is none, so that
the parts add up to the whole.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from time import perf_counter
from typing import Any

REST = "python"


class Clock:
    """Charges the time of the thread that made it, while a phase is set; calls of other threads go untimed."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._labels: list[str] = []
        self._since = 0.0
        self._phase = ""
        self.spent: defaultdict[tuple[str, str], float] = defaultdict(float)
        """(phase, label) -> seconds."""

    def begin(self, phase: str, at: float | None = None) -> None:
        """Another phase begins, now or at an earlier time by `perf_counter`; the empty one is charged to nobody."""
        now = perf_counter() if at is None else at
        self._charge(now)
        self._phase = phase

    def timed(self, label: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same call, charged to the label."""

        @wraps(call, updated=())
        def charged(*arguments: Any, **named: Any) -> Any:
            if threading.get_ident() != self._thread:
                return call(*arguments, **named)
            self._charge(perf_counter())
            self._labels.append(label)
            try:
                return call(*arguments, **named)
            finally:
                self._charge(perf_counter())
                self._labels.pop()

        return charged

    def _charge(self, now: float) -> None:
        if self._phase:
            self.spent[self._phase, self._labels[-1] if self._labels else REST] += max(0.0, now - self._since)
        self._since = now
