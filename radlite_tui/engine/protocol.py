"""What goes into the engine and what comes out. Imports `segments` only; knows nothing of tasks or radiology.

A request names model files, prompt segments and limits. `Engine.generate` answers with events: any number of
`Loading`, `Prefill`, `Token` and `Stats`, then exactly one of `Done`, `Cancelled` and `Failed`. All of them pickle,
since they cross a pipe. Every backend speaks this protocol.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from radlite_tui.segments import IM_END, Form, Prompt


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """One (weights, adapter) pair: one context. Paths are absolute; context is in tokens."""

    weights: str
    adapter: str | None = None
    context: int = 2048


@dataclass(frozen=True, slots=True)
class Request:
    """One answer to generate.

    max_tokens: answer tokens at most. temperature: 0 is greedy (the seed then changes nothing).
    stop: control tokens that end the answer. form: closed answer to decode over, or None for free text.
    opening: closed beginning of a free answer (without a form), ending in literal text.
    pattern: regular expression that the whole of a free answer matches, as the `regex` package reads it.
    constant: how many leading segments of the prompt come again with other reports (worked examples), and are worth
    keeping by themselves.
    """

    model: ModelFiles
    prompt: Prompt
    max_tokens: int = 256
    temperature: float = 0.0
    seed: int = 0
    stop: tuple[str, ...] = (IM_END,)
    form: Form | None = None
    opening: Form | None = None
    pattern: str | None = None
    constant: int = 0


@dataclass(frozen=True, slots=True)
class Loading:
    """Weights are being read or checked; sent before a wait, with the file's name, and now and then during a long one.

    done and total: bytes so far and altogether, 0 where they are not known.
    """

    file: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Prefill:
    """Prompt tokens read so far, of total, of which `cached` came from the KV cache."""

    done: int
    total: int
    cached: int = 0


@dataclass(frozen=True, slots=True)
class Token:
    """More answer text: whole characters only, so it can be shown as it comes. tokens: how many tokens it took."""

    text: str
    tokens: int = 1


@dataclass(frozen=True, slots=True)
class Stats:
    """Figures of a request so far. Seconds are wall time; rates are tokens per second, 0 before there is one.

    prefill_tok_s counts only tokens that were computed, not cached ones. steps: passes over the weights after the
    prompt was read; a pass may serve several answers, and one answer may take several tokens a pass.
    """

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    prefill_s: float = 0.0
    decode_s: float = 0.0
    first_token_s: float = 0.0
    total_s: float = 0.0
    prefill_tok_s: float = 0.0
    decode_tok_s: float = 0.0
    load_s: float = 0.0
    context: int = 0
    steps: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """The answer is complete. choices: for a form, one {string: probability} a choice, each summing to 1."""

    text: str
    finish: Literal["stop", "length"]
    stats: Stats
    choices: tuple[Mapping[str, float], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Stopped on request; text is what there was."""

    text: str
    stats: Stats


@dataclass(frozen=True, slots=True)
class Failed:
    """No (more) answer. message is one sentence for the user; text is what there was.

    kind: "too_long" (prompt does not fit; needed and context are token counts), "model" (file missing or not
    loadable), "worker" (the engine process died and was replaced), "server" (a server that cannot be reached, lets us
    not in, or broke off), "request" (anything else wrong with the request). needed and context are 0 where a server
    does not tell them.
    """

    kind: Literal["too_long", "model", "worker", "server", "request"]
    message: str
    text: str = ""
    stats: Stats = field(default_factory=Stats)
    needed: int = 0
    context: int = 0


Event = Loading | Prefill | Token | Stats | Done | Cancelled | Failed
Final = Done | Cancelled | Failed


class Engine(Protocol):
    """A backend. Thread-safe: requests may come from several threads; `cancel` may come from any."""

    def generate(self, request: Request) -> Iterator[Event]:
        """Run a request. Closing the iterator early cancels it."""
        ...

    def read(self, request: Request) -> Iterator[Event]:
        """Read a prompt ahead while nothing else is asked; a later request with the same beginning takes over what is
        done. Yields `Loading` and `Prefill`, then Done without text, Cancelled or Failed. Closing the iterator cancels.
        """
        ...

    def stop_reading(self) -> None:
        """Stop reading ahead at once; what was read stays. Requests are not touched."""
        ...

    def cancel(self) -> None:
        """Stop the running requests, in prefill or decode; their iterators then end with Cancelled. Idle: no effect."""
        ...

    def count(self, model: ModelFiles, prompt: Prompt) -> int:
        """The prompt's length in tokens by the model's own tokeniser. Raises ModelUnavailable."""
        ...

    def close(self) -> None:
        """End the backend and everything it started. Safe to call twice."""
        ...
