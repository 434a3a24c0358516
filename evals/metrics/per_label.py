"""Accuracy over a grid of labels. Pure; imports nothing of ours."""

from __future__ import annotations

from collections.abc import Mapping


def per_label_accuracy(predicted: Mapping[str, str] | None, gold: Mapping[str, str]) -> float:
    """The share of gold's labels whose status was predicted; 0.0 without a prediction. gold is not empty."""
    if predicted is None:
        return 0.0
    return sum(predicted.get(label) == status for label, status in gold.items()) / len(gold)
