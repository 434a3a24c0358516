"""The engine's process: owns llama.cpp, answers one request after another, and listens while it computes.

Started by `local` as a fresh interpreter with a pipe on its standard input and output. May import `engine.llama` and
the engine's own modules. It never writes to the terminal: the pipe is moved away first, so whatever native code prints
goes to the log. It ends when the pipe closes or its parent is gone, even in the middle of a computation.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import traceback
from time import perf_counter

from radlite_tui.engine.llama.answer import Answer
from radlite_tui.engine.llama.faults import Aborted, Fault
from radlite_tui.engine.llama.generate import generate
from radlite_tui.engine.llama.interrupt import Interrupt
from radlite_tui.engine.llama.loaded import Loaded
from radlite_tui.engine.messages import Cancel, Channel, Command, Count, Counted, Generate, Reply, Start
from radlite_tui.engine.protocol import Cancelled, Event, Failed, Loading

_PARENT_CHECK_S = 2.0


class Worker:
    """Commands in, replies out. One thread reads commands; the main thread computes."""

    def __init__(self, channel: Channel, start: Start) -> None:
        self._channel, self._options = channel, start.options
        self._interrupt = Interrupt()
        self._loaded = Loaded(start.options, self._interrupt)
        self._waiting: queue.SimpleQueue[Generate | Count] = queue.SimpleQueue()
        self._turn = threading.Lock()
        self._running = 0
        self._cancelled: set[int] = set()

    def run(self) -> None:
        """Serve until the process ends."""
        threading.Thread(target=self._listen, name="commands", daemon=True).start()
        threading.Thread(target=_watch_parent, args=(os.getppid(),), name="parent", daemon=True).start()
        while True:
            command = self._waiting.get()
            self._take(command.number)
            try:
                self._count(command) if isinstance(command, Count) else self._generate(command)
            finally:
                self._take(0)

    def _listen(self) -> None:
        """Queue what is to be computed; obey a cancel, and count for a loaded model, at once."""
        while True:
            command: Command | None = self._channel.receive()
            if command is None:
                os._exit(0)
            elif isinstance(command, Cancel):
                self._cancel(command.number)
            elif isinstance(command, Count):
                tokens = self._loaded.count_now(command.model, command.prompt)
                self._waiting.put(command) if tokens is None else self._send(command.number, Counted(tokens))
            elif isinstance(command, Generate):
                self._waiting.put(command)

    def _take(self, number: int) -> None:
        """Make this the running request, stopped already if it was cancelled while it waited."""
        with self._turn:
            self._cancelled = {other for other in self._cancelled if other > self._running}
            self._running = number
            self._interrupt.clear()
            if number in self._cancelled:
                self._interrupt.set()

    def _cancel(self, number: int) -> None:
        with self._turn:
            self._cancelled.add(number)
            if number == self._running:
                self._interrupt.set()

    def _generate(self, command: Generate) -> None:
        def emit(event: Event) -> None:
            self._send(command.number, event)

        request = command.request
        answer = Answer(emit, request.model.context)
        final: Event
        try:
            began = perf_counter()
            sequence = self._loaded.sequence(request.model, lambda file: emit(Loading(file)))
            answer.load_s = perf_counter() - began
            final = generate(request, sequence, answer, emit, self._options.chunk)
        except Aborted:
            answer.finish()
            final = Cancelled(answer.text, answer.stats())
        except Fault as fault:
            answer.finish()
            final = _failed(fault, answer)
        except Exception as error:
            traceback.print_exc()
            answer.finish()
            reason = f"{type(error).__name__}: {error}"
            final = _failed(Fault("request", f"The engine failed unexpectedly ({reason}); ask again."), answer)
        emit(final)

    def _count(self, command: Count) -> None:
        try:
            tokens = self._loaded.count(command.model, command.prompt)
        except Aborted:
            self._send(command.number, Failed("request", "Counting was cancelled."))
        except Fault as fault:
            self._send(command.number, Failed(fault.kind, fault.message))
        else:
            self._send(command.number, Counted(tokens))

    def _send(self, number: int, event: Event | Counted) -> None:
        try:
            self._channel.send(Reply(number, event))
        except (OSError, ValueError):
            os._exit(0)  # nobody is listening any more


def _failed(fault: Fault, answer: Answer) -> Failed:
    return Failed(fault.kind, fault.message, answer.text, answer.stats(), fault.needed, fault.context)


def _watch_parent(parent: int) -> None:
    """A second way to notice that the parent is gone, should anything else hold its end of the pipe."""
    while True:
        threading.Event().wait(_PARENT_CHECK_S)
        if os.getppid() != parent:
            os._exit(0)


def main() -> None:
    """Move the pipe off standard input and output, then serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    sys.stdout = sys.stderr
    channel = Channel(incoming, outgoing)
    start = channel.receive()
    if isinstance(start, Start):
        Worker(channel, start).run()
