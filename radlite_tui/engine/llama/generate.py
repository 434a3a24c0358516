"""One answer: read the prompt in, then decode freely or over a closed form. Imports its siblings and the protocol.

Raises Fault and Aborted; the worker turns them into the final event, with the text there was.
"""

from __future__ import annotations

from time import perf_counter

import numpy as np

from radlite_tui.engine.llama.answer import Answer, Emit
from radlite_tui.engine.llama.constrain import fill, longest
from radlite_tui.engine.llama.context import Logits
from radlite_tui.engine.llama.faults import Fault
from radlite_tui.engine.llama.sequence import Sequence
from radlite_tui.engine.protocol import Done, Prefill, Request


def generate(request: Request, sequence: Sequence, answer: Answer, emit: Emit, chunk: int) -> Done:
    """Answer `request` on `sequence`. Refuses, rather than cuts, a prompt that leaves no room for the answer."""
    vocabulary = sequence.context.weights.vocabulary
    prompt = vocabulary.encode(request.prompt)
    ends = vocabulary.ends(request.stop)
    _check(request, len(prompt), sequence)
    logits = _read(prompt, sequence, answer, emit, chunk)
    answer.begin_decode(vocabulary)
    if request.form is not None:
        choices = fill(request.form, sequence, logits, answer, ends)
        answer.finish()
        return Done(answer.text, "stop", answer.stats(), choices)
    if request.opening is not None:
        fill(request.opening, sequence, logits, answer, ends)
        logits = _after(prompt + answer.tokens, sequence)
    stopped = _decode(request, sequence, logits, answer, ends)
    answer.finish()
    return Done(answer.text, "stop" if stopped else "length", answer.stats())


def _check(request: Request, prompt: int, sequence: Sequence) -> None:
    context = sequence.context.size
    if prompt == 0:
        raise Fault("request", "The prompt is empty; there is nothing to answer.")
    if request.form is not None:
        room = longest(request.form, sequence.context.weights.vocabulary)
    elif request.max_tokens < 1:
        raise Fault("request", "The answer needs at least one token; raise max_tokens.")
    else:
        room = request.max_tokens
    if prompt + room > context:
        raise Fault(
            "too_long",
            f"The prompt has {prompt} tokens and the answer may take {room}, but the model's context holds {context}; "
            "shorten the report.",
            needed=prompt + room,
            context=context,
        )


def _read(prompt: list[int], sequence: Sequence, answer: Answer, emit: Emit, chunk: int) -> Logits:
    """Prefill: compute the part of the prompt that is not in the cache yet. Returns the logits after it."""
    answer.prompt_tokens = len(prompt)
    logits = sequence.recall(prompt)
    cached = answer.cached_tokens = len(prompt) if logits is not None else sequence.reuse(prompt)
    emit(Prefill(cached, len(prompt), cached))
    began = perf_counter()
    for done in sequence.extend(prompt[cached:], chunk):
        answer.prefill_s = perf_counter() - began
        answer.prefilled = done
        emit(Prefill(cached + done, len(prompt), cached))
    emit(answer.stats())
    return sequence.remember(prompt) if logits is None else logits


def _after(tokens: list[int], sequence: Sequence) -> Logits:
    """Logits after these tokens, of which `sequence` holds a beginning or all."""
    sequence.cut(min(len(sequence.tokens), len(tokens) - 1))
    sequence.append(tokens[len(sequence.tokens) :])
    return sequence.context.logits()


def _decode(request: Request, sequence: Sequence, logits: Logits, answer: Answer, ends: frozenset[int]) -> bool:
    """Token by token until an end token (True) or the limit (False)."""
    sampler = Sampler(request.temperature, request.seed)
    while True:
        token = sampler.sample(logits)
        if token in ends:
            return True
        answer.write([token])
        if len(answer.tokens) >= request.max_tokens:
            return False
        sequence.append([token])
        logits = sequence.context.logits()
        answer.computed += 1


class Sampler:
    """Greedy at temperature 0; else one draw a token from softmax(logits / temperature), the same for the same seed."""

    def __init__(self, temperature: float, seed: int) -> None:
        self._temperature = temperature
        self._random = np.random.Generator(np.random.PCG64(seed & (2**64 - 1)))

    def sample(self, logits: Logits) -> int:
        if self._temperature <= 0:
            return int(logits.argmax())
        weights = np.exp((logits - logits.max()) / self._temperature, dtype=np.float64)
        cumulative = weights.cumsum()
        drawn = int(cumulative.searchsorted(self._random.random() * cumulative[-1], side="right"))
        return min(drawn, len(logits) - 1)
