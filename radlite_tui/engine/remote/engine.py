"""`RemoteEngine`: the engine's protocol over a server. One event loop in one thread carries every request.

May import its siblings, `engine.protocol`, `segments`, `errors` and httpx2. A request is a task of that loop:
cancelling the task closes its connection wherever it stands, so a server stops computing what nobody waits for.
"""

from __future__ import annotations

import asyncio
import queue
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from typing import Any

import httpx2

from radlite_tui import __version__
from radlite_tui.engine.protocol import Cancelled, Done, Event, Failed, ModelFiles, Request, Stats
from radlite_tui.engine.remote import catalogue, faults
from radlite_tui.engine.remote.exchange import Exchange
from radlite_tui.engine.remote.server import Server
from radlite_tui.errors import BadInput, ModelUnavailable, RadliteError
from radlite_tui.segments import Prompt

CLOSED = "The engine is closed."
_END_S = 3.0


class RemoteEngine:
    """A server as an engine. Requests of several threads run side by side, `server.parallel` at most.

    Needs no files: a request's `ModelFiles` give its context for the figures, and nothing else. named: called with the
    served model's name as soon as it is known.
    """

    def __init__(self, server: Server, named: Callable[[str], None] = lambda name: None) -> None:
        """Raises BadInput when the authority's file cannot be used. Opens no connection yet."""
        self._server = server
        self._named = named
        self._trust = _trust(server)
        self._guard = threading.Lock()
        self._line: _Line | None = None
        self._running: set[_Run] = set()
        self._closed = False

    def generate(self, request: Request) -> Iterator[Event]:
        """Run a request. Closing the iterator early cancels it."""
        run = self._begun(request)
        if run is None:
            yield Failed("request", CLOSED)
            return
        try:
            while True:
                event = run.events.get()
                if isinstance(event, Exception):
                    raise event
                if isinstance(event, Done | Cancelled | Failed):
                    self._forget(run)
                    yield event
                    return
                yield event
        finally:
            run.cancel()
            self._forget(run)

    def read(self, request: Request) -> Iterator[Event]:
        """A server keeps its own cache; nothing is sent to it before it is asked."""
        yield Cancelled("", Stats())

    def stop_reading(self) -> None:
        """Nothing is ever read ahead."""

    def cancel(self) -> None:
        """Stop every request that runs; their iterators then end with Cancelled. Idle: no effect."""
        with self._guard:
            running = list(self._running)
        for run in running:
            run.cancel()

    def count(self, model: ModelFiles, prompt: Prompt) -> int:
        """The prompt's length in tokens by the server's own tokeniser. Raises RadliteError where it tells none."""
        with self._guard:  # until it is handed over, so that `close` finds it
            line = self._started()
            if line is None:
                raise RadliteError(CLOSED)
            counting = asyncio.run_coroutine_threadsafe(self._count(line, prompt), line.loop)
        try:
            return counting.result()
        except CancelledError as ended:
            raise RadliteError(CLOSED) from ended
        except faults.Fault as fault:
            raise (ModelUnavailable if fault.kind == "model" else RadliteError)(fault.message) from fault

    def close(self) -> None:
        """End every request and connection. Safe to call twice."""
        with self._guard:
            self._closed = True
            line, self._line = self._line, None
        if line is not None:
            line.end()

    def _started(self) -> _Line | None:
        """The loop and its client, started if need be; None once closed. Call with the guard held."""
        if self._line is None and not self._closed:
            self._line = _Line(self._server, self._trust)
        return self._line

    def _begun(self, request: Request) -> _Run | None:
        """A request's task, begun; None once closed. With the guard held, so that `close` finds it."""
        with self._guard:
            line = self._started()
            if line is None:
                return None
            run = _Run(line.loop, request)
            self._running.add(run)
            run.begin(self._answer(line, run))
            return run

    def _forget(self, run: _Run) -> None:
        with self._guard:
            self._running.discard(run)

    async def _answer(self, line: _Line, run: _Run) -> None:
        """A request to its end, whatever that is; its last event is put before this returns."""
        exchange: Exchange | None = None
        try:
            async with line.slots:
                exchange = Exchange(self._server, line.client, run.request, line.refused, run.events.put)
                model = await self._model(line)
                try:
                    last: Event = await exchange.run(model)
                except faults.Fault as fault:
                    line.model = None if fault.model_missing else line.model
                    raise await catalogue.explained(fault, self._server, line.client, model) from fault
        except asyncio.CancelledError:
            text, stats = (exchange.text, exchange.stats()) if exchange is not None else ("", Stats())
            last = Failed("request", CLOSED, text, stats) if self._closed else Cancelled(text, stats)
        except faults.Fault as fault:
            assert exchange is not None
            last = fault.failed(exchange.text, exchange.stats())
        except Exception as error:
            run.events.put(error)
            return
        run.events.put(last)

    async def _model(self, line: _Line) -> str:
        """The name to ask for: the settled one, or the only one served, which is asked for once."""
        if line.model is None:
            line.model = self._server.model or await catalogue.only_model(self._server, line.client)
            self._named(line.model)
        return line.model

    async def _count(self, line: _Line, prompt: Prompt) -> int:
        return await catalogue.count(self._server, line.client, await self._model(line), prompt)


