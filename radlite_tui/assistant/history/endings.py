"""A terminal that is gone (SIGHUP) and a program that is told to end (SIGTERM): what there is is kept first.

Imports the standard library only. Both front ends use it.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

SIGNALS = ("SIGHUP", "SIGTERM")
LEAVE_S = 3.0


class Endings:
    """keep: writes down what there is. leave: goes as this front end does, given the signal's number; should that not
    come about within seconds, the program ends all the same.

    Meanwhile no second signal is heard: a shell that lost its terminal sends its jobs one more SIGHUP.
    """

    def __init__(self, keep: Callable[[], object], leave: Callable[[int], object]) -> None:
        self._keep, self._leave = keep, leave
        self._before: dict[int, Any] = {}

    def listen(self) -> None:
        """Only a program's main thread can. A signal that is ignored, as under nohup, stays ignored."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (getattr(signal, name) for name in SIGNALS if hasattr(signal, name)):
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._heard)

    def close(self) -> None:
        """Leave the signals as they were found."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def _heard(self, number: int, frame: FrameType | None) -> None:
        heard = tuple(self._before)
        for one in heard:
            signal.signal(one, signal.SIG_IGN)
        with suppress(Exception):  # whatever is wrong, the program has to go
            self._keep()
        for one in heard:
            signal.signal(one, signal.SIG_DFL)
        self._before = {}
        end = threading.Timer(LEAVE_S, os.kill, [os.getpid(), number])
        end.daemon = True
        end.start()
        self._leave(number)


def end_by(number: int) -> None:
    """End as a program does that does not listen."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
