"""How well requests are sent to tasks: accuracy, abstention and the confusion of intents. Pure.

A request that should be asked back about (none of the tasks, or several) has the gold intent None.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Routed:
    """accuracy: right task of the requests that have one, abstentions being wrong; precision: of those answered, the
    right ones; abstained: share of the requests with a task that were asked back; caught: share of the requests without
    one that were; confusion: (gold, predicted) -> how often, None for asking back."""

    accuracy: float
    precision: float
    abstained: float
    caught: float
    n: int
    unclear: int
    confusion: Counter[tuple[str | None, str | None]]


def routed(predicted: Sequence[str | None], gold: Sequence[str | None]) -> Routed:
    """The figures of requests of known intent; a share of nothing is 0.0."""
    pairs = Counter(zip(gold, predicted, strict=True))
    clear = sum(n for (g, _), n in pairs.items() if g is not None)
    unclear = len(gold) - clear
    right = sum(n for (g, p), n in pairs.items() if g is not None and g == p)
    asked = sum(n for (g, p), n in pairs.items() if g is not None and p is None)
    caught = pairs[None, None]
    return Routed(
        accuracy=right / clear if clear else 0.0,
        precision=right / (clear - asked) if clear > asked else 0.0,
        abstained=asked / clear if clear else 0.0,
        caught=caught / unclear if unclear else 0.0,
        n=clear,
        unclear=unclear,
        confusion=pairs,
    )
