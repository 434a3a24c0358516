"""The answer as it grows: tokens become `Token` and `Stats` events, and the figures of the request are kept.

Imports `vocabulary` and the protocol. Text leaves as whole characters, at most `GAP` seconds after the last text: each
time wakes three threads of the front end, on the cores that the model wants.
"""

from __future__ import annotations

from time import perf_counter
from typing import Protocol

from radlite_tui.engine.llama.vocabulary import Spelling, Vocabulary
from radlite_tui.engine.protocol import Event, Stats, Token

GAP = 0.2


class Emit(Protocol):
    """Takes the events that come at one moment, in order."""

    def __call__(self, *events: Event) -> None: ...


class Answer:
    """Text, token counts and times of one request. Times are wall seconds since the request arrived."""

    _vocabulary: Vocabulary

    def __init__(self, emit: Emit, context: int) -> None:
        self._emit = emit
        self._arrived = perf_counter()
        self.context = context
        self.load_s = self.prefill_s = self.first_token_s = 0.0
        self.prompt_tokens = self.cached_tokens = self.prefilled = 0
        self.tokens: list[int] = []
        self.text = ""
        self.computed = self.steps = 0
        self._unsent, self._unsent_tokens, self._sent_at = "", 0, 0.0
        self._decode_began: float | None = None
        self._spelling: Spelling | None = None
        self._spelt = b""

    def begin_decode(self, vocabulary: Vocabulary) -> None:
        """The prompt is read; from here on time counts as decode."""
        self._vocabulary, self._spelling = vocabulary, Spelling(vocabulary)
        self._decode_began = perf_counter()

    def write(self, tokens: list[int]) -> None:
        """Add answer tokens, sampled or forced."""
        assert self._spelling is not None, "begin_decode comes first"
        for token in tokens:
            self._spelt += self._vocabulary.piece(token)
            self._unsent += self._spelling.add(token)
        self.tokens += tokens
        self._unsent_tokens += len(tokens)
        if not self.first_token_s:
            self.first_token_s = self._now()
        if perf_counter() - self._sent_at >= GAP:
            self._send()

    def whole_text(self) -> str:
        """All characters so far, sent or not; an unfinished one as U+FFFD."""
        return self._spelt.decode("utf-8", "replace")

    def spelled_with(self, token: int) -> str | None:
        """All characters so far and those of one more token, an unfinished one as U+FFFD; None when it is none."""
        spelt = self._spelt + self._vocabulary.piece(token)
        try:
            return spelt.decode()
        except UnicodeDecodeError as error:
            if error.reason != "unexpected end of data":
                return None
            return spelt[: error.start].decode() + "\ufffd"

    def finish(self) -> None:
        """Send what is left, an unfinished character as a replacement character."""
        if self._spelling is not None:
            self._unsent += self._spelling.finish()
        self._send()

    def stats(self) -> Stats:
        decode_s = perf_counter() - self._decode_began if self._decode_began is not None else 0.0
        return Stats(
            prompt_tokens=self.prompt_tokens,
            cached_tokens=self.cached_tokens,
            completion_tokens=len(self.tokens),
            prefill_s=self.prefill_s,
            decode_s=decode_s,
            first_token_s=self.first_token_s,
            total_s=self._now(),
            prefill_tok_s=self.prefilled / self.prefill_s if self.prefill_s else 0.0,
            decode_tok_s=self.computed / decode_s if decode_s and self.steps else 0.0,  # no step, nothing to measure
            load_s=self.load_s,
            context=self.context,
            steps=self.steps,
        )

    def _send(self) -> None:
        if self._unsent:
            self.text += self._unsent
            self._emit(Token(self._unsent, self._unsent_tokens), self.stats())
            self._unsent, self._unsent_tokens = "", 0
        self._sent_at = perf_counter()

    def _now(self) -> float:
        return perf_counter() - self._arrived
