"""One request to a server, from its first attempt to its last event. Runs in the engine's event loop.

May import its siblings, `engine.protocol` and httpx2. Tries again only while nothing of the answer has come, so that
no text is ever shown twice.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

import httpx2

from radlite_tui.engine.protocol import Done, Event, Prefill, Request, Stats, Token
from radlite_tui.engine.remote import closed, faults, stream
from radlite_tui.engine.remote.server import Server
from radlite_tui.engine.remote.stream import Piece
from radlite_tui.engine.remote.turns import turns

TOP = 20
"""Alternatives asked for at each token; the most that the protocol allows."""

EXTRAS: dict[str, dict[str, Any]] = {
    "stream_options": {"stream_options": {"include_usage": True}},
    "return_progress": {"return_progress": True},
    "chat_template_kwargs": {"chat_template_kwargs": {"enable_thinking": False}},
    "logprobs": {"logprobs": True, "top_logprobs": TOP},
}
"""What is asked for beyond the plain protocol, by the word that a server's refusal would name."""


class Meter:
    """Measures one request: our clock, and the figures a server gives. Says nothing that neither of them said."""

    def __init__(self, context: int) -> None:
        self._context = context
        self._began = time.perf_counter()
        self._first = self._last = 0.0
        self._chunks = 0
        self._usage: dict[str, Any] = {}
        self._timings: dict[str, Any] = {}

    def saw(self, piece: Piece) -> None:
        """Another chunk came."""
        self._usage = dict(piece.usage) or self._usage
        self._timings = dict(piece.timings) or self._timings
        if piece.text or piece.thought:
            self._last = time.perf_counter()
            self._first = self._first or self._last
            self._chunks += max(1, len(piece.chances))

    def stats(self) -> Stats:
        """The figures so far. Without usage from the server, completion_tokens is the chunks that came."""
        usage, timings = self._usage, self._timings
        details = usage.get("prompt_tokens_details")
        cached = stream.count(details if isinstance(details, dict) else {}, "cached_tokens")
        cached = cached or stream.count(timings, "cache_n")
        prompt = stream.count(usage, "prompt_tokens") or stream.count(timings, "prompt_n") + cached
        counted = stream.count(usage, "completion_tokens") or stream.count(timings, "predicted_n")
        decode_s = self._last - self._first
        ours = (counted - 1) / decode_s if counted > 1 and decode_s > 0 else 0.0
        return Stats(
            prompt_tokens=prompt,
            cached_tokens=cached,
            completion_tokens=counted or self._chunks,
            prefill_s=stream.measure(timings, "prompt_ms") / 1000,
            decode_s=stream.measure(timings, "predicted_ms") / 1000 or decode_s,
            first_token_s=self._first - self._began if self._first else 0.0,
            total_s=time.perf_counter() - self._began,
            prefill_tok_s=stream.measure(timings, "prompt_per_second"),
            decode_tok_s=stream.measure(timings, "predicted_per_second") or ours,
            context=self._context,
        )


