"""The engine on this machine: `LocalEngine` keeps a worker process and speaks its events. May import the engine only.

Native code can abort, be killed or run out of memory; it then takes the worker with it and nothing else. The request it
was answering ends with `Failed("worker")` and the text so far, and the next request starts a new worker.
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from radlite_tui.engine.ending import Ending, LastWords
from radlite_tui.engine.llama.threads import waiting
from radlite_tui.engine.messages import Alive, Cancel, Channel, Count, Counted, Generate, Reply, Start
from radlite_tui.engine.options import EngineOptions
from radlite_tui.engine.protocol import (
    Cancelled,
    Done,
    Event,
    Failed,
    Final,
    Loading,
    ModelFiles,
    Request,
    Stats,
    Token,
)
from radlite_tui.errors import ModelUnavailable, RadliteError
from radlite_tui.segments import Prompt

_END_S = 3.0
_BOOT = (
    "import sys; sys.path[:] = [p for p in sys.path if p]; "
    "sys.path.append(sys.argv[1]) if sys.argv[1] not in sys.path else None; "
    "from radlite_tui.engine.worker import main; main()"
)

_Reply = Event | Counted | Alive | None


class LocalEngine:
    """llama.cpp in a process of its own. Requests may come from any number of threads; they are computed side by side.

    Not usable after `close`.
    """

    def __init__(self, options: EngineOptions | None = None) -> None:
        self._options = options or EngineOptions()
        self._guard = threading.Lock()
        self._process: _Process | None = None
        self._numbers = 0
        self._running: dict[int, _Process] = {}
        self._reading: dict[int, _Process] = {}
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The worker's process number, None while there is no worker."""
        with self._guard:
            return self._process.pid if self._process is not None and self._process.alive else None

    def generate(self, request: Request) -> Iterator[Event]:
        """Run a request. Closing the iterator early cancels it."""
        yield (yield from self._answer(request, ahead=False))

    def read(self, request: Request) -> Iterator[Event]:
        """Read a prompt ahead while nobody asks anything. Closing the iterator early cancels it."""
        yield (yield from self._answer(request, ahead=True))

    def _answer(self, request: Request, *, ahead: bool) -> Generator[Event, None, Final]:
        """All events but the last, which is returned once the turn is over, so that nobody waits for who reads it."""
        try:
            process, number, replies = self._send(lambda n: Generate(n, request, ahead))
        except RadliteError as error:
            return Failed("worker", str(error))
        asking = self._reading if ahead else self._running
        with self._guard:
            asking[number] = process
        finished = False
        try:
            for event in _until_final(process, replies):
                if isinstance(event, Done | Cancelled | Failed):
                    finished = True
                    return event
                yield event
            raise AssertionError("a request's events end with a final one")
        finally:
            if not finished:
                process.cancel(number)
                for _ in _until_final(process, replies):
                    pass
            with self._guard:
                asking.pop(number, None)
            process.forget(number)

    def cancel(self) -> None:
        """Stop the running requests; their iterators then end with Cancelled. Reading ahead goes on."""
        self._cancel(self._running)

    def stop_reading(self) -> None:
        """Stop reading ahead at once; what was read stays. Requests are not touched."""
        self._cancel(self._reading)

    def _cancel(self, asking: dict[int, _Process]) -> None:
        with self._guard:
            found = list(asking.items())
        for number, process in found:
            process.cancel(number)

    def count(self, model: ModelFiles, prompt: Prompt) -> int:
        """The prompt's length in tokens. Answered at once, even while a request runs, when the model is loaded."""
        process, number, replies = self._send(lambda n: Count(n, model, prompt))
        reply = replies.get()
        process.forget(number)
        if isinstance(reply, Counted):
            return reply.tokens
        if isinstance(reply, Failed):
            raise ModelUnavailable(reply.message) if reply.kind == "model" else RadliteError(reply.message)
        name = Path(model.weights).name
        if process.ending().out_of_memory:
            raise ModelUnavailable(_no_memory(name))
        raise ModelUnavailable(f"The engine process ended while reading {name}; try again.")

    def close(self) -> None:
        """End the worker. A running request ends with Failed."""
        with self._guard:
            self._closed = True
            process, self._process = self._process, None
        if process is not None:
            process.end()

    def _send(self, command: Any) -> tuple[_Process, int, queue.SimpleQueue[_Reply]]:
        """Hand a command to a living worker, started if need be. Raises RadliteError when none can be started."""
        with self._guard:
            if self._closed:
                raise RadliteError("The engine is closed.")
            if self._process is None or not self._process.alive:
                if self._process is not None:
                    self._process.end()
                self._process = _Process(self._options)
            process = self._process
            self._numbers += 1
            number = self._numbers
        return process, number, process.ask(number, command(number))


