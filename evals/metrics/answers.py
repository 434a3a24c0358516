"""Exact match and token F1 of short answers, as SQuAD has them (Rajpurkar 2016). Pure; imports nothing of ours."""

from __future__ import annotations

import re
import string
from collections import Counter

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalised(text: str) -> str:
    """Lower case, without punctuation, articles and surplus blanks."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(predicted: str, gold: str) -> float:
    """1.0 when both are the same once normalised, else 0.0."""
    return float(normalised(predicted) == normalised(gold))


def token_f1(predicted: str, gold: str) -> float:
    """F1 of the shared words, each counted as often as both have it; 1.0 when both are empty."""
    ours, theirs = normalised(predicted).split(), normalised(gold).split()
    if not ours and not theirs:
        return 1.0
    common = sum((Counter(ours) & Counter(theirs)).values())
    return 2 * common / (len(ours) + len(theirs))
