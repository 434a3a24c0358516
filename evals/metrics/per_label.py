"""Accuracy and F1 over a grid of labels, such as CheXpert's. Imports `f1`; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evals.metrics.f1 import Counts

FIVE = ("atelectasis", "cardiomegaly", "consolidation", "edema", "pleural effusion")
"""The labels that CheXpert's competition judges (Irvin 2019)."""
POSITIVE = "positive"


def per_label_accuracy(predicted: Mapping[str, str] | None, gold: Mapping[str, str]) -> float:
    """The share of gold's labels whose status was predicted; 0.0 without a prediction. gold is not empty."""
    if predicted is None:
        return 0.0
    return sum(predicted.get(label) == status for label, status in gold.items()) / len(gold)


def positives(
    predicted: Sequence[Mapping[str, str] | None], gold: Sequence[Mapping[str, str]], labels: Sequence[str]
) -> dict[str, Counts]:
    """Each label's counts, "positive" against the other statuses: uncertain counts as not positive (the U-Zeros of
    Irvin 2019). An answer without a prediction is positive nowhere."""
    found = {}
    for label in labels:
        said = [own is not None and own.get(label) == POSITIVE for own in predicted]
        there = [own.get(label) == POSITIVE for own in gold]
        right = sum(s and t for s, t in zip(said, there, strict=True))
        found[label] = Counts(right, sum(said) - right, sum(there) - right)
    return found
