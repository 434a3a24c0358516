"""F1 of labels: by class, macro and micro. Pure; imports nothing of ours.

Labels are counted one class against the rest. A prediction of None is an answer that names no class: it costs recall.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Counts:
    """True positives, false positives and false negatives of one class."""

    tp: int
    fp: int
    fn: int

    @property
    def f1(self) -> float:
        """2 tp / (2 tp + fp + fn); 0.0 where the class was neither there nor predicted."""
        total = 2 * self.tp + self.fp + self.fn
        return 2 * self.tp / total if total else 0.0

    @property
    def support(self) -> int:
        """How many gold labels are of this class."""
        return self.tp + self.fn


def by_class(predicted: Sequence[str | None], gold: Sequence[str]) -> dict[str, Counts]:
    """The counts of every class that is in gold or predicted, in alphabetical order."""
    right = Counter(g for p, g in zip(predicted, gold, strict=True) if p == g)
    said, there = Counter(p for p in predicted if p is not None), Counter(gold)
    return {
        name: Counts(right[name], said[name] - right[name], there[name] - right[name])
        for name in sorted(said.keys() | there.keys())
    }


def macro_f1(counts: Mapping[str, Counts]) -> float:
    """The mean F1 of the classes that gold has, each counting the same. counts must hold at least one such class."""
    own = [one.f1 for one in counts.values() if one.support]
    return sum(own) / len(own)


def micro_f1(counts: Mapping[str, Counts]) -> float:
    """F1 of all classes' counts taken together; 0.0 without any."""
    every = counts.values()
    return Counts(sum(c.tp for c in every), sum(c.fp for c in every), sum(c.fn for c in every)).f1
