"""Which sequences a context's KV cache holds, so that no prompt is read twice. Imports `context` and `sequence`.

A new answer begins with the longest prefix it shares with any sequence there, running or kept; sharing costs neither
memory nor time. When an answer ends, its sequence is kept. What was used longest ago goes first when room is needed;
prefixes worth keeping (a task's worked examples) are kept apart, and go last.
"""

from __future__ import annotations

from collections.abc import Hashable
from collections.abc import Sequence as Tokens
from typing import TYPE_CHECKING

from radlite_tui.engine.llama.context import SEQUENCES, Context, Logits
from radlite_tui.engine.llama.sequence import Sequence

if TYPE_CHECKING:
    from radlite_tui.engine.llama.spill import Spill

WORTH = 16
"""Tokens that make a prefix worth a sequence of its own."""


class Prefixes:
    """The sequences of one context: running ones, kept ones, and kept beginnings.

    spill: where what is dropped for want of room goes, if anywhere; owner: under which name. steady: a prompt finds
    nothing but its whole kept beginning, where it would have been computed (see `EngineOptions.made_steady`).
    """

    def __init__(
        self, context: Context, spill: Spill | None = None, owner: Hashable = None, steady: bool = False
    ) -> None:
        self.context, self._spill, self._owner, self._steady = context, spill, owner, steady
        self._running: list[Sequence] = []
        self._kept: list[Sequence] = []
        self._beginnings: list[Sequence] = []

    def begin(self, prompt: list[int]) -> tuple[Sequence, int, Logits | None] | None:
        """A sequence that holds the longest beginning of `prompt` there is, how long that is, and the logits after the
        whole prompt where they are known. At least the last token is left to compute where they are not.

        None when every sequence number is in use by a running answer.
        """
        if self._steady:
            self._clear_for(prompt)
        self._bring_back(prompt)
        number = self._number()
        if number is None:
            return None
        sequence = Sequence(self.context, number)
        source: Sequence | None
        logits = None
        for other in self._all():
            if (logits := other.recall(prompt)) is not None:
                source, same = other, len(prompt)
                break
        else:
            source, same = self._longest(prompt)
            same = min(same, len(prompt) - 1)
        if source is not None and same > 0:
            sequence.adopt_prefix(source, same)
            self._touch(source)
        if logits is not None:
            sequence.remember(prompt, logits)
        self._running.append(sequence)
        return sequence, same, logits

    def shared(self, prompt: list[int]) -> int:
        """Tokens of `prompt` that need not be computed."""
        return self._longest(prompt)[1]

    def keep_beginning(self, sequence: Sequence, length: int) -> None:
        """Keep the first `length` tokens of a sequence by themselves."""
        tokens = sequence.tokens[:length]
        if length < WORTH or any(common(other.tokens, tokens) == length for other in self._beginnings):
            return
        number = self._number()
        if number is not None:
            beginning = Sequence(self.context, number)
            beginning.adopt_prefix(sequence, length)
            self._beginnings.append(beginning)

    def end(self, sequence: Sequence) -> None:
        """The answer is over: keep its tokens, and drop kept sequences that are mere beginnings of it."""
        self._running.remove(sequence)
        if len(sequence.tokens) < WORTH:
            self.context.give(sequence.number)
            return
        for other in [o for o in self._kept if len(o.tokens) <= len(sequence.tokens)]:
            if other.tokens == sequence.tokens[: len(other.tokens)]:
                sequence.inherit(other)
                self._drop(self._kept, other)
        self._kept.append(sequence)

    def make_room(self) -> bool:
        """Drop the kept sequence that was used longest ago; False when none is left."""
        for shelf in (self._kept, self._beginnings):
            if shelf:
                if self._spill is not None:
                    self._spill.keep(self._owner, shelf[0].tokens, self.context.state(shelf[0].number))
                self._drop(shelf, shelf[0])
                return True
        return False

    def _clear_for(self, prompt: list[int]) -> None:
        """Drop all but a whole beginning of `prompt`, which then lies at the start of the cache: it was computed after
        everything else had been dropped for it."""
        for other in list(self._kept):
            self._drop(self._kept, other)
        for other in list(self._beginnings):
            if other.tokens != prompt[: len(other.tokens)]:
                self._drop(self._beginnings, other)

    def _bring_back(self, prompt: list[int]) -> None:
        """Take the longest beginning of `prompt` back from the disk, where that saves reading much of it."""
        entry = self._spill.longest(self._owner, prompt, self.shared(prompt) + WORTH) if self._spill else None
        number = self._number() if entry is not None else None
        if self._spill is None or entry is None or number is None:
            return
        state = self._spill.take(entry)
        while state is not None and not self.context.restore(number, state):
            if not self.make_room():
                state = None
        if state is None:
            self.context.give(number)
            return
        sequence = Sequence(self.context, number)
        sequence.tokens = entry.tokens
        self._kept.append(sequence)

    def _all(self) -> list[Sequence]:
        return [*self._running, *self._kept, *self._beginnings]

    def _longest(self, prompt: list[int]) -> tuple[Sequence | None, int]:
        best: Sequence | None = None
        most = 0
        for sequence in self._all():
            if (same := common(sequence.tokens, prompt)) > most:
                best, most = sequence, same
        return best, most

    def _touch(self, sequence: Sequence) -> None:
        for shelf in (self._kept, self._beginnings):
            if sequence in shelf:
                shelf.remove(sequence)
                shelf.append(sequence)

    def _number(self) -> int | None:
        spare = self.context.free_at_first - SEQUENCES
        while (number := self.context.take(spare)) is None and self.make_room():
            pass
        return number

    def _drop(self, shelf: list[Sequence], sequence: Sequence) -> None:
        shelf.remove(sequence)
        self.context.give(sequence.number)


def common(a: Tokens[int], b: Tokens[int]) -> int:
    """Length of the longest common prefix."""
    size = min(len(a), len(b))
    if a[:size] == b[:size]:
        return size
    low, high = 0, size  # a[:low] == b[:low], a[:high] != b[:high]
    while high - low > 1:
        middle = (low + high) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle
    return low
