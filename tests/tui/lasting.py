"""The real engine on the embedded models, started once for many apps, held still in mid-answer on request."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.types import Answer, Plan
from radlite_tui.assistant.wiring import join
from radlite_tui.engine.protocol import Event, Token


class Lasting(Assistant):
    """An assistant that outlives the apps it is lent to. hold: stop the engine's process at the next token."""

    def __init__(self) -> None:
        super().__init__(*join())
        self.hold = False
        self.held = False

    def lent(self) -> Assistant:
        return self

    def run(self, plan: Plan, *, constrained: bool = True) -> Iterator[Event | Answer]:
        for event in super().run(plan, constrained=constrained):
            if self.hold and isinstance(event, Token):
                self.hold, self.held = False, True
                signal_engine(signal.SIGSTOP)
            yield event

    def go_on(self) -> None:
        """Let the engine's process run again."""
        self.hold = self.held = False
        signal_engine(signal.SIGCONT)

    def close(self) -> None:
        """The app ends; the engine stays for the next one."""
        self.stop_reading()

    def end(self) -> None:
        self.go_on()
        super().close()


def signal_engine(number: signal.Signals) -> None:
    for child in engines():
        os.kill(child, number)


def engines() -> list[int]:
    """This process's engine processes."""
    lists = (file.read_text(encoding="ascii") for file in Path("/proc/self/task").glob("*/children"))
    pids = [int(pid) for pids in lists for pid in pids.split()]
    return [pid for pid in pids if b"radlite_tui.engine" in Path(f"/proc/{pid}/cmdline").read_bytes()]
