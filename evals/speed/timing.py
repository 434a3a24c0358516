"""An answer as its caller sees it: when it was asked, when the first token came, when it was over.

May import the engine's protocol and the assistant's types. Wall time on this side of the pipe, so that everything
between the caller and the model counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from time import perf_counter

from radlite_tui.assistant.types import Answer
from radlite_tui.engine.protocol import Cancelled, Done, Event, Failed, Stats, Token
from radlite_tui.errors import RadliteError


@dataclass(frozen=True)
class Timed:
    """Seconds since asked. first_tokens: how many tokens the first piece of text took; stopped: the model ended the
    answer itself, with a token that is not in the text; stats: the engine's own figures."""

    first_s: float
    total_s: float
    first_tokens: int
    tokens: int
    text: str = ""
    stopped: bool = False
    stats: Stats = field(default_factory=Stats)

    @property
    def steps(self) -> int:
        """Tokens computed after the first piece of text, in an answer that was written freely."""
        return self.tokens - self.first_tokens + self.stopped

    @property
    def writing_s(self) -> float:
        """Seconds from the first piece of text to the end. A fast model's events can reach a busy caller all at once,
        so it is never less than what the engine itself says it took."""
        return max(self.total_s - self.first_s, self.stats.decode_s)


def timed(events: Iterable[Event | Answer]) -> Timed:
    """Run a request to its end. Raises RadliteError when it fails or gives no token."""
    asked = perf_counter()
    first_s, first_tokens = 0.0, 0
    final: Done | Cancelled | None = None
    ended = asked
    for event in events:
        if isinstance(event, Token) and not first_tokens:
            first_s, first_tokens = perf_counter() - asked, event.tokens
        elif isinstance(event, Failed):
            raise RadliteError(event.message)
        elif isinstance(event, (Done, Cancelled)):
            ended = perf_counter()
            final = event
    if final is None or not first_tokens:
        raise RadliteError("An answer that was to be timed has no text; the model may be unfit for this row.")
    stopped = isinstance(final, Done) and final.finish == "stop"
    tokens = final.stats.completion_tokens
    return Timed(first_s, ended - asked, first_tokens, tokens, final.text, stopped, final.stats)


def rate(answers: Iterable[Timed]) -> float:
    """Tokens per second over several answers, each counted from its first piece of text.

    Raises RadliteError when the answers were too short to tell.
    """
    several = tuple(answers)
    tokens, seconds = sum(a.steps for a in several), sum(a.writing_s for a in several)
    if tokens <= 0 or seconds <= 0:
        raise RadliteError("The answers have one token each, so no decode rate can be measured; use another model.")
    return tokens / seconds