class Exchange:
    """One request's attempts. text: the answer so far; heard: whether any of it has come."""

    def __init__(
        self,
        server: Server,
        client: httpx2.AsyncClient,
        request: Request,
        refused: set[str],
        put: Callable[[Event], None],
    ) -> None:
        """refused: extras the server is known not to take; what is learnt goes into it. put: takes the events."""
        self._server, self._client, self._request = server, client, request
        self._refused, self._put = refused, put
        self._meter = Meter(request.model.context)
        self._chances: list[closed.Chances] = []
        self.text = ""
        self.heard = False
        self._thought = False

    def stats(self) -> Stats:
        return self._meter.stats()

    async def run(self, model: str) -> Done:
        """Ask until there is an answer. Raises Fault."""
        body, extras, tried = self._body(model), self._extras(), 0
        refused: set[str] = set()
        while True:
            try:
                done = await self._attempt(body, extras)
            except faults.Fault as fault:
                if self.heard or fault.kind == "too_long":
                    raise
                if fault.extras and extras:
                    suspect = suspected(fault, extras)
                    extras = extras - suspect
                    refused |= suspect if fault.status != 500 else set()  # a 500 may have had another reason
                elif fault.passing and tried < self._server.retries:
                    await faults.wait(fault, self._server, tried)
                    tried += 1
                else:
                    raise
            else:
                self._refused |= refused
                return done

    def _body(self, model: str) -> dict[str, Any]:
        request = self._request
        return {
            "model": model,
            "messages": [turn.message() for turn in turns(request.prompt)],
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "seed": request.seed,
            "stop": list(request.stop),
            "stream": True,
        }

    def _extras(self) -> set[str]:
        return {word for word in EXTRAS if word != "logprobs" or self._labels()} - self._refused

    def _labels(self) -> tuple[str, ...]:
        """The labels of an answer that is one choice and nothing else; empty for every other."""
        form = self._request.form
        return form[0] if form is not None and len(form) == 1 and isinstance(form[0], tuple) else ()

    async def _attempt(self, body: dict[str, Any], extras: set[str]) -> Done:
        for word in sorted(extras):
            body = body | EXTRAS[word]
        finish = ""
        async with aclosing(pieces(self._server, self._client, body)) as found:
            async for piece in found:
                if piece.error is not None:
                    raise faults.of_chunk(piece.error, self._server)
                finish = self._take(piece) or finish
        if not finish:
            raise self._ended_early()
        return self._done(finish)

    def _take(self, piece: Piece) -> str:
        """A chunk becomes events; gives why the answer ended, if the chunk says so."""
        self._meter.saw(piece)
        self._thought |= piece.thought
        self._chances += piece.chances
        if piece.progress is not None and not self.heard:
            self._put(Prefill(*piece.progress))
        if piece.text:
            self.heard = True
            self.text += piece.text
            self._put(Token(piece.text, max(1, len(piece.chances))))
        return piece.finish

    def _ended_early(self) -> faults.Fault:
        if not self.heard:
            return faults.of_silence(self._server)
        message = f"The server {self._server.host} broke off before the answer was complete; ask again."
        return faults.Fault("server", message)

    def _done(self, finish: str) -> Done:
        """The answer; a closed one as its label, with probabilities where the server gave what they come from."""
        cut = finish == "length"
        if cut and self._thought and not self.text:
            message = f"The model on {self._server.host} used up its answer thinking; switch thinking off there."
            raise faults.Fault("server", message)
        labels = self._labels()
        chosen = closed.label(self.text, labels, cut=cut) if labels else None
        if chosen is None:
            return Done(self.text, "length" if cut else "stop", self.stats())
        shares = closed.probabilities(self._chances, labels, chosen)
        return Done(chosen, "stop", self.stats(), (shares,) if shares else ())


def suspected(fault: faults.Fault, extras: set[str]) -> set[str]:
    """Which extras a refusal is about: those it names, else logprobs, which most servers make conditional, else all."""
    named = {word for word in extras if word in fault.detail}
    return named or extras & {"logprobs"} or set(extras)


async def pieces(server: Server, client: httpx2.AsyncClient, body: dict[str, Any]) -> AsyncGenerator[Piece, None]:
    """The chunks of one attempt as they come. Raises Fault."""
    address = f"{server.url}/chat/completions"
    try:
        async with client.stream("POST", address, json=body) as response:
            if response.status_code != 200:
                content = await response.aread()
                raise faults.of_status(response.status_code, response.headers, content, server, address)
            kind = response.headers.get("content-type", "nothing").partition(";")[0].strip().lower()
            if kind == "application/json":
                yield stream.piece((await response.aread()).decode())
                return
            if kind != "text/event-stream":
                raise faults.of_garbage(server, f"its type is {kind[:40]}")
            events = stream.Events()
            async for line in response.aiter_lines():
                data = events.feed(line)
                if data == stream.DONE:
                    return
                if data is not None:
                    yield stream.piece(data)
    except (ValueError, RecursionError) as error:
        what = "it is not JSON" if isinstance(error, json.JSONDecodeError | UnicodeDecodeError) else str(error)
        raise faults.of_garbage(server, what) from error
    except httpx2.HTTPError as error:
        raise faults.of_transport(error, server) from error
