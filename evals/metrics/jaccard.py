"""Agreement of two sets: Jaccard index and F1. Pure; imports nothing of ours."""

from __future__ import annotations

from collections.abc import Iterable


def jaccard(predicted: Iterable[object], gold: Iterable[object]) -> float:
    """|P and G| / |P or G| of the two sets; 1.0 when both are empty (Jaccard 1901)."""
    p, g = set(predicted), set(gold)
    return len(p & g) / len(p | g) if p | g else 1.0


def set_f1(predicted: Iterable[object], gold: Iterable[object]) -> float:
    """2 |P and G| / (|P| + |G|) of the two sets; 1.0 when both are empty (Dice 1945)."""
    p, g = set(predicted), set(gold)
    return 2 * len(p & g) / (len(p) + len(g)) if p or g else 1.0
