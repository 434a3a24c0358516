"""The real engine on the embedded models, started once for many apps, held still in mid-answer on request."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.types import Answer, Plan
from radlite_tui.assistant.wiring import join
from radlite_tui.engine.protocol import Event, Prefill, Token


class Lasting(Assistant):
    """An assistant that outlives the apps it is lent to. hold: let the engine's process crawl, and stop it at the next
    token, so that it cannot be over before it is stopped."""

    def __init__(self) -> None:
        super().__init__(*join())
        self.hold = False
        self.held = False

    def lent(self) -> Assistant:
        return self

    def run(self, plan: Plan, *, constrained: bool = True) -> Iterator[Event | Answer]:
        crawling = threading.Thread(target=self.crawl) if self.hold else None
        for event in super().run(plan, constrained=constrained):
            if isinstance(event, Prefill) and crawling is not None and crawling.ident is None:
                crawling.start()
            if self.hold and isinstance(event, Token):
                self.hold = False
                if crawling is not None and crawling.ident is not None:
                    crawling.join()
                signal_engine(signal.SIGSTOP)
                self.held = True
            yield event

    def crawl(self) -> None:
        """While it is to be held, the engine's process computes for a moment and rests for twenty."""
        resting = threading.Event()
        while self.hold:
            signal_engine(signal.SIGSTOP)
            resting.wait(0.02)
            signal_engine(signal.SIGCONT)
            resting.wait(0.001)

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
