"""What routing gives: which task, how sure, and why. Pure data; imports nothing of RadLite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

By = Literal["classifier", "rule", "tag", "user"]


@dataclass(frozen=True)
class Routing:
    """Which task, how sure, and why. by: who decided. alternatives: (tag, probability), best first, without the task.

    seconds: what deciding took. An abstention has no task; its confidence is that of the best alternative.
    """

    task: str | None
    confidence: float
    by: By
    alternatives: tuple[tuple[str, float], ...]
    reason: str
    seconds: float = 0.0

    @property
    def abstained(self) -> bool:
        return self.task is None