def _until_final(process: _Process, replies: queue.SimpleQueue[_Reply]) -> Iterator[Event]:
    """The events of one request; the worker's death becomes the last of them."""
    text, loading, stats = "", "", Stats()
    while True:
        event = replies.get()
        if event is None:
            yield _died(process, text, loading, stats)
            return
        if isinstance(event, Counted | Alive):
            continue
        if isinstance(event, Token):
            text += event.text
        if isinstance(event, Stats):
            stats = event
        loading = event.file if isinstance(event, Loading) else ""
        yield event
        if isinstance(event, Done | Cancelled | Failed):
            return


def _died(process: _Process, text: str, loading: str, stats: Stats) -> Failed:
    how = process.ending()
    if process.was_stuck:
        return Failed("worker", "The engine process was stuck and was replaced; ask again.", text, stats)
    if how.out_of_memory and loading:
        return Failed("model", _no_memory(loading))
    if how.out_of_memory:
        remedy = "ask again, or close other programs or choose a smaller model"
        return Failed("worker", f"The engine process ran out of memory and was replaced; {remedy}.", text, stats)
    if loading:
        return Failed("model", f"The engine process ended ({how}) while reading {loading}; the file may be damaged.")
    return Failed("worker", f"The engine process ended ({how}) before the answer was complete; ask again.", text, stats)


def _no_memory(file: str) -> str:
    return f"There is not enough memory to load {file}; close other programs or choose a smaller model."


class _Process:
    """One worker process and the thread that hands its replies to whoever asked."""

    def __init__(self, options: EngineOptions) -> None:
        root = str(Path(__file__).resolve().parents[2])
        own_group: dict[str, Any] = (
            {"creationflags": 0x00000200} if sys.platform == "win32" else {"start_new_session": True}
        )  # Ctrl+C in the terminal is meant for the app, not for the worker
        try:
            self._words = LastWords(options.log)
            self._popen = subprocess.Popen(
                [sys.executable, "-c", _BOOT, root],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._words.file or subprocess.DEVNULL,
                env={**os.environ, **waiting(options.spins)},  # read when OpenMP is loaded
                cwd=Path(root).anchor,
                **own_group,
            )
        except OSError as error:
            raise RadliteError(f"The engine process could not be started: {error}.") from error
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        self._channel = Channel(self._popen.stdout, self._popen.stdin)  # type: ignore[arg-type]
        self._asking: dict[int, queue.SimpleQueue[_Reply]] = {}
        self._guard = threading.Lock()
        self._ended: Ending | None = None
        self._ending = threading.Lock()
        self._gone = self.was_stuck = False
        self._heard = time.monotonic()
        self._all_done = threading.Event()
        threading.Thread(target=self._dispatch, name="engine replies", daemon=True).start()
        self._try_send(Start(options))
        if options.stuck_s > 0:
            threading.Thread(target=self._watch, args=(options.stuck_s,), name="engine watchdog", daemon=True).start()

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def alive(self) -> bool:
        return not self._gone and self._popen.poll() is None

    def ask(self, number: int, command: Generate | Count) -> queue.SimpleQueue[_Reply]:
        """Send a command; its replies come out of the queue, None when the process is gone."""
        replies: queue.SimpleQueue[_Reply] = queue.SimpleQueue()
        with self._guard:
            if not self._asking:
                self._heard = time.monotonic()
            self._asking[number] = replies
            if self._gone:
                replies.put(None)
        self._try_send(command)
        return replies

    def cancel(self, number: int) -> None:
        self._try_send(Cancel(number))

    def forget(self, number: int) -> None:
        with self._guard:
            self._asking.pop(number, None)

    def ending(self) -> Ending:
        """Waits for the end, which the closed pipe announced."""
        with self._ending:
            if self._ended is None:
                try:
                    code = self._popen.wait(_END_S)
                except subprocess.TimeoutExpired:
                    self._popen.kill()
                    code = self._popen.wait()
                self._ended = self._words.ending(code)
            return self._ended

    def end(self) -> None:
        """Close the pipe, which ends the worker; kill it if it does not. Leaves no zombie."""
        self._channel.close_outgoing()
        self.ending()

    def _try_send(self, message: Start | Generate | Count | Cancel) -> None:
        with contextlib.suppress(OSError, ValueError):  # the process is gone; the dispatcher tells whoever waits
            self._channel.send(message)

    def _watch(self, limit: float) -> None:
        """Kill a worker that was asked something and has shown no sign of life for `limit` seconds."""
        while not self._all_done.wait(min(limit / 4, 5.0)):
            with self._guard:
                silent = time.monotonic() - self._heard if self._asking else 0.0
            if silent > limit:
                self.was_stuck = True
                self._popen.kill()
                return

    def _dispatch(self) -> None:
        while True:
            reply: Reply | None = self._channel.receive()
            with self._guard:
                self._heard = time.monotonic()
                if reply is None:
                    self._gone = True
                    self._all_done.set()
                    for replies in self._asking.values():
                        replies.put(None)
                    break
                asking = self._asking.get(reply.number)
            if asking is not None:
                for event in reply.events:
                    asking.put(event)
        self._channel.close_incoming()
