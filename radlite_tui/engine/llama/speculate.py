"""Prompt lookup: guess the next tokens by where the last few stood before; one pass over the weights checks them.

Imports the standard library only. A guess is kept only where the model would have chosen the same token, so the answer
is that of plain decoding. A pass over several rows costs more than one over a single row (six times as much for 16 rows
on two cores), so guessing goes on only while what was measured says that it pays.
"""

from __future__ import annotations

from collections.abc import Sequence

LONGEST = 15
"""Tokens guessed at once; with the one before them, a batch of 16 rows."""
NGRAM = 3
"""Tokens that must have stood before in the same order."""
TRIALS = 3
"""Guesses made before the measured figures decide."""
WEIGHT = 0.25
"""Of the newest measurement in a running mean."""
PAUSE = 24
"""Plain steps before another trial, once guessing did not pay; doubled each time it fails again."""


class Lookup:
    """Where each run of NGRAM tokens last stood in the prompt and the answer so far."""

    def __init__(self, prompt: Sequence[int]) -> None:
        self._tokens: list[int] = []
        self._after: dict[tuple[int, ...], int] = {}
        self._before: dict[tuple[int, ...], int] = {}
        self.add(prompt)

    def add(self, tokens: Sequence[int]) -> None:
        for token in tokens:
            self._tokens.append(token)
            size = len(self._tokens)
            if size >= NGRAM:
                run = tuple(self._tokens[size - NGRAM :])
                if run in self._after:
                    self._before[run] = self._after[run]
                self._after[run] = size

    def guess(self, most: int) -> list[int]:
        """What followed the last tokens where they stood before, `most` tokens at most; nothing when they are new."""
        start = self._before.get(tuple(self._tokens[-NGRAM:]))
        return self._tokens[start : start + min(most, LONGEST)] if start is not None else []


class Payoff:
    """Whether guessing pays, from measured seconds and accepted tokens. One for each context, across answers."""

    def __init__(self) -> None:
        self._plain = 0.0
        self._checked = 0.0
        self._gained = 0.0
        self._trials = 0
        self._pause = PAUSE
        self._waiting = 0

    @property
    def worth(self) -> bool:
        """Whether to make the next guess."""
        if self._waiting > 0:
            self._waiting -= 1
            return False
        return self._trials < TRIALS or self._pays()

    def plain(self, seconds: float) -> None:
        """A step of one token took so long."""
        self._plain = _mean(self._plain, seconds)

    def checked(self, seconds: float, gained: int) -> None:
        """A step that checked a guess took so long and gave `gained` tokens."""
        self._checked, self._gained = _mean(self._checked, seconds), _mean(self._gained, float(gained))
        self._trials += 1
        if self._trials >= TRIALS and self._plain and not self._pays():
            self._waiting, self._trials = self._pause, TRIALS - 1
            self._checked = self._gained = 0.0  # one fresh trial decides
            self._pause = min(2 * self._pause, 100 * PAUSE)
        elif self._trials >= TRIALS:
            self._pause = PAUSE

    def _pays(self) -> bool:
        return self._plain <= 0 or self._gained * self._plain > 1.05 * self._checked


def _mean(old: float, new: float) -> float:
    return new if old == 0 else (1 - WEIGHT) * old + WEIGHT * new
