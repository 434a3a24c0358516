"""ROUGE-L by Google's `rouge-score` library, with its Porter stemmer. Imports nothing of ours."""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def _scorer() -> Any:
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer(["rougeL"], use_stemmer=True)


def rouge_l(predicted: str, gold: str) -> float:
    """F-measure of the longest common subsequence of words, in [0, 1] (Lin 2004)."""
    return float(_scorer().score(gold, predicted)["rougeL"].fmeasure)
