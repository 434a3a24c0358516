"""How well requests are sent to tasks: accuracy, asking back, and the confusion of intents. Pure.

A request is accepted by one task, by several that would all be right, or by none: then the app should ask back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

ASKED = ""
"""What a request that is asked back about was sent to."""


@dataclass(frozen=True)
class Routed:
    """Counts over requests. clear: those that a task accepts; right: of them, sent to such a task; asked: of them,
    asked back about; unclear: those no task accepts; caught: of them, asked back about. confusion: (accepting task, or
    ASKED) and where it went -> how often; a request that several accept counts for the one it went to, else for the
    first."""

    clear: int
    right: int
    asked: int
    unclear: int
    caught: int
    confusion: Counter[tuple[str, str]]

    @property
    def accuracy(self) -> float:
        """Right of all clear requests: asking back about one is not right. 0.0 without any."""
        return self.right / self.clear if self.clear else 0.0

    @property
    def precision(self) -> float:
        """Right of the clear requests that were sent somewhere; 0.0 without any."""
        return self.right / (self.clear - self.asked) if self.clear > self.asked else 0.0


def routed(given: Sequence[str | None], accepted: Sequence[Sequence[str]]) -> Routed:
    """given: the task each request was sent to, None where the app asks back."""
    pairs: Counter[tuple[str, str]] = Counter()
    for task, tasks in zip(given, accepted, strict=True):
        gold = ASKED if not tasks else task if task is not None and task in tasks else tasks[0]
        pairs[gold, task or ASKED] += 1
    clear = sum(bool(tasks) for tasks in accepted)
    return Routed(
        clear=clear,
        right=sum(n for (gold, task), n in pairs.items() if gold == task != ASKED),
        asked=sum(n for (gold, task), n in pairs.items() if gold != ASKED and task == ASKED),
        unclear=len(accepted) - clear,
        caught=pairs[ASKED, ASKED],
        confusion=pairs,
    )
