"""What a run has done so far, read from the engine's events: the numbers the status line shows.

May import the engine's protocol. Pure: time is given in; it must never show a number that no event carried or that
was not counted here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from radlite_tui.assistant.remaining import remaining
from radlite_tui.engine.protocol import Cancelled, Done, Event, Failed, Loading, Prefill, Stats, Token

SAMPLE_S = 0.5
MOST_SPEEDS = 8


@dataclass(frozen=True)
class Progress:
    """One run. state: what is happening in a word; file: what is loaded; rates in tokens per second, 0 before one.

    refused_at: the tokens a prompt that does not fit would need, else 0. speeds: of the last seconds of writing, one a
    sample, oldest first.
    """

    state: str = "starting"
    prompt_done: int = 0
    prompt_total: int = 0
    cached: int = 0
    prefill_tok_s: float = 0.0
    tokens: int = 0
    decode_tok_s: float = 0.0
    context: int = 0
    text: str = ""
    refused_at: int = 0
    speeds: tuple[float, ...] = ()
    sampled: float = 0.0
    sampled_tokens: int = 0
    prefill_began: float = 0.0
    prefill_began_at: int = 0
    decode_began: float = 0.0
    file: str = ""
    load_began: float = 0.0

    @property
    def context_share(self) -> float | None:
        """The share of the context that prompt and answer fill, where both sizes are known."""
        known = self.context and self.prompt_total
        return (self.prompt_total + self.tokens) / self.context if known else None

    @property
    def seconds_left(self) -> float | None:
        """How long the rest of the prompt takes to read at the speed measured; None unless it is being read."""
        if self.state != "reading" or not self.prefill_tok_s:
            return None
        return (self.prompt_total - self.prompt_done) / self.prefill_tok_s

    def feed(self, event: Event, now: float) -> Progress:
        """The progress after one more event, seen at `now` (seconds, monotonic)."""
        if isinstance(event, Loading):
            began = self.load_began if event.file == self.file else now
            far = remaining(event.done, event.total, now - began) if event.done else ""
            return replace(self, state=f"loading {far}".strip(), file=event.file, load_began=began)
        if isinstance(event, Prefill):
            return self.read(event, now)
        if isinstance(event, Token):
            return self.wrote(event, now)
        if isinstance(event, Stats):
            return self.measured(event)
        state = {Done: "done", Cancelled: "stopped", Failed: "failed"}[type(event)]
        after = self.measured(event.stats) if event.stats.prompt_tokens else self
        if isinstance(event, Failed) and event.kind == "too_long":
            after = replace(after, refused_at=event.needed, context=event.context)
        whole = event.text if event.text.startswith(self.text) else self.text
        return replace(after, state=state, text=whole)

    def read(self, event: Prefill, now: float) -> Progress:
        """More of the prompt was read; the rate leaves out what came from the cache."""
        began, began_at = self.prefill_began, self.prefill_began_at
        if not began:
            began, began_at = now, event.done
        fresh, seconds = event.done - began_at, now - began
        rate = fresh / seconds if fresh > 0 and seconds > 0.05 else self.prefill_tok_s
        return replace(
            self,
            state="reading",
            prompt_done=event.done,
            prompt_total=event.total,
            cached=event.cached,
            prefill_tok_s=rate,
            prefill_began=began,
            prefill_began_at=began_at,
        )

    def wrote(self, event: Token, now: float) -> Progress:
        """More of the answer was written."""
        began = self.decode_began or now
        written = self.tokens + event.tokens
        seconds = now - began
        rate = (written - 1) / seconds if written > 1 and seconds > 0.05 else self.decode_tok_s
        return replace(
            self.sample(written, now),
            state="writing",
            prompt_done=self.prompt_total,
            tokens=written,
            text=self.text + event.text,
            decode_began=began,
            decode_tok_s=rate,
        )

    def sample(self, written: int, now: float) -> Progress:
        """One more speed, once a sample's time has passed since the last."""
        since = now - self.sampled
        if not self.sampled:
            return replace(self, sampled=now, sampled_tokens=written)
        if since < SAMPLE_S:
            return self
        speeds = (*self.speeds, (written - self.sampled_tokens) / since)[-MOST_SPEEDS:]
        return replace(self, speeds=speeds, sampled=now, sampled_tokens=written)

    def measured(self, stats: Stats) -> Progress:
        """The engine's own figures stand before ours."""
        return replace(
            self,
            prompt_total=stats.prompt_tokens or self.prompt_total,
            prompt_done=max(self.prompt_done, stats.prompt_tokens if stats.completion_tokens else 0),
            cached=stats.cached_tokens or self.cached,
            tokens=stats.completion_tokens or self.tokens,
            prefill_tok_s=stats.prefill_tok_s or self.prefill_tok_s,
            decode_tok_s=stats.decode_tok_s or self.decode_tok_s,
            context=stats.context or self.context,
        )