class _Run:
    """A request and the task that answers it. Its events come out of the queue, an exception if there is a bug."""

    def __init__(self, loop: asyncio.AbstractEventLoop, request: Request) -> None:
        self.request = request
        self.events: queue.SimpleQueue[Event | Exception] = queue.SimpleQueue()
        self._loop = loop
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    def begin(self, answer: Coroutine[Any, Any, None]) -> None:
        """Start the task, from any thread."""
        self._loop.call_soon_threadsafe(self._begin, answer)

    def cancel(self) -> None:
        """Stop the task, from any thread; what has ended or is being stopped stays as it is."""
        with suppress(RuntimeError):  # the loop has ended, and the task with it
            self._loop.call_soon_threadsafe(self._stop)

    def _begin(self, answer: Coroutine[Any, Any, None]) -> None:
        self._task = self._loop.create_task(answer)
        self._task.add_done_callback(self._ended)

    def _stop(self) -> None:
        if self._task is not None and not self._stopping:
            self._stopping = True
            self._task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():  # before its first step
            self.events.put(Cancelled("", Stats()))


class _Line:
    """The event loop in its thread, the HTTP client in it, and what has been learnt of the server."""

    def __init__(self, server: Server, trust: ssl.SSLContext | bool) -> None:
        self.loop = asyncio.new_event_loop()
        self.slots = asyncio.Semaphore(server.parallel)
        self.model: str | None = None
        self.refused: set[str] = set()
        self.client = httpx2.AsyncClient(
            verify=trust,
            headers={
                "User-Agent": f"radlite-tui/{__version__}",
                **({"Authorization": f"Bearer {server.key}"} if server.key else {}),
            },
            timeout=httpx2.Timeout(server.timeout_s, connect=server.patience_s, pool=None),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=server.parallel),
            trust_env=False,  # straight to the server that was named, whatever proxy the environment has
        )
        self._thread = threading.Thread(target=self.loop.run_forever, name="engine requests", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Cancel what runs, close every connection, end the thread."""
        with suppress(FutureTimeout):
            asyncio.run_coroutine_threadsafe(self._finish(), self.loop).result(_END_S)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(_END_S)
        if not self._thread.is_alive():
            self.loop.close()

    async def _finish(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.client.aclose()


def _trust(server: Server) -> ssl.SSLContext | bool:
    """Whom to trust: the named authority, or True for the system's. Plain HTTP has no certificate to check, and reading
    the system's authorities would cost a tenth of a second."""
    if not server.url.startswith("https:"):
        return False
    if server.ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=server.ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise BadInput(
            f"{server.ca_file}, which engine.openai.ca_file names, is no readable PEM file of certificates; replace it."
        ) from error
