"""The real app, with its engine listened to: what `terminal` starts inside a pseudo-terminal.

May import the app and the assistant. The screens, the assistant and the engine are the app's own; this adds a note of
each request and of its answer's times, one JSON object a line on a pipe. Never writes to the terminal itself.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from evals.speed.subject import OPTIONS, shelf
from evals.speed.texts import spelled
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.wiring import MeasuredRoutes
from radlite_tui.engine import local
from radlite_tui.engine.local import LocalEngine
from radlite_tui.engine.protocol import Cancelled, Done, Engine, Event, Failed, ModelFiles, Request, Token
from radlite_tui.segments import Prompt
from radlite_tui.tasks.report import Report
from radlite_tui.tui import application
from radlite_tui.tui.application import RadliteApp


class Notes:
    """Lines to whoever started the app. Thread-safe: a line is one write."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, event: str, **figures: Any) -> None:
        os.write(self._descriptor, (json.dumps({"event": event, **figures}) + "\n").encode())


class Listening:
    """An engine that notes when a request came, when its first text came back and when it was over.

    limits: answer tokens of the first request, the second and so on; the last one holds for all that follow. Whatever
    else the app asks of its engine goes through unseen. reads: whether reports are read ahead.
    """

    def __init__(self, engine: Engine, notes: Notes, limits: list[int], *, reads: bool = True) -> None:
        self._engine, self._notes, self._limits, self._reads = engine, notes, limits, reads
        self._asked = 0

    def generate(self, request: Request) -> Iterator[Event]:
        limit = self._limits[min(self._asked, len(self._limits) - 1)]
        self._asked += 1
        request = replace(request, max_tokens=limit)
        asked, busy = perf_counter(), process_time()
        first_s, first_tokens = 0.0, 0
        for event in self._engine.generate(request):
            if isinstance(event, Token) and not first_tokens:
                first_s, first_tokens = perf_counter() - asked, event.tokens
            if isinstance(event, (Done, Cancelled, Failed)):
                ended = perf_counter()
                self._notes.write(
                    "answer",
                    asked=asked,
                    ended=ended,
                    first_s=first_s,
                    first_tokens=first_tokens,
                    cpu_s=process_time() - busy,
                    stats=asdict(event.stats),
                    text=event.text,
                    stopped=isinstance(event, Done) and event.finish == "stop",
                    failed=event.message if isinstance(event, Failed) else "",
                    model=asdict(request.model),
                    prompt=spelled(request.prompt),
                )
            yield event

    def read(self, request: Request) -> Iterator[Event]:
        return self._engine.read(request) if self._reads else iter(())

    def stop_reading(self) -> None:
        self._engine.stop_reading()

    def count(self, model: ModelFiles, prompt: Prompt) -> int:
        return self._engine.count(model, prompt)

    def cancel(self) -> None:
        self._engine.cancel()

    def close(self) -> None:
        self._engine.close()


class WatchedApp(RadliteApp):
    """Notes when it can be asked, when a report has come or gone, and when a run is over and drawn, so that no key
    comes too early."""

    CSS_PATH = str(Path(application.__file__).with_name("app.tcss"))
    notes: Notes
    filled = False

    def make_assistant(self) -> None:
        super().make_assistant()
        self.notes.write("ready")

    def drain(self) -> None:
        before = self.busy
        super().drain()
        if before and not self.busy:
            self.read_screen.call_after_refresh(self.drawn)
        if self.read_screen.is_mounted:
            filled = bool(self.read_screen.pane.current.text.strip())
            if filled != self.filled:
                self.filled = filled
                self.notes.write("pasted" if filled else "cleared")

    def drawn(self) -> None:
        self.notes.write("drawn", at=perf_counter())


def own_terminal() -> None:
    """Make the pseudo-terminal the app's own, as a login does: when its other end goes away, so does the app."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def main(settings: Mapping[str, Any]) -> int:
    own_terminal()
    notes = Notes(settings["notes"])

    profiled = bool(settings["profiled"])
    if profiled:
        local._BOOT = local._BOOT.replace("radlite_tui.engine.worker", "evals.speed.profiled_worker")

    def create() -> Assistant:
        own = shelf(Path(settings["folder"]))
        engine = Listening(LocalEngine(OPTIONS), notes, settings["limits"], reads=not profiled)
        return Assistant(engine, own, MeasuredRoutes(own))

    app = WatchedApp(Report(settings["report"], source="report.txt") if settings["report"] else None, create)
    app.notes = notes
    app.run(mouse=False)
    return app.return_code or 0


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
