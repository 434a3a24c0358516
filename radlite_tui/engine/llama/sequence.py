"""A row of tokens in a context's KV cache that grows, and is reused as far as the next prompt begins the same way.

Imports `context`. Sequence 0 holds the conversation; 1 and up are lent to the branches of a closed answer. Further
long-lived sequences (a task's worked examples, a second report) are further `Sequence` objects over the same context.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from radlite_tui.engine.llama.context import Context, Logits, Row
from radlite_tui.engine.llama.faults import Aborted, Fault


class Sequence:
    """The tokens in `number`'s part of the cache, mirrored in `tokens`; the two always agree."""

    def __init__(self, context: Context, number: int = 0) -> None:
        self.context, self.number = context, number
        self.tokens: list[int] = []
        self._asked: tuple[list[int], Logits] | None = None

    def remember(self, prompt: list[int]) -> Logits:
        """Keep the logits after a prompt just read; returns them."""
        self._asked = (prompt, self.context.logits())
        return self._asked[1]

    def recall(self, prompt: list[int]) -> Logits | None:
        """The logits after this very prompt, when it was the last one asked and is still there: asking again computes
        nothing, and so cannot differ by rounding either."""
        if self._asked is None or self._asked[0] != prompt or self.tokens[: len(prompt)] != prompt:
            return None
        self.cut(len(prompt))
        return self._asked[1]

    def reuse(self, prompt: list[int]) -> int:
        """Keep the longest common prefix with `prompt` and drop the rest; at least the prompt's last token stays to be
        computed, since its logits are needed. Returns how many tokens were kept."""
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(self.tokens, prompt, strict=False)))
        kept = max(0, min(same, len(prompt) - 1))
        self.cut(kept)
        return kept

    def extend(self, tokens: list[int], chunk: int) -> Iterator[int]:
        """Compute tokens after the ones there, `chunk` at a time; yields how many are done. The last one has logits."""
        for start in range(0, len(tokens), chunk):
            part = tokens[start : start + chunk]
            last = start + len(part) == len(tokens)
            first = len(self.tokens)
            rows = [Row(token, first + i, (self.number,)) for i, token in enumerate(part)]
            if last:
                rows[-1] = Row(part[-1], first + len(part) - 1, (self.number,), logits=True)
            self._decode(rows)
            self.tokens += part
            yield start + len(part)

    def append(self, tokens: list[int]) -> None:
        """Compute tokens after the ones there, with logits on the last."""
        for _ in self.extend(tokens, self.context.batch_size):
            pass

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

    def _decode(self, rows: list[Row]) -> None:
        try:
            self.context.decode(rows)
        except (Aborted, Fault):
            known = self.context.length(self.number)
            self.tokens = (self.tokens + [row.token for row in rows])[:known]
            raise
