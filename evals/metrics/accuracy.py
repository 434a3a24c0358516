"""Accuracy of a label. Pure; imports nothing of ours."""

from __future__ import annotations


def accuracy(predicted: str | None, gold: str) -> float:
    """1.0 when the predicted label is the gold one, else 0.0; an answer without a label (None) is wrong."""
    return float(predicted == gold)
