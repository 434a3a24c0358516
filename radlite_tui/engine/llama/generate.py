"""One answer: read the prompt in, then decode freely or over a form. Imports its siblings and the protocol.

Written as work (see `work`), so that the scheduler can compute several answers in one batch. Raises Fault and Aborted;
the worker turns them into the final event, with the text there was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from radlite_tui.engine.llama.answer import Answer, Emit
from radlite_tui.engine.llama.constrain import fill, longest
from radlite_tui.engine.llama.context import Context, Logits
from radlite_tui.engine.llama.faults import Fault
from radlite_tui.engine.llama.pattern import Pattern, first
from radlite_tui.engine.llama.prefixes import Prefixes
from radlite_tui.engine.llama.sequence import Sequence
from radlite_tui.engine.llama.speculate import Lookup, Payoff
from radlite_tui.engine.llama.work import Work
from radlite_tui.engine.options import EngineOptions
from radlite_tui.engine.protocol import Done, Prefill, Request

Begun = tuple[Sequence, int, Logits | None]
"""What `Prefixes.begin` gives: the sequence, how much of the prompt it holds, the logits after all of it if known."""


@dataclass(frozen=True)
class Desk:
    """What an answer works with. alone: whether no other answer is being computed just now."""

    prefixes: Prefixes
    payoff: Payoff
    alone: Callable[[], bool]
    options: EngineOptions


def room_for(request: Request, context: Context) -> int:
    """Tokens the answer may take."""
    if request.form is not None:
        return longest(request.form, context.weights.vocabulary)
    return request.max_tokens


def encode(request: Request, prefixes: Prefixes) -> list[int]:
    """The prompt's tokens. Raises Fault, rather than cut, when they leave no room for the answer."""
    context = prefixes.context
    prompt = context.weights.vocabulary.encode(request.prompt)
    if not prompt:
        raise Fault("request", "The prompt is empty; there is nothing to answer.")
    if request.form is None and request.max_tokens < 1:
        raise Fault("request", "The answer needs at least one token; raise max_tokens.")
    room = room_for(request, context)
    if len(prompt) + room > context.size:
        raise Fault(
            "too_long",
            f"The prompt has {len(prompt)} tokens and the answer may take {room}, but the model's context holds "
            f"{context.size}; shorten the report.",
            needed=len(prompt) + room,
            context=context.size,
        )
    return prompt


def read_ahead(prompt: list[int], begun: Begun, answer: Answer, emit: Emit, desk: Desk) -> Work[Done]:
    """Read a prompt in, and no more."""
    sequence, cached, logits = begun
    answer.prompt_tokens, answer.cached_tokens = len(prompt), cached
    if logits is None:
        yield from _prefill(prompt, sequence, cached, answer, emit, desk.options.chunk)
    return Done("", "stop", answer.stats())


def generate(request: Request, prompt: list[int], begun: Begun, answer: Answer, emit: Emit, desk: Desk) -> Work[Done]:
    """Answer `request`, whose prompt is `prompt`, on the sequence that `Prefixes.begin` gave for it."""
    sequence, cached, logits = begun
    vocabulary = sequence.context.weights.vocabulary
    ends = vocabulary.ends(request.stop)
    answer.prompt_tokens, answer.cached_tokens = len(prompt), cached
    if logits is None:
        constant = len(vocabulary.encode(request.prompt[: request.constant])) if request.constant else 0
        joint = constant if desk.options.steady else 0
        logits = yield from _prefill(prompt, sequence, cached, answer, emit, desk.options.chunk, joint)
        sequence.remember(prompt, logits)
        desk.prefixes.keep_beginning(sequence, constant)
    else:
        emit(Prefill(cached, len(prompt), cached))
    emit(answer.stats())
    answer.begin_decode(vocabulary)
    if request.form is not None:
        choices = yield from fill(request.form, sequence, logits, answer, ends)
        answer.finish()
        return Done(answer.text, "stop", answer.stats(), choices)
    if request.opening is not None:
        yield from fill(request.opening, sequence, logits, answer, ends)
        logits = yield from _after(prompt + answer.tokens, sequence)
    stopped = yield from _decode(request, prompt, sequence, logits, answer, ends, desk)
    answer.finish()
    return Done(answer.text, "stop" if stopped else "length", answer.stats())


