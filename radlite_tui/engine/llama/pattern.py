"""Free answers that must match a regular expression: one candidate token is checked at a time, the likeliest first.

Imports the standard library, numpy and `regex`, whose partial matching tells whether a text can still become a match. A
grammar that is run over the whole vocabulary costs as much as a fifth of a decode step; one check costs microseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import numpy as np
import regex

from radlite_tui.engine.llama.context import Logits
from radlite_tui.engine.llama.faults import Fault

FIRST = 64
"""Candidates that are sorted out before the whole vocabulary is."""


class Pattern:
    """What an answer may be. Raises Fault("request") for an expression that cannot be read."""

    def __init__(self, expression: str) -> None:
        try:
            self._compiled = regex.compile(expression)
        except regex.error as error:
            raise Fault("request", f"The answer's pattern {expression!r} cannot be read: {error}.") from error

    def open(self, text: str) -> bool:
        """Whether the text, or something it begins, matches."""
        return self._compiled.fullmatch(text, partial=True) is not None

    def whole(self, text: str) -> bool:
        """Whether the text itself matches."""
        return self._compiled.fullmatch(text) is not None


def candidates(logits: Logits) -> Iterator[int]:
    """Tokens by falling likelihood; no more of them are sorted than are asked for."""
    yield int(logits.argmax())
    size = min(FIRST, len(logits))
    best = np.argpartition(logits, -size)[-size:]
    yield from (int(token) for token in best[np.argsort(logits[best])[::-1]][1:])
    yield from (int(token) for token in np.argsort(logits)[::-1][size:])


def first(logits: Logits, fits: Callable[[int], bool], others: Callable[[], Iterable[int]] | None = None) -> int | None:
    """The likeliest token that fits, or None.

    others: where known, gives the tokens that can fit at all; asked for when none of the likeliest does, so that a
    model that does not know the format does not cost a check of its whole vocabulary.
    """
    if others is None:
        return next((token for token in candidates(logits) if fits(token)), None)
    for token in islice(candidates(logits), FIRST):
        if fits(token):
            return token
    left = sorted(others(), key=lambda token: -logits[token])
    return next((token for token in left if fits(token)), None)
