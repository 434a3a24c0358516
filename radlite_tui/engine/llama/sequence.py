"""A row of tokens in a context's KV cache that grows. Imports `context` and `work`.

What a sequence computes, it yields as work, so that other answers' rows can go into the same batch.
"""

from __future__ import annotations

from radlite_tui.engine.llama.context import Context, Logits, Row
from radlite_tui.engine.llama.faults import Aborted, Fault
from radlite_tui.engine.llama.work import Work


class Sequence:
    """The tokens under `number` in the cache, mirrored in `tokens`; the two always agree between batches."""

    def __init__(self, context: Context, number: int) -> None:
        self.context, self.number = context, number
        self.tokens: list[int] = []
        self._asked: tuple[list[int], Logits] | None = None

    def remember(self, prompt: list[int], logits: Logits) -> None:
        """Keep the logits after a prompt just read."""
        self._asked = (prompt, logits)

    def recall(self, prompt: list[int]) -> Logits | None:
        """The logits after this very prompt, when it was read here and is still there: asking again computes nothing,
        and so cannot differ by rounding either."""
        if self._asked is None or self._asked[0] != prompt or self.tokens[: len(prompt)] != prompt:
            return None
        return self._asked[1]

    def adopt_prefix(self, source: Sequence, length: int) -> None:
        """Begin with the first `length` tokens of another sequence; only for a sequence that is still empty."""
        self.context.share(source.number, self.number, 0, length)
        self.tokens = source.tokens[:length]

    def inherit(self, other: Sequence) -> None:
        """Take over what another sequence, a beginning of this one, remembers."""
        if self._asked is None:
            self._asked = other._asked

    def append(self, tokens: list[int]) -> Work[Logits]:
        """Compute tokens after the ones there; returns the logits after the last."""
        return (yield from self.verify(tokens, 1))[0]

    def verify(self, tokens: list[int], last: int) -> Work[list[Logits]]:
        """Compute tokens after the ones there; returns the logits after each of the `last` last ones."""
        size = self.context.batch_size
        whole = max(0, len(tokens) - size)
        for start in range(0, whole, size):
            yield from self._compute(tokens[start : min(start + size, whole)], 0)
        return (yield from self._compute(tokens[whole:], last))

    def cut(self, length: int) -> None:
        """Forget all but the first `length` tokens."""
        if length < len(self.tokens):
            self.context.cut(self.number, length)
            del self.tokens[length:]

    def adopt(self, branch: int, tokens: list[int]) -> None:
        """Take over tokens that sequence `branch` has already computed after this sequence's own."""
        start = len(self.tokens)
        self.context.share(branch, self.number, start, start + len(tokens))
        self.tokens += tokens

    def _compute(self, tokens: list[int], last: int) -> Work[list[Logits]]:
        if not tokens:
            return []
        first, own, wanted = len(self.tokens), (self.number,), len(tokens) - last
        rows = [Row(token, first + i, own, i >= wanted) for i, token in enumerate(tokens)]
        try:
            logits = yield rows
        except (Aborted, Fault):
            self.tokens = (self.tokens + tokens)[: self.context.length(self.number)]
            raise
        self.tokens += tokens
        return logits
