"""Progress of long work on standard error: a whole line now and then, never a line redrawn.

May import the assistant's types and its siblings. A line comes at once for what begins and then every two seconds, so
a log file stays short and a screen reader can follow.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from radlite_tui.assistant.remaining import remaining
from radlite_tui.assistant.types import Answer
from radlite_tui.cli.output import narrate
from radlite_tui.engine.protocol import Event, Loading, Prefill, Stats, Token

EVERY_S = 2.0


class Ticker:
    """Lines about what is going on. writes: also how much of an answer is written, where its text is not shown."""

    def __init__(
        self,
        writes: bool = False,
        tell: Callable[[str], None] = narrate,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._writes, self._tell, self._clock = writes, tell, clock
        self.begin()

    def begin(self) -> None:
        """Something new starts: its progress comes after two seconds."""
        self._said = self._began = self._clock()
        self._what, self._tokens = "", 0

    def event(self, event: Event | Answer) -> None:
        """A line for an event of the engine, when it is time for one."""
        if isinstance(event, Loading):
            self.step(f"loading {event.file}", event.done, event.total)
        elif isinstance(event, Prefill) and event.done == event.total:
            self._now(f"reading {event.done}/{event.total}")
        elif isinstance(event, Prefill):
            self._if_due(f"reading {event.done}/{event.total}")
        elif isinstance(event, Token) and self._writes:
            self._tokens += event.tokens
            self._if_due(f"writing, {self._tokens} tokens")
        elif isinstance(event, Stats) and self._writes and event.decode_tok_s:
            self._if_due(f"writing, {event.completion_tokens} tokens, {event.decode_tok_s:.1f} tok/s")

    def step(self, what: str, done: int, total: int) -> None:
        """`what` is so far; it is named when it begins, then with share and time left."""
        if what != self._what:
            self._what, self._began = what, self._clock()
            self._now(what)
        elif done and total:
            self._if_due(f"{what}: {remaining(done, total, self._clock() - self._began)}")

    def _now(self, text: str) -> None:
        self._tell(text)
        self._said = self._clock()

    def _if_due(self, text: str) -> None:
        if self._clock() - self._said >= EVERY_S:
            self._now(text)
