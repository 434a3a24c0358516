"""The engine's process: owns llama.cpp, answers requests side by side, and listens while it computes.

Started by `local` as a fresh interpreter with a pipe on its standard input and output. May import `engine.llama` and
the engine's own modules. It never writes to the terminal: the pipe is moved away first, so whatever native code prints
goes to the log. It ends when the pipe closes or its parent is gone, even in the middle of a computation.
"""

from __future__ import annotations

import gc
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from time import perf_counter

from radlite_tui.engine import parent
from radlite_tui.engine.ending import NO_MEMORY
from radlite_tui.engine.llama.faults import Aborted, Fault, lacks_memory
from radlite_tui.engine.llama.interrupt import Interrupt
from radlite_tui.engine.llama.loaded import Loaded
from radlite_tui.engine.llama.scheduler import Job, Scheduler
from radlite_tui.engine.messages import Alive, Cancel, Channel, Command, Count, Counted, Generate, Reply, Start
from radlite_tui.engine.protocol import Cancelled, Done, Event, Failed

_ALIVE_S = 2.0


class Worker:
    """Commands in, replies out. One thread reads commands; the main thread computes."""

    def __init__(self, channel: Channel, start: Start) -> None:
        self._channel, self._options = channel, start.options
        self._interrupt = Interrupt()
        self._loaded = Loaded(start.options, self._interrupt)
        self._scheduler = Scheduler(self._loaded, start.options, self._interrupt)
        self._waiting: queue.SimpleQueue[Job | Count] = queue.SimpleQueue()
        self._jobs: dict[int, Job] = {}
        self._shown = perf_counter()

    def run(self) -> None:
        """Serve until the process ends."""
        threading.Thread(target=_to_the_end, args=(self._listen,), name="commands", daemon=True).start()
        parent.end_with(os.getppid())
        gc.freeze()  # all of this stays; not to be looked through for garbage between two tokens
        while True:
            self._take_commands()
            self._scheduler.step()
            self._show_life()

    def _listen(self) -> None:
        """Queue what is to be computed; obey a cancel, and count for a loaded model, at once."""
        while True:
            command: Command | None = self._channel.receive()
            if command is None:
                os._exit(0)
            elif isinstance(command, Cancel):
                job = self._jobs.get(command.number)
                if job is not None:
                    self._scheduler.cancel(job)
            elif isinstance(command, Count):
                tokens = self._loaded.count_now(command.model, command.prompt)
                self._waiting.put(command) if tokens is None else self._send(command.number, Counted(tokens))
            elif isinstance(command, Generate):
                job = self._job(command)
                if not command.ahead:
                    self._scheduler.give_way(command.request)
                self._waiting.put(job)

    def _job(self, command: Generate) -> Job:
        def emit(*events: Event) -> None:
            if isinstance(events[-1], Done | Cancelled | Failed):
                self._jobs.pop(command.number, None)
            self._send(command.number, *events)

        job = self._jobs[command.number] = self._scheduler.job(command.request, emit, ahead=command.ahead)
        return job

    def _take_commands(self) -> None:
        """All that has come; waits for the next when there is nothing to compute, and frees the models in time."""
        while self._scheduler.idle or not self._waiting.empty():
            try:
                command = self._waiting.get(timeout=self._options.idle_unload_s or None)
            except queue.Empty:
                self._loaded.unload()
                continue
            self._count(command) if isinstance(command, Count) else self._scheduler.add(command)

    def _count(self, command: Count) -> None:
        try:
            tokens = self._loaded.count(command.model, command.prompt)
        except Aborted:
            self._send(command.number, Failed("request", "Counting was cancelled."))
        except Fault as fault:
            self._send(command.number, Failed(fault.kind, fault.message))
        else:
            self._send(command.number, Counted(tokens))

    def _show_life(self) -> None:
        """Let the other end know that computing goes on, though no answer has news."""
        if perf_counter() - self._shown > _ALIVE_S:
            self._shown = perf_counter()
            self._send(0, Alive())

    def _send(self, number: int, *events: Event | Counted | Alive) -> None:
        try:
            self._channel.send(Reply(number, events))
        except (OSError, ValueError):
            os._exit(0)  # nobody is listening any more


def _to_the_end(serve: Callable[[], None]) -> None:
    """Run what the process cannot do without, and end the process with it. Out of memory, it is replaced rather than
    trusted to go on."""
    try:
        serve()
    except BaseException as error:
        if lacks_memory(error):
            os._exit(NO_MEMORY)
        traceback.print_exc()
        os._exit(1)


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
        worker = Worker(channel, start)
        _to_the_end(worker.run)
