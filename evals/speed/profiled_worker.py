"""The engine's worker with timers around its calls: what `recorded_app` starts in place of the worker for a profile.

May import the worker and what it is made of. Changes nothing but the time; writes one JSON line a request to the file
that RADLITE_SPEED_PROFILE names: when the request came, when its last event had left, and where the time went.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from time import perf_counter
from typing import Any

from evals.speed.clock import Clock
from radlite_tui.engine import worker
from radlite_tui.engine.llama import library
from radlite_tui.engine.llama.context import Context
from radlite_tui.engine.llama.generate import Sampler
from radlite_tui.engine.messages import Channel, Generate, Reply
from radlite_tui.engine.protocol import Cancelled, Done, Failed, Prefill

VARIABLE = "RADLITE_SPEED_PROFILE"
COMPUTE, NATIVE, SAMPLING, PIPE = "compute", "other native", "sampling", "pipe"
READING, WRITING = "prefill", "decode"


class Profile:
    """Follows one request at a time from its arrival to its last event."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._clock = Clock()
        self._number = 0
        self._came = 0.0

    def listen(self) -> None:
        """Put timers around llama.cpp's functions, sampling and the pipe."""
        time_native(self._clock, library.load())
        clock = self._clock
        Sampler.sample = clock.timed(SAMPLING, Sampler.sample)  # type: ignore[method-assign]
        Context.logits = clock.timed(SAMPLING, Context.logits)  # type: ignore[method-assign]
        receive, send = Channel.receive, clock.timed(PIPE, Channel.send)

        def receiving(channel: Channel) -> Any:
            message = receive(channel)
            if isinstance(message, Generate) and not message.ahead:
                self._number, self._came = message.number, perf_counter()
                clock.spent.clear()
                clock.begin(READING)
            return message

        def sending(channel: Channel, message: Any) -> None:
            send(channel, message)
            if isinstance(message, Reply) and message.number == self._number:
                for event in message.events:
                    self._follow(event)

        Channel.receive = receiving  # type: ignore[method-assign,assignment]
        Channel.send = sending  # type: ignore[method-assign,assignment]

    def _follow(self, event: Any) -> None:
        if isinstance(event, Prefill) and event.done == event.total:
            self._clock.begin(WRITING)
        elif isinstance(event, (Done, Cancelled, Failed)):
            left = perf_counter()
            self._clock.begin("", left)
            spent = {f"{phase} {label}": seconds for (phase, label), seconds in self._clock.spent.items()}
            with self._out.open("a", encoding="utf-8") as out:
                out.write(json.dumps({"came": self._came, "left": left, "spent": spent}) + "\n")


def time_native(clock: Clock, llama: Any) -> None:
    """Timers around every function of llama.cpp that the binding offers; computing a batch has a label of its own."""
    for name in dir(llama):
        call = getattr(llama, name)
        if name.startswith("llama_") and callable(call) and not isinstance(call, type):
            setattr(llama, name, clock.timed(COMPUTE if name == "llama_decode" else NATIVE, call))


def main() -> None:
    """As the worker's own main, with the timers on."""
    Profile(Path(os.environ[VARIABLE])).listen()
    worker.main()