def _prefill(
    prompt: list[int], sequence: Sequence, cached: int, answer: Answer, emit: Emit, chunk: int, joint: int = 0
) -> Work[Logits]:
    """Compute the part of the prompt that is not in the cache yet. Returns the logits after it.

    joint: a length of the prompt that no chunk reaches across.
    """
    emit(Prefill(cached, len(prompt), cached))
    began = perf_counter()
    logits: list[Logits] = []
    start = cached
    while start < len(prompt):
        part = prompt[start : min(start + chunk, joint if start < joint else len(prompt))]
        logits = yield from sequence.verify(part, 1 if start + len(part) == len(prompt) else 0)
        start += len(part)
        answer.prefill_s = perf_counter() - began
        answer.prefilled = start - cached
        emit(Prefill(start, len(prompt), cached))
    return logits[0]


def _after(tokens: list[int], sequence: Sequence) -> Work[Logits]:
    """Logits after these tokens, of which `sequence` holds a beginning or all."""
    sequence.cut(min(len(sequence.tokens), len(tokens) - 1))
    return (yield from sequence.append(tokens[len(sequence.tokens) :]))


def _decode(
    request: Request,
    prompt: list[int],
    sequence: Sequence,
    logits: Logits,
    answer: Answer,
    ends: frozenset[int],
    desk: Desk,
) -> Work[bool]:
    """Token by token, or several at once where guessing pays, until an end token (True) or the limit (False)."""
    sampler = Sampler(request, answer, ends)
    lookup = Lookup(prompt + answer.tokens)
    token = sampler.sample(logits)
    while token not in ends:
        answer.write([token])
        lookup.add([token])
        left = request.max_tokens - len(answer.tokens)
        if left <= 0:
            return False
        alone = desk.options.speculate and desk.alone()
        guess = lookup.guess(left - 1) if alone and desk.payoff.worth else []
        began = perf_counter()
        found = yield from sequence.verify([token, *guess], 1 + len(guess))
        seconds = perf_counter() - began
        token, taken = sampler.sample(found[0]), 0
        while taken < len(guess) and token == guess[taken]:
            answer.write([token])
            lookup.add([token])
            taken += 1
            token = sampler.sample(found[taken])
        sequence.cut(len(sequence.tokens) - len(guess) + taken)
        answer.computed += 1 + taken
        if guess:
            desk.payoff.checked(seconds, 1 + taken)
        elif alone:
            desk.payoff.plain(seconds)
    return True


class Sampler:
    """Greedy at temperature 0; else one draw a token from softmax(logits / temperature), the same for the same seed.

    With a pattern, a token is drawn first and then checked; only a rejected one costs a second draw.
    """

    def __init__(self, request: Request, answer: Answer, ends: frozenset[int]) -> None:
        self._temperature = request.temperature
        self._random = np.random.Generator(np.random.PCG64(request.seed & (2**64 - 1)))
        self._answer, self._ends = answer, ends
        self._pattern = Pattern(request.pattern) if request.pattern is not None else None

    def sample(self, logits: Logits) -> int:
        token = self._draw(logits)
        if self._pattern is None or self._fits(token):
            return token
        fitting = first(logits, self._fits) if self._temperature <= 0 else self._redraw(logits, token)
        if fitting is None:
            raise Fault("request", "The model's vocabulary cannot spell the answer's pattern; choose another model.")
        return fitting

    def _draw(self, logits: Logits) -> int:
        if self._temperature <= 0:
            return int(logits.argmax())
        weights = np.exp((logits - logits.max()) / self._temperature, dtype=np.float64)
        cumulative = weights.cumsum()
        drawn = int(cumulative.searchsorted(self._random.random() * cumulative[-1], side="right"))
        return min(drawn, len(logits) - 1)

    def _redraw(self, logits: Logits, rejected: int) -> int | None:
        left = logits.copy()
        for _ in range(len(left) - 1):
            left[rejected] = -np.inf
            if not np.isfinite(left.max()):
                return None
            rejected = self._draw(left)
            if self._fits(rejected):
                return rejected
        return None

    def _fits(self, token: int) -> bool:
        assert self._pattern is not None
        text = self._answer.whole_text()
        if token in self._ends:
            return self._pattern.whole(text)
        longer = self._answer.spelled_with(token)
        return longer is not None and longer != text and self._pattern.open(longer)
